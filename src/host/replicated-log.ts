import type { NodeId } from '../core/index.js';

/** How a single call may be given up. */
export interface CallOptions {
  /** Rejects with `signal.reason` when it aborts. What was sent by then may still happen. */
  readonly signal?: AbortSignal;
}

/** A member of a cluster and where it is reached. */
export interface Member {
  readonly id: NodeId;
  /** In the form the transport uses; `null` when the user sets addresses by other means. */
  readonly address: string | null;
}

/** How the members of a cluster are to change. Who is a voter anew gets the log first, without a vote. */
export type MembershipChange =
  /** From any set to any other. Who is in both is a voter. */
  | { readonly type: 'set'; readonly voters: readonly Member[]; readonly learners: readonly Member[] }
  /** A new member; or one that is there gets another role or address. */
  | { readonly type: 'add'; readonly member: Member; readonly as: 'voter' | 'learner' }
  | { readonly type: 'remove'; readonly member: NodeId };

/**
 * A node of a replicated log: what was proposed on any of them is applied by all of them, in one order. What is built on
 * this runs on every consensus protocol that offers it.
 *
 * @typeParam Result - what the state machine returns for a command
 */
export interface ReplicatedLog<Result = unknown> extends AsyncDisposable {
  /**
   * Replicates a command and resolves with the result of applying it here.
   *
   * @throws QuorateError. Its `outcome` tells whether the command may still be applied: `failed` for no, `unknown` for
   * perhaps.
   */
  propose(command: Uint8Array, options?: CallOptions): Promise<Result>;
  /**
   * Resolves once the state machine here shows everything that was acknowledged anywhere before this call: reading the
   * state machine then is a linearizable read.
   */
  read(options?: CallOptions): Promise<void>;
  /**
   * Changes who the members are, and resolves once the change is complete. A new voter counts after it has caught up,
   * which may take long: the signal ends the wait.
   *
   * @throws QuorateError with an `outcome`, as of {@link ReplicatedLog.propose}
   */
  changeMembers(change: MembershipChange, options?: CallOptions): Promise<void>;
  /** Where this node stands, as of now. */
  status(): ReplicatedLogStatus;
  /**
   * Takes a snapshot of the state machine, so that the log before it can go. Resolves with the index that it covers once
   * it is durable.
   */
  snapshot(): Promise<number>;
  /** Stops taking part. Calls under way reject. Closing twice is harmless. */
  close(): Promise<void>;
}

/** Where a {@link ReplicatedLog} stands. */
export interface ReplicatedLogStatus {
  readonly id: NodeId;
  /** Who leads, as far as this node knows. */
  readonly leader: NodeId | null;
  /** The members that vote. */
  readonly members: readonly NodeId[];
  /** The members that get the log and do not vote. */
  readonly learners: readonly NodeId[];
  /** The highest index known to be committed. */
  readonly commitIndex: number;
  /** The highest index that the state machine here has applied. */
  readonly appliedIndex: number;
  /** The last index of the log here. */
  readonly lastIndex: number;
  /** The index that the last snapshot covers; 0 for none. */
  readonly snapshotIndex: number;
}
