import type { NodeId } from '../core/index.js';
import { isSystem, type QuorumSystem } from './system.js';

/** Of one member: 1 in the set, -1 not, 0 open. */
export type Assigned = (member: NodeId) => number;

/**
 * What is left to decide in a system when some members are assigned: `+` when a quorum is in the set, `-` when none can
 * be any more. Otherwise a text that is equal for two assignments when they have the same members open and each
 * completion decides them alike: of a threshold that is open the weight that it has, of one that is decided only how.
 * Assignments that differ in who and not in how many become one, so that a question about all sets of members need not
 * look at each. O(parts).
 */
export function remainder({ threshold, parts, weights }: QuorumSystem, assigned: Assigned): string {
  let has = 0;
  let open = 0;
  let inner = '';
  parts.forEach((part, i) => {
    const text = isSystem(part) ? remainder(part, assigned) : '?+-'.at(assigned(part))!;
    if (text === '+') has += weights[i]!;
    else if (text !== '-') open += weights[i]!;
    if (isSystem(part)) inner += text;
  });
  if (has >= threshold) return '+';
  return has + open < threshold ? '-' : `(${has}${inner})`;
}
