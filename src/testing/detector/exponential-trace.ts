import { checkNumber, nextRandom, nextUint32, seedRandom, type RandomState } from '../../core/index.js';
import { regularTrace, type HeartbeatTrace } from './trace.js';

/** Options of {@link exponentialTrace}. */
export interface ExponentialTraceOptions {
  /** Equal seeds give equal traces, to the last bit, on every platform. */
  readonly seed: number;
  /** How many are sent. */
  readonly heartbeats: number;
  /** How often, in milliseconds. @defaultValue 1000 */
  readonly intervalMs?: number;
  /** The part of them that is lost. @defaultValue 0.01, as in the paper's simulations */
  readonly loss?: number;
  /** The mean delay of the others, in milliseconds. @defaultValue 20, as in the paper's simulations for intervals of 1000 */
  readonly meanDelayMs?: number;
}

/**
 * Heartbeats over the link that Chen, Toueg & Aguilera simulate (2002, "On the Quality of Service of Failure Detectors",
 * section 7): each is lost or not, and delayed by a time with an exponential distribution, whatever happened to the others.
 * What `qualityOfNfdS` computes for such a link can be compared with what {@link measureDetector} sees.
 *
 * Delays are drawn by von Neumann's method, which needs comparisons of random integers only, since `Math.log` may differ
 * between platforms in the last bit. O(heartbeats), some 50 ns each.
 *
 * @throws InvalidOptionError
 */
export function exponentialTrace(options: ExponentialTraceOptions): HeartbeatTrace {
  const { seed, intervalMs = 1000, loss = 0.01, meanDelayMs = 20 } = options;
  const heartbeats = checkNumber('heartbeats', options.heartbeats, { min: 2, max: 2 ** 28 });
  checkNumber('intervalMs', intervalMs, { min: 0.001, integer: false });
  checkNumber('loss', loss, { min: 0, max: 1, integer: false });
  checkNumber('meanDelayMs', meanDelayMs, { min: 0, integer: false });
  const random = seedRandom(seed);
  const delay = (): number => (nextRandom(random) < loss ? Infinity : meanDelayMs * nextExponential(random));
  return regularTrace(heartbeats, intervalMs, delay);
}

/**
 * The next number with an exponential distribution of mean 1, with 32 bits behind the point (von Neumann 1951, "Various
 * Techniques Used in Connection with Random Digits"): of uniform numbers that fall from x until one does not, the count is
 * odd with probability e^-x. So x is accepted then, and each refusal adds 1.
 */
function nextExponential(random: RandomState): number {
  for (let whole = 0; ; whole++) {
    const first = nextUint32(random);
    let falls = 0;
    for (let last = first, next = nextUint32(random); next < last; next = nextUint32(random)) {
      last = next;
      falls++;
    }
    if (falls % 2 === 0) return whole + first / 0x1_0000_0000;
  }
}
