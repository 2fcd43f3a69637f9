import type { SequentialModel } from './model.js';
import { Search, type Furthest, type Placeable } from './search.js';

/** How many steps and how much memory an explanation may take. */
export interface ExplanationBudget {
  readonly steps: number;
  readonly bytes: number;
}

/** The part of the budget that goes into searching everything, before only beginnings are searched. */
const WHOLE_SHARE = 0.1;

/**
 * How far one can get in a partition that is known to be impossible by hindsight: which refuses early, and so does not show
 * where it becomes impossible. First everything is searched without hindsight. Where that is too much, the shortest
 * beginning of the history that is impossible is found by bisection: all that returned in it must be placed, what was only
 * called in it may be. An impossible beginning makes every longer one impossible, so bisection is exact; only where the
 * budget runs out the operation that is named may be a later one.
 */
export function explain<State, Input, Output>(
  model: SequentialModel<State, Input, Output>,
  operations: readonly Placeable<Input, Output>[],
  { steps, bytes }: ExplanationBudget,
): Furthest {
  const whole = new Search(model, operations, false);
  if (whole.run(Math.ceil(steps * WHOLE_SHARE), bytes) === 'impossible') return whole.furthest();
  const returned = operations
    .filter(({ returnedAt }) => returnedAt !== Infinity)
    .sort((a, b) => a.returnedAt - b.returnedAt || a.index - b.index);
  const each = Math.ceil((steps * (1 - WHOLE_SHARE)) / Math.log2(returned.length + 1));
  let furthest: Search<State, Input, Output> | null = null;
  let [possible, impossible] = [0, returned.length];
  while (impossible - possible > 1) {
    const middle = Math.floor((possible + impossible) / 2);
    const search = new Search(model, beginning(operations, returned.slice(0, middle)));
    const state = search.run(each, bytes);
    if (state === 'impossible') impossible = middle;
    else possible = middle;
    if (state === 'found') furthest = search;
  }
  const stuckAt = returned[impossible - 1]!.index;
  return furthest?.reached(stuckAt) ?? { order: [], stuckAt, state: String(model.key(model.init())) };
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
