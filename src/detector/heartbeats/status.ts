import type { NodeId } from '../../core/index.js';
import type { SuspicionReason } from './commands.js';
import type { HeartbeatMetadata } from './messages.js';
import type { Peer } from './peer.js';
import type { PeerCondition } from './state.js';

/** What a monitor knows of a peer, as of now. */
export interface HeartbeatPeer {
  readonly id: NodeId;
  readonly condition: PeerCondition;
  /** Why it is suspected; `null` when it is not. */
  readonly reason: SuspicionReason | null;
  /** The text of its gpid; `null` before anything came. */
  readonly run: string | null;
  /** How strongly its detector suspects it; 0 before the first heartbeat of the run. */
  readonly suspicion: number;
  /** The suspicion from which on it is suspected; `null` before the first heartbeat of the run. */
  readonly threshold: number | null;
  /** What its last heartbeat said; `null` when it said nothing of it. */
  readonly load: number | null;
  readonly metadata: HeartbeatMetadata | null;
  /** How often it beats, as it says; `null` before the first heartbeat. */
  readonly intervalMs: number | null;
  /** Heartbeats of this run that came. */
  readonly heartbeats: number;
  /** About how many of this run were lost on the way, or never sent: numbers between its first and its last that are missing. */
  readonly lost: number;
  /** The number of the last heartbeat; `null` before the first. */
  readonly lastSequence: number | null;
  /** When that was sent, by the peer's own monotonic clock; `null` before the first. */
  readonly lastSentAt: number | null;
  /** How long ago it came, in milliseconds; `Infinity` before the first. */
  readonly silentMs: number;
}

export function statusOf(peer: Peer, now: number): HeartbeatPeer {
  const { id, condition, reason, run, detector, load, metadata, heartbeats, first, last } = peer;
  const heard = heartbeats > 0;
  return {
    id,
    condition,
    reason,
    run,
    suspicion: detector?.suspicion(now) ?? 0,
    threshold: detector?.threshold ?? null,
    load,
    metadata,
    intervalMs: heard ? peer.intervalMs : null,
    heartbeats,
    lost: heard ? last - first + 1 - heartbeats : 0,
    lastSequence: heard ? last : null,
    lastSentAt: heard ? peer.sentAt : null,
    silentMs: now - peer.heardAt,
  };
}
