/** A committed command, as a {@link StateMachine} gets it. */
export interface CommittedCommand {
  /** Its place in the log. Grows; not without gaps, since a log holds other entries too. */
  readonly index: number;
  /** The bytes that were proposed. Not to be changed. */
  readonly data: Uint8Array;
}

/**
 * What a replicated log drives; it belongs to the user. It must be deterministic: the same commands in the same order
 * give the same state and the same results everywhere, so it may not look at clocks, randomness or anything outside.
 *
 * @typeParam Result - what a proposal resolves with
 */
export interface StateMachine<Result = unknown> {
  /**
   * Applies commands in order and returns their results in the same order, plain or promised; the next call comes after
   * that. A command that makes no sense must lead to a result that says so: throwing is for a broken state machine, and
   * ends the node.
   */
  apply(commands: readonly CommittedCommand[]): readonly Result[] | Promise<readonly Result[]>;
  /**
   * The whole state as of this call, in pieces of any size. More commands may be applied while the pieces are still
   * being taken, and must not show in them.
   */
  snapshot(): Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  /** Replaces the whole state by what {@link StateMachine.snapshot} gave; the pieces may be cut elsewhere. */
  restore(chunks: AsyncIterable<Uint8Array>): void | Promise<void>;
}
