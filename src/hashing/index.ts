/**
 * Placing keys on nodes so that few move when nodes come and go, and the hashes of keys for it: the same on every platform
 * and in every process.
 *
 * @module hashing
 */
export type { ConsistentHash, Nodes, WeightedNode } from './consistent-hash.js';
export { hashKey128, hashKey32 } from './key.js';
export type { Key, KeyHash } from './key.js';
export { jump } from './jump.js';
export { JumpHash } from './jump-hash.js';
export type { JumpHashOptions } from './jump-hash.js';
export { KetamaRing } from './ketama.js';
export type { KetamaRingOptions, Md5 } from './ketama.js';
export { NginxRing } from './nginx.js';
export { BoundedLoads } from './bounded-loads.js';
export type { BoundedLoadsOptions, Lease } from './bounded-loads.js';
export { AnchorHash } from './anchor.js';
export type { AnchorHashOptions } from './anchor.js';
export type { BucketState } from './bucket-state.js';
export { MementoHash } from './memento.js';
export type { MementoHashOptions } from './memento.js';
export { Maglev } from './maglev.js';
export type { MaglevOptions, MaglevPermutation } from './maglev.js';
export { MultiProbe } from './multi-probe.js';
export type { MultiProbeOptions } from './multi-probe.js';
export { RendezvousHash } from './rendezvous.js';
export type { RendezvousHashOptions } from './rendezvous.js';
export { HashRing, Ring } from './ring.js';
export type { HashRingOptions } from './ring.js';
export type { PointList, Points } from './points.js';
export { spreadOverZones } from './zones.js';
export type { ZoneOf } from './zones.js';
