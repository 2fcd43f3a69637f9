import type { NodeId } from '../core/index.js';
import { reached } from './reached.js';
import { MAX_QUORUM_PARTS, type QuorumSystem } from './system.js';

/** What votes decide: a quorum said yes, none can any more, or neither so far. */
export type VoteResult = 'won' | 'lost' | 'pending';

const values = new Float64Array(MAX_QUORUM_PARTS);

/**
 * Tells what votes have decided, as early as it can be known. Votes of others do not count. Allocates nothing.
 * O(members) for a majority; see {@link reached}.
 *
 * @param votes - yes as `true`, no as `false`, by member; a missing one has not voted
 */
export function tally(system: QuorumSystem, votes: Readonly<Record<NodeId, boolean>>): VoteResult {
  const { members } = system;
  for (let i = 0; i < members.length; i++) {
    const vote = votes[members[i]!];
    values[i] = vote === true ? 1 : vote === false ? -1 : 0;
  }
  const result = reached(system, values);
  return result > 0 ? 'won' : result < 0 ? 'lost' : 'pending';
}

/** Whether a set of members contains a quorum. Others in it do not count. */
export function isQuorum(system: QuorumSystem, set: Iterable<NodeId>): boolean {
  const votes: Record<NodeId, boolean> = {};
  for (const member of set) votes[member] = true;
  return tally(system, votes) === 'won';
}

/**
 * The highest index that a quorum has reached, given the index that each member has reached: what is committed. Exact
 * for joint and all other systems. `Infinity` when everything is a quorum. Allocates nothing.
 *
 * @param indexes - one for each of `system.members`, in that order; 0 for a member that reported none
 * @throws RangeError when there are fewer indexes than members
 */
export function committedIndex(system: QuorumSystem, indexes: ArrayLike<number>): number {
  const { length } = system.members;
  if (indexes.length < length) throw new RangeError(`${indexes.length} indexes are too few for ${length} members`);
  return reached(system, indexes);
}
