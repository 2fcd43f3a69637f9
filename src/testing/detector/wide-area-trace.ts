import { checkNumber, nextRandom, nextUint32, seedRandom, type RandomState } from '../../core/index.js';
import { regularTrace, type HeartbeatTrace } from './trace.js';

/** Options of {@link wideAreaTrace}. */
export interface WideAreaTraceOptions {
  /** Equal seeds give equal traces, to the last bit, on every platform. */
  readonly seed: number;
  /** How many are sent. A week is 5.84 million. */
  readonly heartbeats: number;
  /** Whether losses and slow messages come together, rather than by chance: see {@link wideAreaTrace}. */
  readonly bursts: boolean;
}

const INTERVAL = 103.5;
const LEAST_DELAY = 135;
const LOST = 0.004;
const LONGEST_BURST = 1093;
/** What delays are longer than the least: the sum of four uniform numbers, each up to this. */
const [CALM, SLOW, VERY_SLOW] = [1.6, 24, 56];
/** How many messages are slow or very slow, and how many of these very slow. */
const SLOW_SHARE = 0.068;
const VERY_SLOW_SHARE = 1 / 17;
/** How many messages a spell of slow ones has on average. */
const SPELL = 40;

/**
 * Heartbeats over a wide area, with the figures of the week between Japan and Switzerland that Hayashibara, Defago, Yared &
 * Katayama measured ("The phi Accrual Failure Detector", 2004): every 103.5 ms; 0.4 % lost; delays half of round trips of
 * 283 ms with a standard deviation of 27, from 270 to 718. Synthetic: what a network does besides is not in these figures.
 *
 * - Without `bursts` it is stationary: each message is lost, slow or neither by chance, whatever happened to the others.
 * - With `bursts` as many are lost and as many slow, but together: of bursts of losses one in n is of n messages or more, up
 *   to 1093 as in that week, and slow messages come in spells of 40 on average, while delays of each kind are the same.
 *
 * Of messages 6.4 % are slow (by 48 ms on average) and 0.4 % very slow (by 112); delays are sums of uniform numbers (Irwin-
 * Hall), so that no logarithm is needed, which may differ between platforms. Slow messages may be overtaken. O(heartbeats).
 *
 * @throws InvalidOptionError
 */
export function wideAreaTrace(options: WideAreaTraceOptions): HeartbeatTrace {
  const heartbeats = checkNumber('heartbeats', options.heartbeats, { min: 2, max: 2 ** 28 });
  const random = seedRandom(options.seed, options.bursts ? 1 : 0);
  return regularTrace(heartbeats, INTERVAL, options.bursts ? inBursts(random) : byChance(random));
}

function byChance(random: RandomState): () => number {
  return () => (nextRandom(random) < LOST ? Infinity : delay(random, nextRandom(random) < SLOW_SHARE));
}

function inBursts(random: RandomState): () => number {
  // The mean of bursts of which one in n is at least n long, but none longer than the longest: 1 + 1/2 + 1/3 ...
  let meanBurst = 0;
  for (let n = 1; n <= LONGEST_BURST; n++) meanBurst += 1 / n;
  const burstBegins = LOST / (1 - LOST) / meanBurst;
  const spellBegins = SLOW_SHARE / (1 - SLOW_SHARE) / SPELL;
  let slow = false;
  let toLose = 0;
  return () => {
    slow = nextRandom(random) < (slow ? 1 - 1 / SPELL : spellBegins);
    if (toLose > 0) return --toLose > 0 ? Infinity : delay(random, slow);
    if (nextRandom(random) >= burstBegins) return delay(random, slow);
    toLose = Math.min(Math.floor(0x1_0000_0000 / (nextUint32(random) + 1)), LONGEST_BURST);
    return Infinity;
  };
}

function delay(random: RandomState, slow: boolean): number {
  const scale = slow ? (nextRandom(random) < VERY_SLOW_SHARE ? VERY_SLOW : SLOW) : CALM;
  const sum = nextRandom(random) + nextRandom(random) + nextRandom(random) + nextRandom(random);
  return LEAST_DELAY + scale * sum;
}
