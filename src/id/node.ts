/**
 * The gpid of the running process. Needs Node; everything else about gpids runs anywhere and is in `quorate/id`.
 *
 * @module id/node
 */
import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { InvalidOptionError } from '../core/index.js';
import { formatGpid, parseGpid, type Gpid } from './gpid.js';

/** Options of {@link localGpid}. */
export interface LocalGpidOptions {
  /**
   * The address at which other machines know this one, any spelling. Not the address to bind to: `0.0.0.0` and `::` name
   * no machine and are refused.
   */
  readonly ip: string;
  /** The port that the process listens on. @defaultValue 0, which says that it listens on none */
  readonly port?: number;
  /**
   * The nonce: a number from 0 to 2^32 - 1; `true` for a random one, drawn once for each process and each worker
   * thread; `false` for none. @defaultValue `true` when the pid is 1, because all processes in containers have that pid
   * and addresses are used again, so that only the clock would tell two runs apart; otherwise `false`
   */
  readonly nonce?: number | boolean;
}

let drawn: number | undefined;

/**
 * The gpid of this process. Equal options give equal gpids for as long as the process runs, whatever happens to the
 * clock meanwhile. The start time is the one that the platform noted when the process started
 * (`performance.timeOrigin`, microseconds). Worker threads that make message ids of their own need a `nonce`.
 *
 * @throws InvalidOptionError naming the option, its value and what is allowed
 */
export function localGpid(options: LocalGpidOptions): Gpid {
  const { ip, port = 0, nonce = process.pid === 1 } = options;
  const chosen = nonce === true ? (drawn ??= randomBytes(4).readUInt32BE()) : nonce;
  const startTimeUs = Math.round(performance.timeOrigin * 1000);
  const fields: Gpid = { ip, port, startTimeUs, pid: process.pid };
  const gpid = parseGpid(formatGpid(chosen === false ? fields : { ...fields, nonce: chosen })); // checked, canonical
  if (gpid.ip === '0.0.0.0' || gpid.ip === '::')
    throw new InvalidOptionError('ip', ip, 'the address at which other machines know this one');
  return gpid;
}
