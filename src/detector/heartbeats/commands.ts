import type { NodeId } from '../../core/index.js';
import type { HeartbeatMetadata } from './messages.js';

/** What the local host asks of a `HeartbeatMachine`. */
export type HeartbeatCommand =
  /** Beat to this peer from now on. */
  | { readonly type: 'beatTo'; readonly peer: NodeId }
  /** Beat to this peer no more. It is told nothing, and will suspect this process unless it has stopped watching. */
  | { readonly type: 'stopBeatingTo'; readonly peer: NodeId }
  /** Watch the heartbeats of this peer from now on. */
  | { readonly type: 'watch'; readonly peer: NodeId }
  /** Forget this peer. */
  | { readonly type: 'unwatch'; readonly peer: NodeId }
  /** What heartbeats say besides, from now on: what is left out stays as it was, `null` is said no more. */
  | ({ readonly type: 'report' } & HeartbeatReport)
  /** The work gets on. */
  | { readonly type: 'progress' }
  /** Say to all that this run stops, and beat no more. Answered by `left`. Others are watched as before. */
  | { readonly type: 'stop' };

/** What heartbeats say besides: what is left out stays as it was, `null` is said no more. */
export interface HeartbeatReport {
  /** How busy this process is: any finite number; what it means is for those who read it to know. */
  readonly load?: number | null;
  /** See `MAX_METADATA_ENTRIES` and `MAX_METADATA_CHARACTERS`. */
  readonly metadata?: HeartbeatMetadata | null;
}

/** What a `HeartbeatMachine` tells its host. */
export type HeartbeatOutput =
  | ({ readonly type: 'trusted' } & PeerTrusted)
  | ({ readonly type: 'suspected' } & PeerSuspected)
  | ({ readonly type: 'restarted' } & PeerRestarted)
  | ({ readonly type: 'stopped' } & PeerStopped)
  | ({ readonly type: 'paused' } & Paused)
  /** This peer is neither watched nor beaten to, because `maxPeers` are already. */
  | { readonly type: 'refused'; readonly peer: NodeId; readonly limit: number }
  /** The command `stop` is carried out: all messages that say so have been given to the host. */
  | { readonly type: 'left' };

/** The first heartbeat of a peer came, or one of the same run after all. */
export interface PeerTrusted {
  readonly peer: NodeId;
  /** The text of its gpid. */
  readonly run: string;
}

/** A peer may be gone. */
export interface PeerSuspected {
  readonly peer: NodeId;
  /** The text of its gpid; `null` when no heartbeat ever came. */
  readonly run: string | null;
  /** No heartbeat came for too long, or the connection was lost. */
  readonly reason: SuspicionReason;
}

/** Why a peer is suspected: no heartbeat came for too long, or the connection to it was lost. */
export type SuspicionReason = 'silence' | 'disconnected';

/** Another run took the place of a peer's former one, with whatever that held in memory. It is trusted. */
export interface PeerRestarted {
  readonly peer: NodeId;
  /** The text of the new run's gpid. */
  readonly run: string;
  /** The text of the former run's gpid. */
  readonly previous: string;
}

/** A peer said that this run of it ends. It is not suspected; a heartbeat of another run is a restart. */
export interface PeerStopped {
  readonly peer: NodeId;
  readonly run: string;
}

/** This process itself stood still. Nobody is suspected for what was missed meanwhile. */
export interface Paused {
  /** For how many milliseconds, at least. */
  readonly ms: number;
}
