import { checkNumber, type NodeId } from '../../core/index.js';
import type { ReadWriteSystem } from '../pairs.js';
import type { QuorumSystem } from '../system.js';
import { joint } from '../systems.js';
import { foldAssignments } from './assignments.js';

/**
 * How many members may fail, whichever they are, such that a quorum is left: one less than the least number of members
 * that meet all quorums (Barbara and Garcia-Molina 1986; Naor and Wool 1998, section 2). Of a pair the lesser of both.
 * For chances instead of the worst case see {@link failureProbability}.
 *
 * `Infinity` where everything is a quorum, also no member at all; -1 where nothing is one, not even all members.
 *
 * O(members x states x parts), where assignments that leave the same to be decided are one state: dozens of members
 * take milliseconds in thresholds, trees, walls and groups, and about ten in each row of a grid.
 *
 * @throws QuorateError with code `quorums-too-complex` above fifty thousand states
 */
export function resilience(system: QuorumSystem | ReadWriteSystem): number {
  if ('read' in system) return Math.min(resilience(system.read), resilience(system.write));
  const { none = Infinity } = foldAssignments<number>(system, {
    start: 0,
    step: (failed, _member, up) => (up ? failed : failed + 1),
    merge: Math.min,
  });
  return none - 1;
}

/**
 * The probability that no quorum is left when each member has failed with its own probability, independently of the
 * others: F_p of Naor and Wool (1998) and of Peleg and Wool (1995), exact. Of a pair the probability that reads or writes
 * have none. Failures that come together, as those of a whole site, are not independent: make the site a member then.
 * The cost is that of {@link resilience}.
 *
 * @param probability - from 0 to 1, of all members or by member
 * @throws InvalidOptionError; QuorateError with code `quorums-too-complex` above fifty thousand states
 */
export function failureProbability(
  system: QuorumSystem | ReadWriteSystem,
  probability: number | Readonly<Record<NodeId, number>>,
): number {
  if ('read' in system) return failureProbability(joint(system.read, system.write), probability);
  const range = { min: 0, max: 1, integer: false };
  const of = new Map<NodeId, number>();
  for (const member of system.members) {
    const own = typeof probability === 'number' ? probability : probability[member];
    of.set(member, checkNumber(`probability of ${member}`, own, range));
  }
  const { none = 0 } = foldAssignments<number>(system, {
    start: 1,
    step: (chance, member, up) => chance * (up ? 1 - of.get(member)! : of.get(member)!),
    merge: (one, other) => one + other,
  });
  return none;
}
