import type { NodeId } from '../core/index.js';

/** What votes decide: enough yes, too many no for that ever to change, or neither so far. */
export type VoteResult = 'won' | 'lost' | 'pending';

/** The least number of members that any two majorities of `size` members must share one of. */
export function majoritySize(size: number): number {
  return (size >> 1) + 1;
}

/**
 * Tells whether a majority of `members` voted yes, as early as it can be known. Votes of others do not count. A group
 * without members wins every vote, which is what makes it the neutral part of a joint decision. O(members).
 *
 * @param votes - yes as `true`, no as `false`, by member; a missing one has not voted
 */
export function tallyVotes(members: readonly NodeId[], votes: Readonly<Record<NodeId, boolean>>): VoteResult {
  let yes = 0;
  let no = 0;
  for (const member of members) {
    const vote = votes[member];
    if (vote === true) yes++;
    else if (vote === false) no++;
  }
  const needed = majoritySize(members.length);
  if (yes >= needed || members.length === 0) return 'won';
  return members.length - no < needed ? 'lost' : 'pending';
}

/** The largest group that {@link committedIndex} takes. */
export const MAX_QUORUM_MEMBERS = 64;

const sorted = new Float64Array(MAX_QUORUM_MEMBERS);

/**
 * The highest index that a majority has reached, given the index that each member has reached: the median, rounded
 * towards the lower. A group without members commits everything: `Infinity`. Allocates nothing; insertion sort, since
 * groups are small.
 *
 * @param indexes - one index for each member; 0 for a member that reported none
 * @param count - how many of `indexes` count, from the front
 */
export function committedIndex(indexes: ArrayLike<number>, count: number = indexes.length): number {
  if (count === 0) return Infinity;
  if (count > MAX_QUORUM_MEMBERS) throw new RangeError(`at most ${MAX_QUORUM_MEMBERS} members, not ${count}`);
  for (let i = 0; i < count; i++) {
    const index = indexes[i]!;
    let place = i;
    for (; place > 0 && sorted[place - 1]! > index; place--) sorted[place] = sorted[place - 1]!;
    sorted[place] = index;
  }
  return sorted[count - majoritySize(count)]!;
}
