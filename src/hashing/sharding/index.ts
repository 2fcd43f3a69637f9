/**
 * Which keys are in which shard, and which nodes hold it: maps with versions, plans that move the least, and what walks
 * them without losing a replica. Plain objects and plain data; runs anywhere.
 *
 * @module hashing/sharding
 */
export { ShardMap } from './shard-map.js';
export type { HashShardMapOptions, Shard } from './shard-map.js';
export type { KeyRange } from './partition.js';
export type { HashShardMapJson, RangeShardMapJson, ShardMapJson } from './shard-map-json.js';
export { checkEpoch, EpochMismatchError, newerMap } from './epoch.js';
export type { Move } from './move.js';
export { planMoves, rebalance } from './rebalance.js';
export type { RebalanceOptions } from './rebalance.js';
export { Rebalancer } from './rebalancer.js';
export type { MoveStep, RebalancerOptions, RebalancerStatus } from './rebalancer.js';
