/**
 * Deciding by majority: the votes that win, and the index that is committed. Pure functions without state.
 *
 * @module quorum
 */
export { committedIndex, majoritySize, MAX_QUORUM_MEMBERS, tallyVotes } from './majority.js';
export type { VoteResult } from './majority.js';
