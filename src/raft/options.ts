import { checkNodeId, checkNumber, InvalidOptionError, type NodeId, type NumberRange } from '../core/index.js';

/** Options of a {@link RaftMachine}. */
export interface RaftOptions {
  /** This server. */
  readonly id: NodeId;
  /**
   * How long a follower hears nothing from a leader before it campaigns: at least this, at most twice this, drawn anew
   * for each campaign so that two survivors do not tie for ever. Once more for those with `electionPriority` 0.
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
   * How much this server is preferred as leader, from 0 to 1: with 0 it waits an election timeout longer than with 1
   * before it campaigns. Votes do not depend on it, so that an election never waits for somebody who is away.
   * @defaultValue 1
   */
  readonly electionPriority?: number;
  /**
   * Whether a leader answers reads without asking the others while it holds a lease: while a majority has answered a
   * heartbeat so recently that it votes for nobody else yet (thesis, section 6.4.1). Saves a round trip, and costs a
   * guarantee that no other part of Raft needs: the clocks of all members must run at the same rate, but for
   * `maxClockDrift`, and must go on while a machine is suspended. Else a read may show an old state. All members must have
   * the same `electionTimeoutMs`, `leaseReads` and `checkQuorum: true`.
   * @defaultValue `false`: a read waits for a round of heartbeats, and is right whatever the clocks do
   */
  readonly leaseReads?: boolean;
  /**
   * By how much the clock of one member may run faster than that of another, as a fraction. Shortens leases.
   * @defaultValue 0.1: far above what clocks of computers do, and a lease still outlasts many heartbeats
   */
  readonly maxClockDrift?: number;
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
   * How many bytes of entries may be on the way to one follower unanswered, a single append excepted.
   * @defaultValue 8 MiB: what 32 full appends have; fewer where followers or links are slow
   */
  readonly maxInflightBytes?: number;
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
   * How many entries behind a snapshot stay in the journal all the same, for followers that are a little behind.
   * @defaultValue 10000
   */
  readonly trailingEntries?: number;
  /**
   * How many entries behind a snapshot stay at most for the sake of a follower that answers and needs them: sending it the
   * snapshot would take longer, and would never end where the log grows faster than a snapshot travels.
   * @defaultValue ten times `trailingEntries`
   */
  readonly maxTrailingEntries?: number;
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
  /**
   * Another number for each run of the server, so that an answer to a question of an earlier run is not taken for one of
   * this.
   * @defaultValue 0, which is for tests; a node draws one
   */
  readonly incarnation?: number;
}

const FRACTION = { min: 0, max: 1, integer: false };
const SOME = { min: 1 };
const ANY = { min: 0 };

type BooleanOption = 'preVote' | 'checkQuorum' | 'leaseReads';
type NumericOption = Exclude<keyof RaftOptions, BooleanOption | 'id'>;

/** {@link RaftOptions} with nothing left open. */
export type ResolvedRaftOptions = Required<RaftOptions>;

/**
 * Checks options and fills in the defaults.
 *
 * @throws InvalidOptionError naming the option, the value and what is allowed
 */
export function resolveOptions(options: RaftOptions): ResolvedRaftOptions {
  const { electionTimeoutMs = 1000, trailingEntries = 10_000 } = options;
  const number = (name: NumericOption, standard: number, limits: NumberRange): number =>
    checkNumber(name, options[name] ?? standard, limits);
  const boolean = (name: BooleanOption, standard: boolean): boolean => checkBoolean(name, options[name] ?? standard);
  const resolved: ResolvedRaftOptions = {
    id: checkNodeId('id', options.id),
    electionTimeoutMs: number('electionTimeoutMs', 1000, { min: 1, max: 3_600_000, integer: false }),
    heartbeatIntervalMs: options.heartbeatIntervalMs ?? electionTimeoutMs / 10,
    preVote: boolean('preVote', true),
    checkQuorum: boolean('checkQuorum', true),
    electionPriority: number('electionPriority', 1, FRACTION),
    leaseReads: boolean('leaseReads', false),
    maxClockDrift: number('maxClockDrift', 0.1, FRACTION),
    maxAppendBytes: number('maxAppendBytes', 256 * 1024, SOME),
    maxInflightAppends: number('maxInflightAppends', 32, { min: 1, max: 65_536 }),
    maxInflightBytes: number('maxInflightBytes', 8 * 1024 * 1024, SOME),
    maxApplyBytes: number('maxApplyBytes', 1024 * 1024, SOME),
    maxUncommittedBytes: number('maxUncommittedBytes', 16 * 1024 * 1024, SOME),
    maxPendingReads: number('maxPendingReads', 10_000, SOME),
    logMemoryBytes: number('logMemoryBytes', 64 * 1024 * 1024, ANY),
    snapshotChunkBytes: number('snapshotChunkBytes', 256 * 1024, SOME),
    trailingEntries: number('trailingEntries', 10_000, ANY),
    maxTrailingEntries: options.maxTrailingEntries ?? 10 * trailingEntries,
    stalledWriteMs: number('stalledWriteMs', electionTimeoutMs, { min: 1, integer: false }),
    seed: number('seed', 0, ANY),
    incarnation: number('incarnation', 0, ANY),
  };
  checkNumber('maxTrailingEntries', resolved.maxTrailingEntries, { min: trailingEntries });
  if (resolved.leaseReads && !resolved.checkQuorum) {
    throw new InvalidOptionError('leaseReads', true, 'false without checkQuorum');
  }
  const heartbeats = { min: 1e-3, max: electionTimeoutMs / 2, integer: false };
  checkNumber('heartbeatIntervalMs', resolved.heartbeatIntervalMs, heartbeats);
  return resolved;
}

/** @throws InvalidOptionError */
export function checkBoolean(name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw new InvalidOptionError(name, value, 'true or false');
}
