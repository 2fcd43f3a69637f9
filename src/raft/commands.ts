import type { NodeId } from '../core/index.js';
import type { MembershipChange } from '../host/index.js';
import type { Configuration, Entry, RaftRecord } from './entry.js';

/** What the local host asks of a Raft machine, and its answers to outputs that asked for help. */
export type RaftCommand =
  /** Replicate payloads, each as one entry, in this order. Answered by `accepted` or `refused` with the same id. */
  | { readonly type: 'propose'; readonly id: number; readonly payloads: readonly Uint8Array[] }
  /** Find an index from which a read is linearizable. Answered by `readable` or `refused` with the same id. */
  | { readonly type: 'read'; readonly id: number }
  /**
   * Change who the members are. Answered by `membersChanged` when the last configuration of the change is committed, or
   * by `refused` or `lost`, with the same id.
   */
  | { readonly type: 'changeMembers'; readonly id: number; readonly change: MembershipChange }
  /** Give a change up that still waits; one that has begun may take place all the same. Answered by `lost`. */
  | { readonly type: 'cancelChange'; readonly id: number }
  /**
   * Hand leadership over to a voter, `null` for the one that is best prepared. Answered by `transferred` or `refused`
   * with the same id.
   */
  | { readonly type: 'transfer'; readonly id: number; readonly to: NodeId | null }
  /** Forget who leads, so that this server gives its vote before an election timeout has passed. */
  | { readonly type: 'forgetLeader' }
  /** The host could not reach a peer: what was on the way to it may be lost. */
  | { readonly type: 'unreachable'; readonly peer: NodeId }
  /** The host could not bring a piece of a snapshot to a peer: it is sent again after a heartbeat. */
  | { readonly type: 'snapshotFailed'; readonly peer: NodeId }
  /** Answers `apply`: the state machine has applied everything up to `index`. */
  | { readonly type: 'applied'; readonly index: number }
  /** Answers `readLog`: what the journal has; empty when it has none of it. */
  | { readonly type: 'logRead'; readonly reader: NodeId; readonly entries: readonly Entry[] }
  /** The host took a snapshot of the state machine at `index` and asks how to store it: answered by `checkpoint`. */
  | { readonly type: 'snapshot'; readonly index: number }
  /** Answers `checkpoint`: it is durable. */
  | { readonly type: 'compacted'; readonly index: number; readonly firstIndex: number }
  /** Answers `readSnapshot`; `data` is null when the journal has no checkpoint at `index` any more. */
  | {
      readonly type: 'snapshotRead';
      readonly to: NodeId;
      readonly index: number;
      readonly offset: number;
      readonly data: Uint8Array | null;
      readonly done: boolean;
    }
  /** Answers `receiveSnapshot`: the piece was taken in; the next one begins at `offset`. */
  | { readonly type: 'snapshotReceived'; readonly index: number; readonly offset: number }
  /** The received snapshot is durable and the state machine restored from it. */
  | { readonly type: 'installed'; readonly index: number }
  /** Taking the snapshot in failed; it begins again when the leader next sends it. */
  | { readonly type: 'installFailed'; readonly index: number };

/** Why something was refused. Nothing of it has happened or will happen, but for `timeout`. */
export type Refusal =
  /** Another server leads, or none does. */
  | 'notLeader'
  /** A limit on what may be pending is reached. */
  | 'overloaded'
  /** The leader is handing over. */
  | 'transferring'
  /** Another change of members is under way. */
  | 'changing'
  /** The change would leave no voter, or more members than there may be, or it names one twice. */
  | 'invalidChange'
  /** There is no such voter to hand over to, or none that answers. */
  | 'noSuccessor'
  /** The successor did not take over within an election timeout, and this server takes proposals again. It may do so yet. */
  | 'timeout';

/** What a Raft machine decides, and what it needs of its host. */
export type RaftOutput =
  /** A proposal is in the log: its payloads have `index` and the indexes that follow, in `term`. Not yet committed. */
  | { readonly type: 'accepted'; readonly id: number; readonly index: number; readonly term: number }
  /** So much of what was refused as `overloaded` is done that proposals are taken again. */
  | { readonly type: 'drained' }
  /** What was asked under this id may have happened, in part too, or may happen yet: it cannot be told here. */
  | { readonly type: 'lost'; readonly id: number }
  /** A change of members is committed, with its last configuration at `index`. */
  | { readonly type: 'membersChanged'; readonly id: number; readonly index: number }
  /** Leadership went to the server that it was to go to. */
  | { readonly type: 'transferred'; readonly id: number; readonly leader: NodeId }
  /** A proposal, a read or another request was refused; `leader` is who leads as far as is known. */
  | { readonly type: 'refused'; readonly id: number; readonly reason: Refusal; readonly leader: NodeId | null }
  /** A read is linearizable once everything up to `index` is applied. */
  | { readonly type: 'readable'; readonly id: number; readonly index: number }
  /** Apply these committed entries, in order. Answer `applied`; the next come after that. */
  | { readonly type: 'apply'; readonly entries: readonly Entry[] }
  /** A configuration has come into force: its members may have to be reached from here on. */
  | { readonly type: 'configuration'; readonly configuration: Configuration }
  /** The role, the term or the leader changed. */
  | { readonly type: 'role'; readonly role: Role; readonly term: number; readonly leader: NodeId | null }
  /** Read entries from the journal, at least one. Answer `logRead`. */
  | {
      readonly type: 'readLog';
      readonly reader: NodeId;
      readonly from: number;
      readonly to: number;
      readonly maxBytes: number;
    }
  /** Store the snapshot that the host took at `index` as a checkpoint. Answer `compacted`, or nothing if it failed. */
  | {
      readonly type: 'checkpoint';
      readonly index: number;
      readonly term: number;
      readonly configuration: Configuration;
      /** Entries from here on are to stay in the journal. */
      readonly firstIndex: number;
      readonly carry: readonly RaftRecord[];
    }
  /** Read a piece of the checkpoint at `index`. Answer `snapshotRead`. */
  | {
      readonly type: 'readSnapshot';
      readonly to: NodeId;
      readonly index: number;
      readonly offset: number;
      readonly maxBytes: number;
    }
  /**
   * Take in a piece of a snapshot from the leader; offset 0 begins anew. Answer `snapshotReceived`; after the last
   * piece, once it is durable with `carry` and restored, `installed`.
   */
  | {
      readonly type: 'receiveSnapshot';
      readonly index: number;
      readonly term: number;
      readonly configuration: Configuration;
      readonly offset: number;
      readonly data: Uint8Array;
      readonly done: boolean;
      readonly carry: readonly RaftRecord[];
    }
  /**
   * Another member has known this one with another journal, so that this one lacks what it promised. It takes part in
   * nothing from here on.
   */
  | { readonly type: 'denied'; readonly by: NodeId }
  /** Stop taking in the snapshot at `index`: the log overtook it. */
  | { readonly type: 'abandonSnapshot'; readonly index: number };

/** What a server currently does (figure 4 of the paper, and the pre-candidate of section 9.6 of the thesis). */
export type Role = 'follower' | 'preCandidate' | 'candidate' | 'leader';
