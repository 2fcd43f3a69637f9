/**
 * Raft: a replicated log with one leader at a time. The protocol as a machine, and a node that runs it.
 *
 * @module raft
 */
export * from './core.js';
export { isEntry } from './entry.js';
export { NotLeaderError } from './errors.js';
export { raftCodec } from './message-codec.js';
export { seedNewCluster } from './new-cluster.js';
export type { NewClusterOptions, SeededGroup } from './new-cluster.js';
export { RaftNode } from './node.js';
export type { RaftNodeEvents } from './node.js';
export type { LastSnapshot } from './node-snapshots.js';
export type { RaftNodeStatus, RaftPeerStatus, RaftQueues } from './node-status.js';
export type { RaftNodeOptions } from './node-options.js';
