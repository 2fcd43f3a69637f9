import { canonicalText, isSame } from './canonical.js';
import type { SequentialModel } from './model.js';
import type { QueueInput, QueueOutput } from './queue-fates.js';
import { queueHindsight } from './queue-hindsight.js';

/** What a queue holds, the oldest first. */
export type QueueState = readonly unknown[];

/**
 * A queue from which comes first what was put in first. A `dequeue` whose outcome is unknown may have taken the head.
 * Checked fast where no value is put in twice, because then each dequeue tells when its value must have come to the head;
 * long queues of equal values are the hardest of these models.
 */
export function queueModel(): SequentialModel<QueueState, QueueInput, QueueOutput> {
  return {
    init: () => [],
    step,
    key: canonicalText,
    isRead: (_input, output) => output === null,
    hindsight: (operations) => queueHindsight(operations, step),
  };
}

function step(state: QueueState, input: QueueInput, output: QueueOutput): QueueState | null {
  if (input.op === 'enqueue') return [...state, input.value];
  if (state.length === 0) return output === undefined || output === null ? state : null;
  if (output === null || (output !== undefined && !isSame(output.value, state[0]))) return null;
  return state.slice(1);
}
