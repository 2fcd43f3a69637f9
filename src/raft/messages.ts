import type { Configuration, Entry } from './entry.js';

/**
 * What Raft servers send each other. `term` is the sender's current term, except in a {@link PreVote}; introductions have
 * none.
 */
export type RaftMessage =
  | PreVote
  | PreVoteReply
  | RequestVote
  | RequestVoteReply
  | AppendEntries
  | AppendEntriesReply
  | InstallSnapshot
  | InstallSnapshotReply
  | TimeoutNow
  | ReadIndex
  | ReadIndexReply
  | Introduction
  | IntroductionReply;

/** A founding member says which journal it has, before it takes part. */
export interface Introduction {
  readonly type: 'introduction';
  readonly identity: string;
}

/** Answers an {@link Introduction}: what the sender has durably noted of that member's journal. */
export interface IntroductionReply {
  readonly type: 'introductionReply';
  /** The identity in the introduction. */
  readonly identity: string;
  /** The identity in the first introduction that the sender of this ever had from that member. */
  readonly known: string;
}

/** Would you vote for me? Changes nothing at the receiver (thesis, section 9.6). */
export interface PreVote {
  readonly type: 'preVote';
  /** The term that the sender would campaign in; its current term is one less. */
  readonly term: number;
  readonly lastLogIndex: number;
  readonly lastLogTerm: number;
}

/** Answers a {@link PreVote}. */
export interface PreVoteReply {
  readonly type: 'preVoteReply';
  readonly term: number;
  /** The term that was asked about. */
  readonly campaignTerm: number;
  readonly granted: boolean;
}

/** Asks for a vote (figure 2, RequestVote). */
export interface RequestVote {
  readonly type: 'requestVote';
  readonly term: number;
  readonly lastLogIndex: number;
  readonly lastLogTerm: number;
  /** Whether the leader asked for this campaign, so that it is no reason to refuse that one leads (thesis, section 4.2.3). */
  readonly transfer: boolean;
}

/** Answers a {@link RequestVote}. */
export interface RequestVoteReply {
  readonly type: 'requestVoteReply';
  readonly term: number;
  readonly voteGranted: boolean;
}

/** Replicates entries, tells the commit index, and serves as heartbeat (figure 2, AppendEntries). */
export interface AppendEntries {
  readonly type: 'appendEntries';
  readonly term: number;
  readonly prevLogIndex: number;
  readonly prevLogTerm: number;
  readonly entries: readonly Entry[];
  readonly leaderCommit: number;
  /**
   * The number of the heartbeat round that this belongs to, 0 for none. A heartbeat is answered at once and confirms
   * that the sender still leads; without a round and without entries, success needs no answer.
   */
  readonly round: number;
}

/** Answers {@link AppendEntries}. */
export type AppendEntriesReply = AppendAccepted | AppendRejected;

/** The receiver's log equals the leader's up to `matchIndex`, and is durable that far. */
export interface AppendAccepted {
  readonly type: 'appendEntriesReply';
  readonly success: true;
  readonly term: number;
  readonly matchIndex: number;
  readonly round: number;
}

/** The receiver's log does not contain the previous entry; the hint lets the leader skip a whole term at a time. */
export interface AppendRejected {
  readonly type: 'appendEntriesReply';
  readonly success: false;
  readonly term: number;
  /** The previous index that was refused. */
  readonly prevLogIndex: number;
  /** The term of the receiver's entry there; 0 when its log is shorter. */
  readonly conflictTerm: number;
  /** The first index that the receiver has of that term; behind its last entry when its log is shorter. */
  readonly conflictIndex: number;
  readonly round: number;
}

/** A piece of a snapshot (figure 13, InstallSnapshot). */
export interface InstallSnapshot {
  readonly type: 'installSnapshot';
  readonly term: number;
  readonly lastIncludedIndex: number;
  readonly lastIncludedTerm: number;
  readonly configuration: Configuration;
  readonly offset: number;
  readonly data: Uint8Array;
  readonly done: boolean;
}

/** Answers {@link InstallSnapshot}. */
export interface InstallSnapshotReply {
  readonly type: 'installSnapshotReply';
  readonly term: number;
  readonly lastIncludedIndex: number;
  /** How many bytes of it the receiver has. */
  readonly offset: number;
  /** Whether the receiver's state covers `lastIncludedIndex` durably. */
  readonly installed: boolean;
}

/** The leader hands over: the receiver, whose log is complete, campaigns at once (thesis, section 3.10). */
export interface TimeoutNow {
  readonly type: 'timeoutNow';
  readonly term: number;
}

/** A server that does not lead asks for an index from which its reads are linearizable (thesis, section 6.4). */
export interface ReadIndex {
  readonly type: 'readIndex';
  readonly term: number;
  /** Distinguishes this run of the sender from those before: an answer to one of those says nothing of reads of this. */
  readonly incarnation: number;
  /** Numbers the questions of the run. */
  readonly ask: number;
}

/** Answers a {@link ReadIndex}, and so all questions of that run with smaller numbers. */
export interface ReadIndexReply {
  readonly type: 'readIndexReply';
  readonly term: number;
  readonly incarnation: number;
  readonly ask: number;
  readonly index: number;
}
