/**
 * Raft: a replicated log with one leader at a time. The protocol as a machine, and a node that runs it.
 *
 * @module raft
 */
export type { RaftCommand, RaftOutput, Refusal, Role } from './commands.js';
export { configurationOf } from './configuration.js';
export type {
  CommandEntry,
  Configuration,
  ConfigurationEntry,
  Entry,
  HardState,
  Identity,
  Introduced,
  NoopEntry,
  RaftRecord,
} from './entry.js';
export { isEntry } from './entry.js';
export { NotLeaderError } from './errors.js';
export { raftCodec } from './message-codec.js';
export type { LogState, TermStart } from './log.js';
export { create, RaftMachine } from './machine.js';
export type {
  AppendAccepted,
  AppendEntries,
  AppendEntriesReply,
  AppendRejected,
  InstallSnapshot,
  InstallSnapshotReply,
  Introduction,
  IntroductionReply,
  PreVote,
  PreVoteReply,
  RaftMessage,
  ReadIndex,
  ReadIndexReply,
  RequestVote,
  RequestVoteReply,
  TimeoutNow,
} from './messages.js';
export { seedNewCluster } from './new-cluster.js';
export type { NewClusterOptions, SeededGroup } from './new-cluster.js';
export { RaftNode } from './node.js';
export type { RaftNodeEvents } from './node.js';
export type { LastSnapshot } from './node-snapshots.js';
export type { RaftNodeStatus, RaftPeerStatus, RaftQueues } from './node-status.js';
export type { RaftNodeOptions } from './node-options.js';
export type { RaftOptions } from './options.js';
export { initialState, replay, replaySnapshot } from './state.js';
export { parseMessage } from './parse.js';
export type {
  AskedRead,
  CatchUp,
  ConfigurationAt,
  InstallState,
  PeerState,
  PendingChange,
  PendingRead,
  PendingTransfer,
  RaftState,
  SendingSnapshot,
  SentRound,
  SnapshotHeader,
  Timers,
  UnstoredEntries,
} from './state.js';
