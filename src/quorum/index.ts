/**
 * Quorum systems: who must agree. Systems of many kinds in one form, what votes and indexes decide in them, and requests
 * to as many members as it takes. Pure functions but for `gather` and its helpers, which use a clock that is given.
 *
 * @module quorum
 */
export { and, choose, dual, formatSystem, MAX_QUORUM_PARTS, or } from './system.js';
export type { Part, QuorumSystem } from './system.js';
export { reached } from './reached.js';
export { majority, majoritySize } from './majority.js';
export { dissemination, grid, hierarchical, joint, masking, tree, wall, weighted } from './systems.js';
export { fastPaxos, fastPaxosSizes, flexible, readWrite, readWriteCounts, readWriteGrid } from './pairs.js';
export type { FastPaxosSizes, FlexibleSystem, ReadWriteSystem } from './pairs.js';
export { disjointQuorums, DisjointQuorumsError, requireIntersection } from './intersection.js';
export { committedIndex, isQuorum, tally } from './decide.js';
export type { VoteResult } from './decide.js';
export { gather } from './gather.js';
export type { Gathered, GatherOptions, MemberRequest, QuorumRequestOptions } from './gather.js';
export { QuorumNotReachedError } from './not-reached.js';
export { readRepair } from './read-repair.js';
export type { ReadRepaired, ReadRepairOptions } from './read-repair.js';
export { sloppyQuorum } from './sloppy.js';
export type { Held, SloppyQuorumOptions } from './sloppy.js';
export { Hints } from './hints.js';
export type { Hint, HintsOptions, HintsStatus } from './hints.js';
