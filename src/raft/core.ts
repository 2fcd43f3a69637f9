/**
 * Raft as a machine: the protocol alone, without a network, a disk, a clock or a codec. To simulate a cluster, to check
 * it, or to run it in a host of your own; programs use `RaftNode` of `quorate/raft`, which brings all that.
 *
 * @module raft/core
 */
export { parseMessage } from './parse.js';
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
export type { RaftOptions } from './options.js';
export { initialState, replay, replaySnapshot } from './state.js';
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
