import { InvalidOptionError, type NodeId } from '../core/index.js';
import { makeSystem, type QuorumSystem } from './system.js';

/** How many members a majority of `size` has: more than half, so that any two share one. 0 of none. */
export function majoritySize(size: number): number {
  return size && (size >> 1) + 1;
}

/**
 * More than half of the members: the least quorums that meet each other when all members are alike. Survives the failure
 * of fewer than half, and no system of equals survives more. Choose another one where members differ in weight or place,
 * or where a load of one half on each is too much. Without members everything is a quorum: the neutral part of a joint
 * decision.
 *
 * @throws InvalidOptionError for members that are no ids, or named twice
 */
export function majority(members: readonly NodeId[]): QuorumSystem {
  requireDistinct('members', members);
  return makeSystem(majoritySize(members.length), members);
}

/** @throws InvalidOptionError when somebody is named twice, which in these systems is a mistake */
export function requireDistinct(option: string, members: readonly NodeId[]): void {
  if (new Set(members).size < members.length) throw new InvalidOptionError(option, members.join(), 'each member once');
}
