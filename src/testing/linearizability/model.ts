/** An operation as {@link SequentialModel.hindsight} sees it. */
export interface HindsightOperation<Input, Output> {
  /** What was asked for. */
  readonly input: Input;
  /** What it returned; `undefined` when the outcome is unknown. */
  readonly output: Output | undefined;
  /** When it was called. */
  readonly calledAt: number;
  /** When it returned; `Infinity` when it need not have happened at all. */
  readonly returnedAt: number;
}

/**
 * What all operations together tell of an object, so that a search for their order does not go where there is none. See
 * {@link SequentialModel.hindsight}. Operations are named by their place among those that were given.
 */
export interface Hindsight<State, Input, Output> {
  /** As the model's own, but it may also answer `null` where it knows that no complete order goes on from there. */
  step(state: State, operation: HindsightOperation<Input, Output>): State | null;
  /** As the model's own, but it may also be equal for states that these operations cannot tell apart. */
  key(state: State): string | number;
  /**
   * When each operation must have taken effect, within its call and return: in every complete order, not only in some.
   * One that need not have happened by itself, and must because of others, gets an end.
   *
   * @defaultValue call and return, which is always right
   */
  readonly windows?: readonly { readonly calledAt: number; readonly returnedAt: number }[];
  /**
   * Pairs of operations that must both be placed, of which the first comes before the second in every complete order.
   *
   * @defaultValue none: calls and returns say enough
   */
  readonly pairs?: readonly (readonly [before: number, after: number])[];
  /**
   * Operations that may be placed as soon as the model allows it, because nothing that comes first could be the worse for
   * it. Those that never change the state ({@link SequentialModel.isRead}) always are.
   *
   * @defaultValue none besides
   */
  readonly eager?: ReadonlySet<number>;
}

/**
 * What an object does when its operations come one after the other: the sequential specification against which
 * {@link checkLinearizability} holds a concurrent history. Implement it to check an object of your own. Not for machines
 * or protocols: it describes what clients see, and not how it comes about.
 *
 * All functions are pure and must not change what they are given.
 */
export interface SequentialModel<State, Input, Output> {
  /** The state before the first operation (of each partition). Not `null`. */
  init(): State;
  /**
   * The state after an operation with that input that returned that output, or `null` when it could not have returned
   * that from there. `output` is `undefined` when the outcome is unknown: then any output fits, and the answer is the
   * state that the operation leaves if it happens here.
   */
  step(state: State, input: Input, output: Output | undefined): State | null;
  /** A text or a number that is equal exactly for states that no later operation can tell apart. */
  key(state: State): string | number;
  /**
   * Which part of the object an operation belongs to, where the parts do not know of each other, as the keys of a map.
   * A history is linearizable exactly when the history of each part is (locality: Herlihy & Wing 1990, theorem 1), and
   * parts are checked far faster than the whole (Horn & Kroening, "Faster linearizability checking via
   * P-compositionality", 2015). Without it all operations belong together.
   */
  partition?(input: Input): string;
  /**
   * Whether an operation that returned that output never changes the state, whatever it is: a read, and also a
   * compare-and-set that found another value. These are placed as soon as they fit, which makes the search much shorter.
   * `output` is `undefined` when the outcome is unknown: one that is a read even then says nothing, and is left out at
   * once. Without it the same is found out step by step.
   */
  isRead?(input: Input, output: Output | undefined): boolean;
  /**
   * The same model with the knowledge of all operations that are to be placed. Where the order of effects shows only much
   * later, as in a queue, a search without it tries all orders of everything that overlaps. `null` when it is certain
   * already that there is no order. It is asked again for beginnings of the history, to say where it becomes impossible.
   */
  hindsight?(operations: readonly HindsightOperation<Input, Output>[]): Hindsight<State, Input, Output> | null;
}
