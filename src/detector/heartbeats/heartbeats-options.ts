import type { Clock, Transport } from '../../core/index.js';
import type { HeartbeatOptions } from './options.js';

/** Options of `Heartbeats`. */
export interface HeartbeatsOptions extends HeartbeatOptions {
  /**
   * Carries the heartbeats, and tells which connections were lost. Take the one that carries the work: then heartbeats vouch
   * for the very connection that matters. Stays open when heartbeats are closed.
   */
  readonly transport: Pick<Transport, 'channel'>;
  /** The channel of the transport, the same at both ends. @defaultValue `'heartbeats'` */
  readonly channelName?: string;
  /** @defaultValue `systemClock` */
  readonly clock?: Clock;
  /** Told in words what events tell; `console` will do. @defaultValue nobody */
  readonly logger?: HeartbeatsLogger;
}

/** Takes lines for people to read. */
export interface HeartbeatsLogger {
  /** A peer came, came back, or stopped. */
  info(line: string): void;
  /** Something is wrong, here or there. */
  warn(line: string): void;
}
