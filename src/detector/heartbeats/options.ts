import { checkNumber, InvalidOptionError, type NodeId } from '../../core/index.js';
import { formatGpid, type Gpid } from '../../id/index.js';
import type { FailureDetector } from '../failure-detector.js';
import { FixedTimeout } from '../fixed-timeout.js';
import { MAX_INTERVAL_MS } from './messages.js';

/** Options of a `HeartbeatMachine`: of the process that beats, and of the monitor. */
export interface HeartbeatOptions {
  /** This run of this process, said in each heartbeat: `localGpid()` of `quorate/id/node`. */
  readonly gpid: Gpid;
  /**
   * How often this process beats, in milliseconds, from 1 to a day. Heartbeat number i is due i intervals after the start.
   *
   * @defaultValue 1000: what takes a few of them to notice is noticed within seconds, and they cost next to nothing
   */
  readonly intervalMs?: number;
  /**
   * After how long without `progress` heartbeats are withheld, in milliseconds: for work that can come to a halt while
   * timers still fire. A work loop that blocks the event loop needs no such watchdog: nothing is sent then.
   *
   * @defaultValue none
   */
  readonly progressTimeoutMs?: number;
  /**
   * Makes the failure detector for a run of a peer that says it beats every `intervalMs`; called at its first heartbeat.
   * Equal arguments must give equal detectors.
   *
   * @defaultValue `FixedTimeout` of five intervals: of heartbeats in a row, four may be lost or withheld. It keeps no
   * window, so a peer takes little memory; those that learn how a network behaves are a choice to make with it in mind. A
   * peer that says it beats less often than every ten intervals of this process is held to those: nobody else decides for
   * how long silence is borne
   */
  readonly detector?: (peer: NodeId, intervalMs: number) => FailureDetector;
  /**
   * How long after a peer was first watched it is suspected when no heartbeat of it has ever come, in milliseconds.
   *
   * @defaultValue 10000, or ten intervals when that is more: time to start and to connect
   */
  readonly firstHeartbeatMs?: number;
  /** Whether everybody who beats is watched. @defaultValue `false`: those that `watch` names */
  readonly watchAll?: boolean;
  /**
   * How many peers are watched at most, and beaten to.
   *
   * @defaultValue 100000: at an interval of a second they take a twentieth of a core, without what the transport takes
   */
  readonly maxPeers?: number;
  /**
   * Whether a trusted peer is suspected at once when its connection is lost. Its next heartbeat clears it.
   *
   * @defaultValue `true`: connections to processes that live are lost rarely, and a process that was killed closes its own
   */
  readonly suspectOnDisconnect?: boolean;
  /**
   * How late this process may wake up, in milliseconds, before it takes itself for one that stood still: then it suspects
   * nobody for what it may have missed meanwhile.
   *
   * @defaultValue an interval: detectors bear a heartbeat that is as late as the next one, and no burst of them
   */
  readonly pauseToleranceMs?: number;
}

/** {@link HeartbeatOptions}, checked and complete. */
export interface ResolvedHeartbeatOptions {
  /** The text of the gpid. */
  readonly run: string;
  readonly intervalMs: number;
  /** Infinity for none. */
  readonly progressTimeoutMs: number;
  readonly detector: (peer: NodeId, intervalMs: number) => FailureDetector;
  readonly firstHeartbeatMs: number;
  readonly watchAll: boolean;
  readonly maxPeers: number;
  readonly suspectOnDisconnect: boolean;
  readonly pauseToleranceMs: number;
}

/**
 * Checks options and fills in the defaults.
 *
 * @throws InvalidOptionError naming the option, the value and what is allowed
 */
export function resolveOptions(options: HeartbeatOptions): ResolvedHeartbeatOptions {
  const { gpid, intervalMs = 1000, progressTimeoutMs } = options;
  checkNumber('intervalMs', intervalMs, { min: 1, max: MAX_INTERVAL_MS, integer: false });
  const { firstHeartbeatMs = Math.max(10_000, 10 * intervalMs), pauseToleranceMs = intervalMs } = options;
  const { detector = fiveIntervals(10 * intervalMs) } = options;
  const duration = { min: 0.001, integer: false };
  if (typeof gpid !== 'object' || gpid === null) throw new InvalidOptionError('gpid', gpid, 'a Gpid');
  if (typeof detector !== 'function')
    throw new InvalidOptionError('detector', detector, 'a function that makes a failure detector');
  return {
    run: formatGpid(gpid),
    intervalMs,
    progressTimeoutMs:
      progressTimeoutMs === undefined ? Infinity : checkNumber('progressTimeoutMs', progressTimeoutMs, duration),
    detector,
    firstHeartbeatMs: checkNumber('firstHeartbeatMs', firstHeartbeatMs, duration),
    watchAll: checkBoolean('watchAll', options.watchAll ?? false),
    maxPeers: checkNumber('maxPeers', options.maxPeers ?? 100_000, { min: 1, max: 2 ** 24 }),
    suspectOnDisconnect: checkBoolean('suspectOnDisconnect', options.suspectOnDisconnect ?? true),
    pauseToleranceMs: checkNumber('pauseToleranceMs', pauseToleranceMs, duration),
  };
}

function fiveIntervals(longestMs: number): ResolvedHeartbeatOptions['detector'] {
  return (_peer, intervalMs) => new FixedTimeout({ timeoutMs: 5 * Math.min(intervalMs, longestMs) });
}

function checkBoolean(name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw new InvalidOptionError(name, value, 'true or false');
}
