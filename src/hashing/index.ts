/**
 * Placing keys on nodes so that few move when nodes come and go, and the hashes of keys for it: the same on every platform
 * and in every process.
 *
 * @module hashing
 */
export type { ConsistentHash, Nodes, WeightedNode } from './consistent-hash.js';
export { hashKey128, hashKey32 } from './key.js';
export type { Key, KeyHash } from './key.js';
export { HashRing, Ring } from './ring.js';
export type { HashRingOptions } from './ring.js';
export type { PointList } from './points.js';
