import { canonicalText } from './canonical.js';
import type { SequentialModel } from './model.js';
import { foresee, type Fate, type QueueInput, type QueueOperation, type QueueOutput } from './queue-fates.js';

/** What a queue holds, the oldest first. */
export type QueueState = readonly unknown[];

/**
 * A queue from which comes first what was put in first. A `dequeue` whose outcome is unknown may have taken the head.
 * Checked fast where no value is put in twice, because then each dequeue tells when its value must have come to the head;
 * long queues of equal values are the hardest of these models.
 */
export function queueModel(): SequentialModel<QueueState, QueueInput, QueueOutput> {
  return { init: () => [], step, key: canonicalText, hindsight };
}

function step(state: QueueState, input: QueueInput, output: QueueOutput): QueueState | null {
  if (input.op === 'enqueue') return [...state, input.value];
  if (state.length === 0) return output === undefined || output === null ? state : null;
  if (output === null || (output !== undefined && canonicalText(output.value) !== canonicalText(state[0]))) return null;
  return state.slice(1);
}

/**
 * Refuses to put a value behind others that are certainly taken later or never, unless a taking of which nobody knows what
 * it took may have removed them; and to let such a one take what somebody else was seen to take. Values that nobody saw
 * again are all alike.
 */
function hindsight(
  operations: readonly QueueOperation[],
): Pick<SequentialModel<QueueState, QueueInput, QueueOutput>, 'step' | 'key'> {
  const { fates, isHopeless } = foresee(operations);
  const fateOf = (value: unknown): Fate => fates.get(canonicalText(value))!;
  const blind = operations.filter(({ input, output }) => input.op === 'dequeue' && output === undefined).length;
  return {
    step(state, input, output) {
      if (isHopeless) return null;
      if (input.op === 'enqueue' && !mayFollow(state.map(fateOf), fateOf(input.value), blind)) return null;
      const isBlind = input.op === 'dequeue' && output === undefined && state.length > 0;
      return isBlind && fateOf(state[0]).until !== Infinity ? null : step(state, input, output);
    },
    key: (state) => canonicalText(state.map((value) => (fateOf(value).from === Infinity ? '*' : canonicalText(value)))),
  };
}

function mayFollow(ahead: readonly Fate[], { until, isIdle }: Fate, blind: number): boolean {
  if (isIdle) return false;
  const inTheWay = ahead.filter(({ from }) => from > until);
  return inTheWay.length <= blind && inTheWay.every((fate) => fate.until === Infinity);
}
