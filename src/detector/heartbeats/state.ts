import type { NodeId } from '../../core/index.js';
import type { SuspicionReason } from './commands.js';
import type { HeartbeatMetadata } from './messages.js';
import { resolveOptions, type HeartbeatOptions } from './options.js';

/** All that changes in a `HeartbeatMachine`, as plain data. */
export interface HeartbeatState {
  /** When heartbeat number 0 was due; `-Infinity` before the first step. */
  startedAt: number;
  /** When the next heartbeat is due, and whether this process stood still is next looked at; `Infinity` when idle. */
  tickAt: number;
  progressAt: number;
  /** Until when the times of arrivals say nothing, because this process stood still. */
  graceUntil: number;
  /** Whether this process has said that it stops. */
  left: boolean;
  load: number | null;
  metadata: HeartbeatMetadata | null;
  /** Whom this process beats to. */
  targets: NodeId[];
  peers: PeerState[];
  counters: HeartbeatCounters;
}

/**
 * What a peer is to its monitor: `awaited` while no heartbeat has come and it is not yet late; `stopped` when it said that
 * it ends.
 */
export type PeerCondition = 'awaited' | 'trusted' | 'suspected' | 'stopped';

/** What is known of a peer that is watched. */
export interface PeerState {
  id: NodeId;
  condition: PeerCondition;
  /** Why it is suspected, if it is. */
  reason: SuspicionReason | null;
  run: string | null;
  /** Runs that others took the place of, the last ones, oldest first. */
  retired: RetiredRun[];
  /** As it said in the first heartbeat of its run. */
  intervalMs: number;
  /** The numbers of the first and the last heartbeat of this run; -1 before the first. */
  first: number;
  last: number;
  /** How many of this run came. */
  heartbeats: number;
  /** When number 0 would have come, as the last heartbeat says; `-Infinity` when none came at a time that says something. */
  origin: number;
  heardAt: number;
  sentAt: number;
  load: number | null;
  metadata: HeartbeatMetadata | null;
  /** When it is suspected if no heartbeat ever comes; not used after the first. */
  awaitedUntil: number;
  /** When it is looked at again, at the latest when it is to be suspected; `Infinity` for never. */
  lookAt: number;
  /** The state of its detector; `null` when it has none. */
  detector: readonly number[] | null;
}

/** A run that another one took the place of, or that said it stops. */
export interface RetiredRun {
  readonly run: string;
  /**
   * Heartbeats numbered above it show that the run lives: they were sent long after, or an older run took its place, which is
   * no proof. `Infinity` when nothing can show it.
   */
  readonly lastDue: number;
}

/** What a `HeartbeatMachine` has counted since it started. */
export interface HeartbeatCounters {
  /** Heartbeats sent, to all peers together. */
  sent: number;
  /** Times at which none were sent because of `progressTimeoutMs`. */
  withheld: number;
  /** Heartbeats received from watched peers, and not dropped for one of the reasons below. */
  received: number;
  /** Heartbeats that were overtaken or repeated, or came behind the word that their run stops. */
  stale: number;
  /** Heartbeats with a number that is not due for a minute. */
  early: number;
  /** Messages of runs that others have taken the place of. */
  retired: number;
  /** Messages of runs that began before the present one of their peer, which is trusted. */
  older: number;
  /** Messages whose run is no gpid. */
  badRuns: number;
  /** Messages of peers that are not watched. */
  unwatched: number;
  /** How often a peer was not taken because of `maxPeers`. */
  refused: number;
  /** How often this process stood still. */
  pauses: number;
}

/** The state of a machine that has just been made. @throws InvalidOptionError */
export function initialState(options: HeartbeatOptions): HeartbeatState {
  resolveOptions(options);
  return {
    startedAt: -Infinity,
    tickAt: Infinity,
    progressAt: -Infinity,
    graceUntil: -Infinity,
    left: false,
    load: null,
    metadata: null,
    targets: [],
    peers: [],
    counters: {
      sent: 0,
      withheld: 0,
      received: 0,
      stale: 0,
      early: 0,
      retired: 0,
      older: 0,
      badRuns: 0,
      unwatched: 0,
      refused: 0,
      pauses: 0,
    },
  };
}
