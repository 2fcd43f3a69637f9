/** What all operations of a history have. */
export interface OperationBase<Input> {
  /** Who called: a caller that makes one call at a time. Only drawn; the check does not look at it. */
  readonly process: number | string;
  /** What was asked for. */
  readonly input: Input;
  /** When the call began, in any unit, of the clock that all operations of the history share. */
  readonly calledAt: number;
}

/**
 * One operation of a history: a call, and what is known of its end.
 *
 * - `ok`: it returned this output, and took effect at some moment between call and return.
 * - `failed`: it certainly had no effect. The check leaves it out.
 * - `unknown`: it took effect at some moment after the call, which may lie behind the return, or never. A call that timed
 *   out, or whose connection broke, is one of these; so is one that is still under way when the history ends.
 *   `returnedAt` says when the caller gave up, which is drawn and means nothing else.
 *
 * A compare-and-set that found another value is `ok` with the output `false`: it is an observation, and no failure.
 * Two operations of which one returns at the very time at which the other is called count as concurrent.
 */
export type HistoryOperation<Input, Output> =
  | (OperationBase<Input> & { readonly outcome: 'ok'; readonly output: Output; readonly returnedAt: number })
  | (OperationBase<Input> & { readonly outcome: 'failed'; readonly returnedAt: number })
  | (OperationBase<Input> & { readonly outcome: 'unknown'; readonly returnedAt: number | null });

/** The operations of a history, in any order. */
export type History<Input, Output> = readonly HistoryOperation<Input, Output>[];
