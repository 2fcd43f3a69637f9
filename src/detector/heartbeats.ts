/**
 * Heartbeats between processes, over a channel of any transport: who lives, who may be gone, who was restarted.
 *
 * @module detector/heartbeats
 */
export type {
  HeartbeatCommand,
  HeartbeatOutput,
  HeartbeatReport,
  Paused,
  PeerRestarted,
  PeerStopped,
  PeerSuspected,
  PeerTrusted,
  SuspicionReason,
} from './heartbeats/commands.js';
export { Heartbeats } from './heartbeats/heartbeats.js';
export type { HeartbeatsEvents, HeartbeatsStatus } from './heartbeats/heartbeats.js';
export type { HeartbeatsLogger, HeartbeatsOptions } from './heartbeats/heartbeats-options.js';
export { create, HeartbeatMachine } from './heartbeats/machine.js';
export { MAX_METADATA_CHARACTERS, MAX_METADATA_ENTRIES, parseMessage } from './heartbeats/messages.js';
export type { Heartbeat, HeartbeatMessage, HeartbeatMetadata, Stopping } from './heartbeats/messages.js';
export type { HeartbeatOptions } from './heartbeats/options.js';
export { initialState } from './heartbeats/state.js';
export type { HeartbeatCounters, HeartbeatState, PeerCondition, PeerState, RetiredRun } from './heartbeats/state.js';
export type { HeartbeatPeer } from './heartbeats/status.js';
