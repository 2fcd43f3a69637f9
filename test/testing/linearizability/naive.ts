import type { History, HistoryOperation, SequentialModel } from '../../../src/testing/index.js';

/** What trying all orders has found. */
export interface NaiveResult {
  readonly linearizable: boolean;
  /** How many operations can be placed in the order of their returns, and how many in all beside that many. */
  readonly returned: number;
  readonly placed: number;
}

/** Tries every order of every choice of open operations, and remembers nothing: the definition, as it stands. */
export function checkNaively<State, Input, Output>(
  history: History<Input, Output>,
  model: SequentialModel<State, Input, Output>,
): NaiveResult {
  const relevant = history.filter(({ outcome }) => outcome !== 'failed');
  const byReturn = relevant.filter(({ outcome }) => outcome === 'ok').sort((a, b) => endOf(a) - endOf(b));
  let best = { returned: 0, placed: 0 };
  const place = (placed: ReadonlySet<HistoryOperation<Input, Output>>, state: State): boolean => {
    const left = byReturn.filter((operation) => !placed.has(operation));
    const returned = left.length === 0 ? byReturn.length : byReturn.indexOf(left[0]!);
    const better = returned > best.returned || (returned === best.returned && placed.size > best.placed);
    if (better) best = { returned, placed: placed.size };
    if (left.length === 0) return true;
    return relevant.some((operation) => {
      if (placed.has(operation) || left.some((other) => endOf(other) < operation.calledAt)) return false;
      const output = operation.outcome === 'ok' ? operation.output : undefined;
      const next = model.step(state, operation.input, output);
      return next !== null && place(new Set([...placed, operation]), next);
    });
  };
  return { linearizable: place(new Set(), model.init()), ...best };
}

function endOf({ outcome, returnedAt }: HistoryOperation<unknown, unknown>): number {
  return outcome === 'ok' ? returnedAt : Infinity;
}

/** Whether an order keeps to the model and to which operation returned before which was called. */
export function isOrder<State, Input, Output>(
  history: History<Input, Output>,
  model: SequentialModel<State, Input, Output>,
  order: readonly number[],
): boolean {
  let state = model.init();
  for (const [i, index] of order.entries()) {
    const operation = history[index]!;
    if (order.slice(i + 1).some((later) => endOf(history[later]!) < operation.calledAt)) return false;
    const next = model.step(state, operation.input, operation.outcome === 'ok' ? operation.output : undefined);
    if (next === null) return false;
    state = next;
  }
  return new Set(order).size === order.length;
}
