import { checkNodeId, checkNumber, InvalidOptionError, type NodeId } from '../core/index.js';

/** Options of a {@link RaftMachine}. */
export interface RaftOptions {
  /** This server. */
  readonly id: NodeId;
  /**
   * How long a follower hears nothing from a leader before it campaigns: at least this, at most twice this, drawn anew
   * for each campaign so that two survivors do not tie for ever.
   * @defaultValue 1000: ten heartbeats, far above the round trip and the pauses of a garbage collector
   */
  readonly electionTimeoutMs?: number;
  /**
   * How often a leader shows that it is alive.
   * @defaultValue a tenth of `electionTimeoutMs`, so that a few may be lost
   */
  readonly heartbeatIntervalMs?: number;
  /**
   * Whether a server asks whether it could win before it raises its term, so that one that was cut off does not depose
   * a working leader when it comes back (thesis, section 9.6).
   * @defaultValue `true`
   */
  readonly preVote?: boolean;
  /**
   * Whether a leader that heard from no majority for an election timeout steps down, so that its clients look for the
   * new one (thesis, section 6.2).
   * @defaultValue `true`
   */
  readonly checkQuorum?: boolean;
  /**
   * The most bytes of entries in one append, a single larger entry excepted.
   * @defaultValue 256 KiB: large enough to fill a network, small enough not to delay a heartbeat behind it
   */
  readonly maxAppendBytes?: number;
  /**
   * How many appends to one follower may be unanswered.
   * @defaultValue 32; with `maxAppendBytes` this bounds what a slow follower can hold in buffers
   */
  readonly maxInflightAppends?: number;
  /**
   * The most bytes of entries handed to the state machine at once.
   * @defaultValue 1 MiB: one batch does not stall the event loop
   */
  readonly maxApplyBytes?: number;
  /**
   * The most bytes of proposals that may wait for commitment, for the leader's disk or for its state machine; more are
   * refused. A single
   * larger one is taken while nothing else waits.
   * @defaultValue 16 MiB: half of what a file journal lets wait by default
   */
  readonly maxUncommittedBytes?: number;
  /**
   * How many reads may wait for confirmation; more are refused.
   * @defaultValue 10000
   */
  readonly maxPendingReads?: number;
  /**
   * How many bytes of committed and durable entries stay in memory for followers that are a little behind; older ones are
   * read from the journal.
   * @defaultValue 64 MiB
   */
  readonly logMemoryBytes?: number;
  /**
   * The size of the pieces in which a snapshot is sent.
   * @defaultValue 256 KiB
   */
  readonly snapshotChunkBytes?: number;
  /**
   * How long a write may stay outstanding before a leader steps down: a leader whose disk hangs must not keep the
   * others from electing one whose disk works.
   * @defaultValue `electionTimeoutMs`
   */
  readonly stalledWriteMs?: number;
  /**
   * Seeds the election timeouts; each server of a cluster may have the same.
   * @defaultValue 0; a node draws one
   */
  readonly seed?: number;
}

/** {@link RaftOptions} with nothing left open. */
export type ResolvedRaftOptions = Required<RaftOptions>;

/**
 * Checks options and fills in the defaults.
 *
 * @throws InvalidOptionError naming the option, the value and what is allowed
 */
export function resolveOptions(options: RaftOptions): ResolvedRaftOptions {
  const electionTimeoutMs = options.electionTimeoutMs ?? 1000;
  const resolved: ResolvedRaftOptions = {
    id: checkNodeId('id', options.id),
    electionTimeoutMs: checkNumber('electionTimeoutMs', electionTimeoutMs, { min: 1, max: 3_600_000, integer: false }),
    heartbeatIntervalMs: options.heartbeatIntervalMs ?? electionTimeoutMs / 10,
    preVote: checkBoolean('preVote', options.preVote ?? true),
    checkQuorum: checkBoolean('checkQuorum', options.checkQuorum ?? true),
    maxAppendBytes: checkNumber('maxAppendBytes', options.maxAppendBytes ?? 256 * 1024, { min: 1 }),
    maxInflightAppends: checkNumber('maxInflightAppends', options.maxInflightAppends ?? 32, { min: 1, max: 65_536 }),
    maxApplyBytes: checkNumber('maxApplyBytes', options.maxApplyBytes ?? 1024 * 1024, { min: 1 }),
    maxUncommittedBytes: checkNumber('maxUncommittedBytes', options.maxUncommittedBytes ?? 16 * 1024 * 1024, {
      min: 1,
    }),
    maxPendingReads: checkNumber('maxPendingReads', options.maxPendingReads ?? 10_000, { min: 1 }),
    logMemoryBytes: checkNumber('logMemoryBytes', options.logMemoryBytes ?? 64 * 1024 * 1024, { min: 0 }),
    snapshotChunkBytes: checkNumber('snapshotChunkBytes', options.snapshotChunkBytes ?? 256 * 1024, { min: 1 }),
    stalledWriteMs: checkNumber('stalledWriteMs', options.stalledWriteMs ?? electionTimeoutMs, {
      min: 1,
      integer: false,
    }),
    seed: checkNumber('seed', options.seed ?? 0, { min: 0 }),
  };
  const heartbeats = { min: 1e-3, max: electionTimeoutMs / 2, integer: false };
  checkNumber('heartbeatIntervalMs', resolved.heartbeatIntervalMs, heartbeats);
  return resolved;
}

/** @throws InvalidOptionError */
export function checkBoolean(name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw new InvalidOptionError(name, value, 'true or false');
}
