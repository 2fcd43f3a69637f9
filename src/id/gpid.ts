import { checkNumber, InvalidOptionError, MalformedError } from '../core/index.js';
import { canonicalIp } from './ip.js';

/**
 * A global process id: names one run of one process. Plain data. Two runs never share one as long as the clock of a
 * machine is not set back across a restart that gets the same pid again; `nonce` covers that too. From Chen Shuo,
 * "Multithreaded server programming in Linux with C++", section 9.4.
 *
 * Not a member's name: that stays the same across restarts (see `NodeId`), and this must not.
 */
export interface Gpid {
  /** The address at which others know the machine, in the form {@link canonicalIp} returns. */
  readonly ip: string;
  /** The port that the process listens on, 0 to 65535; 0 when it listens on none. */
  readonly port: number;
  /** When the process started: microseconds since the Unix epoch, a safe integer (until the year 2255). */
  readonly startTimeUs: number;
  /** The operating system's process id, 1 to 2^32 - 1. */
  readonly pid: number;
  /**
   * Tells runs apart where pid and clock do not suffice: containers, in which every process is pid 1, and worker
   * threads, which share a pid. 0 to 2^32 - 1. @defaultValue none, because elsewhere the other four suffice
   */
  readonly nonce?: number;
}

const MAX_UINT32 = 0xffff_ffff;
/** The longest text: a full IPv6 address (39), a port (5), a safe integer (16), two 32-bit numbers (10), separators. */
const MAX_LENGTH = 39 + 5 + 16 + 10 + 10 + 4;
const DECIMAL = /^(?:0|[1-9]\d*)$/;

/**
 * The text of a gpid: `ip:port:start_time:pid`, or `ip:port:start_time:pid-nonce`, all numbers decimal. Canonical: equal
 * gpids give equal texts, however their address was spelled, so texts can be compared and used as keys.
 *
 * @throws InvalidOptionError naming the field that is wrong
 */
export function formatGpid(gpid: Gpid): string {
  const ip = typeof gpid.ip === 'string' ? canonicalIp(gpid.ip) : null;
  if (ip === null) throw new InvalidOptionError('ip', gpid.ip, 'an IPv4 or IPv6 address without a zone');
  const port = checkNumber('port', gpid.port, { min: 0, max: 65535 });
  const start = checkNumber('startTimeUs', gpid.startTimeUs, { min: 0 });
  const pid = checkNumber('pid', gpid.pid, { min: 1, max: MAX_UINT32 });
  const text = `${ip}:${port}:${start}:${pid}`;
  return gpid.nonce === undefined ? text : `${text}-${checkNumber('nonce', gpid.nonce, { min: 0, max: MAX_UINT32 })}`;
}

/**
 * The gpid of a text from outside. Strict: only what {@link formatGpid} writes is accepted, so that whoever compares
 * texts without parsing them is never fooled by another spelling. Read from the right, because IPv6 contains colons.
 *
 * @throws MalformedError naming the field that is wrong
 */
export function parseGpid(text: string): Gpid {
  if (typeof text !== 'string' || text.length > MAX_LENGTH)
    throw new MalformedError(`a gpid is a text of at most ${MAX_LENGTH} characters`);
  const fields = text.split(':');
  if (fields.length < 4) throw malformed(text, 'it is not ip:port:start_time:pid');
  const [port, start, run] = fields.slice(-3) as [string, string, string];
  const ip = fields.slice(0, -3).join(':');
  if (canonicalIp(ip) !== ip) throw malformed(text, 'its address is no IP address in canonical form');
  const [pid, nonce, ...rest] = run.split('-') as [string, ...string[]];
  if (rest.length > 0) throw malformed(text, 'it has more than one nonce');
  return {
    ip,
    port: parseField(text, 'port', port, 0, 65535),
    startTimeUs: parseField(text, 'start time', start, 0, Number.MAX_SAFE_INTEGER),
    pid: parseField(text, 'pid', pid, 1, MAX_UINT32),
    ...(nonce === undefined ? {} : { nonce: parseField(text, 'nonce', nonce, 0, MAX_UINT32) }),
  };
}

/**
 * A total order of canonical gpids, as {@link parseGpid} returns them: by address (as text), port, start time, pid,
 * nonce (none first). 0 exactly when their texts are equal. Runs at one address sort from old to new; beyond that the
 * order only breaks ties and says nothing about time.
 */
export function compareGpids(a: Gpid, b: Gpid): number {
  if (a.ip !== b.ip) return a.ip < b.ip ? -1 : 1;
  return a.port - b.port || a.startTimeUs - b.startTimeUs || a.pid - b.pid || (a.nonce ?? -1) - (b.nonce ?? -1) || 0;
}

/**
 * Whether `newer` is a later run at the address of `older`: same ip and port, later start. It has then taken the place
 * of `older`, which is gone with all that it held in memory; it is no further member. `false` for the same run, for
 * another address, and for runs with the same start, of which none can be called later.
 */
export function isRestartOf(newer: Gpid, older: Gpid): boolean {
  return newer.ip === older.ip && newer.port === older.port && newer.startTimeUs > older.startTimeUs;
}

function parseField(text: string, field: string, digits: string, min: number, max: number): number {
  const value = DECIMAL.test(digits) ? Number(digits) : NaN;
  if (value >= min && value <= max) return value;
  throw malformed(text, `its ${field} is no decimal number from ${min} to ${max}`);
}

function malformed(text: string, reason: string): MalformedError {
  return new MalformedError(`${JSON.stringify(text)} is no gpid: ${reason}`);
}
