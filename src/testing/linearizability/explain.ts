import type { SequentialModel } from './model.js';
import { Search, type Furthest, type Placeable } from './search.js';

/** How many steps and how much memory an explanation may take. */
export interface ExplanationBudget {
  readonly steps: number;
  readonly bytes: number;
}

/**
 * How far one can get in a partition that is known to be impossible by hindsight: which refuses early, and so does not show
 * where it becomes impossible. The shortest beginning of the history that is impossible is found by bisection: all that
 * returned in it must be placed, what was only called in it may be. An impossible beginning makes every longer one
 * impossible, so bisection is exact; only where the budget runs out the operation that is named may be a later one.
 */
export function explain<State, Input, Output>(
  model: SequentialModel<State, Input, Output>,
  operations: readonly Placeable<Input, Output>[],
  { steps, bytes }: ExplanationBudget,
): Furthest {
  const returned = operations
    .filter(({ returnedAt }) => returnedAt !== Infinity)
    .sort((a, b) => a.returnedAt - b.returnedAt || a.index - b.index);
  const each = Math.ceil(steps / Math.log2(returned.length + 1));
  let order: readonly number[] = [];
  let [possible, impossible] = [0, returned.length];
  while (impossible - possible > 1) {
    const middle = Math.floor((possible + impossible) / 2);
    const some = beginning(operations, returned.slice(0, middle));
    const hindsight = model.hindsight?.(some);
    const search = hindsight === null ? null : new Search(model, some, hindsight);
    const state = search === null ? 'impossible' : search.run(each, bytes);
    if (state === 'impossible') impossible = middle;
    else possible = middle;
    if (state === 'found') order = search!.order();
  }
  return { order, stuckAt: returned[impossible - 1]!.index, state: stateAfter(order, model, operations) };
}

/** The key of the model itself: with hindsight one may stand for several states. */
function stateAfter<State, Input, Output>(
  order: readonly number[],
  model: SequentialModel<State, Input, Output>,
  operations: readonly Placeable<Input, Output>[],
): string {
  const byIndex = new Map(operations.map((operation) => [operation.index, operation]));
  let state = model.init();
  for (const index of order) {
    const { input, output } = byIndex.get(index)!;
    state = model.step(state, input, output)!;
  }
  return String(model.key(state));
}

/** Where these have returned, and of the others nobody knows yet whether they happen. */
function beginning<Input, Output>(
  operations: readonly Placeable<Input, Output>[],
  returned: readonly Placeable<Input, Output>[],
): Placeable<Input, Output>[] {
  const end = returned.at(-1)!.returnedAt;
  const required = new Set(returned);
  return operations
    .filter(({ calledAt }) => calledAt <= end)
    .map((operation) => (required.has(operation) ? operation : { ...operation, returnedAt: Infinity }));
}
