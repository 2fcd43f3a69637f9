/**
 * What every primitive shares: the machine and its effects, the Clock, Transport and Journal interfaces, errors, node
 * ids, seeded randomness, and the clock of the platform.
 *
 * @module core
 */
export { formatAddress, parseAddress } from './address.js';
export type { HostPort } from './address.js';
export type { Cancel, Clock } from './clock.js';
export type { Codec } from './codec.js';
export {
  ClosedError,
  InvalidOptionError,
  isQuorateError,
  MalformedError,
  OverloadedError,
  QuorateError,
  TimeoutError,
} from './errors.js';
export type { Outcome, QuorateErrorOptions } from './errors.js';
export type { CheckpointOptions, CheckpointPiece, Journal, JournalRecord, ReadOptions, ReplayItem } from './journal.js';
export { NOTHING } from './machine.js';
export type { Decision, Effects, Input, Machine, Outgoing } from './machine.js';
export { checkNodeId, isNodeId, MAX_NODE_ID_LENGTH } from './node-id.js';
export type { NodeId } from './node-id.js';
export { checkNumber } from './options.js';
export type { NumberRange } from './options.js';
export { nextRandom, nextUint32, seededRandom, seedRandom } from './random.js';
export type { RandomState } from './random.js';
export { pause } from './pause.js';
export { systemClock, systemNow, systemRandom, systemSeed } from './system.js';
export type {
  Channel,
  ChannelListener,
  ChannelOptions,
  ChannelSupport,
  PeerStatus,
  Transport,
  TransportStatus,
} from './transport.js';
