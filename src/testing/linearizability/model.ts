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
   * Whether an operation never changes the state. One of these whose outcome is unknown says nothing, and is left out at
   * once. Without it the same is found out step by step.
   */
  isRead?(input: Input): boolean;
  /**
   * The same model with the knowledge of all operations that are to be placed. Where the order of effects shows only much
   * later, as in a queue, a search without it tries all orders of everything that overlaps. `step` may refuse what it knows
   * to lead to no complete order, and nothing else; `key` may be equal for states that these operations cannot tell apart.
   */
  hindsight?(
    operations: readonly HindsightOperation<Input, Output>[],
  ): Pick<SequentialModel<State, Input, Output>, 'step' | 'key'>;
}
