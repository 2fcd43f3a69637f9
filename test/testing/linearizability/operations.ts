import type { HistoryOperation } from '../../../src/testing/index.js';

/** An operation that returned. */
export function ok<Input, Output>(
  process: number,
  [calledAt, returnedAt]: readonly [number, number],
  input: Input,
  output: Output,
): HistoryOperation<Input, Output> {
  return { process, input, calledAt, outcome: 'ok', output, returnedAt };
}

/** An operation of which nobody knows whether it happened. */
export function unknown<Input>(process: number, calledAt: number, input: Input): HistoryOperation<Input, never> {
  return { process, input, calledAt, outcome: 'unknown', returnedAt: null };
}

/** An operation that had no effect. */
export function failed<Input>(
  process: number,
  [calledAt, returnedAt]: readonly [number, number],
  input: Input,
): HistoryOperation<Input, never> {
  return { process, input, calledAt, outcome: 'failed', returnedAt };
}
