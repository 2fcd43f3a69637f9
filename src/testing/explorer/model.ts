import type { Symmetry } from './symmetry.js';

/**
 * A system described by hand: its initial states and what may happen in each. For algorithms on paper, and for the parts
 * of a design that are not written yet; machines that exist are explored as they are with {@link exploreMachines}.
 *
 * States are plain data (null, booleans, numbers, strings, bytes, arrays, plain objects, Sets and Maps) and are compared
 * by structure. A state that is a plain object has the same fields in every state; each field is stored once for all
 * states that share its value, so keep apart what changes apart. States are shared and never to be changed: build new ones with
 * spread, and pass on what did not change, which costs nothing.
 *
 * @typeParam State - plain data
 * @typeParam Action - what a step is called: a string, or plain data that {@link Model.describe} puts into words
 */
export interface Model<State, Action = string> {
  /** The states that it may begin in. */
  readonly initial: readonly State[];
  /**
   * Calls `to` for each thing that may happen in a state, with what it leads to. Must depend on the state only, the order
   * of the calls included. A step that leads back to the same state is allowed, and counted.
   */
  next(state: State, to: (action: Action, next: State) => void): void;
  /** What must hold. @defaultValue nothing: the states are counted */
  readonly properties?: readonly Property<State>[];
  /**
   * The boundary: states for which this is false are neither counted nor explored further, nor are properties checked
   * there. The way to make an unbounded model finite; what lies behind it is not checked.
   * @defaultValue all states are inside
   */
  within?(state: State): boolean;
  /** Parts that are interchangeable, to explore one state of each group that differs in their names only. */
  readonly symmetry?: Symmetry<State>;
  /** Puts an action into words for a counterexample. @defaultValue strings as they are, anything else as JSON */
  describe?(action: Action): string;
}

/** How a {@link Property} is meant. */
export type PropertyKind = 'always' | 'sometimes' | 'eventually';

/** Something that is checked of a model or of machines. Make one with {@link always}, {@link sometimes} or {@link eventually}. */
export interface Property<State> {
  readonly kind: PropertyKind;
  readonly name: string;
  /** Whether it holds in a state. Must be a pure function. */
  readonly holds: (state: State) => boolean;
}

/** Safety: `holds` is true in every state that can be reached. */
export function always<State>(name: string, holds: (state: State) => boolean): Property<State> {
  return { kind: 'always', name, holds };
}

/**
 * Reachability: `holds` is true in at least one state that can be reached. Put one beside every `always`: a model in
 * which nothing happens violates nothing.
 */
export function sometimes<State>(name: string, holds: (state: State) => boolean): Property<State> {
  return { kind: 'sometimes', name, holds };
}

/**
 * Liveness: every run comes to a state in which `holds` is true. A run that ends before (no step leads to another state)
 * or goes round in a circle for ever is a counterexample: nothing is assumed about fairness, so a message that may be
 * delivered but never is, while others go round, counts. Checked after the search with a second one, over the states
 * before `holds`; only when the first was complete.
 */
export function eventually<State>(name: string, holds: (state: State) => boolean): Property<State> {
  return { kind: 'eventually', name, holds };
}
