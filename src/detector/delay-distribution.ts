import { checkNumber, InvalidOptionError } from '../core/index.js';

/** How long messages take that are not lost: D in Chen, Toueg & Aguilera 2002. */
export interface DelayDistribution {
  /**
   * The probability of a delay above `ms`, which is 0 or more: Pr(D \> ms). From 0 to 1 and never growing. Not as
   * `1 - Pr(D <= ms)`, which loses the digits of what is rare, and that is what matters.
   */
  exceeds(ms: number): number;
  /** Where it jumps or bends, in any order. @defaultValue nowhere; results are then good to 1e-6 if it has many jumps */
  readonly breaks?: Iterable<number>;
}

/** What is known of delays when their distribution is not. */
export interface DelayMoments {
  /** The mean, E(D). */
  readonly meanMs: number;
  /** The variance V(D), in square milliseconds: the square of the standard deviation. */
  readonly varianceMs2: number;
}

/** Exponentially distributed delays, as in the paper's simulations. O(1). @throws InvalidOptionError */
export function exponentialDelay(meanMs: number): DelayDistribution {
  checkNumber('meanMs', meanMs, { min: Number.MIN_VALUE, integer: false });
  return { exceeds: (ms) => Math.exp(-ms / meanMs) };
}

/**
 * Delays that are distributed as these samples are, in milliseconds. It has nothing beyond the longest of them: where few
 * messages are lost, what is said of mistakes that are rarer than one in `samples.length` is then too good.
 * O(log samples) a question.
 *
 * @throws InvalidOptionError
 */
export function empiricalDelay(samples: Iterable<number>): DelayDistribution {
  const sorted = Float64Array.from(samples, (ms) => checkNumber('sample', ms, { min: 0, integer: false })).sort();
  if (sorted.length === 0) throw new InvalidOptionError('samples', samples, 'at least one delay');
  return { exceeds: (ms) => countAbove(sorted, ms) / sorted.length, breaks: sorted };
}

/** How many of the ascending numbers are above the limit. */
function countAbove(sorted: Float64Array, limit: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! > limit) high = middle;
    else low = middle + 1;
  }
  return sorted.length - low;
}

/**
 * The most that delays with this mean and variance can exceed anything by: the one-sided inequality of Chebyshev, with
 * which sections 5 and 6 of the paper replace the distribution.
 *
 * @throws InvalidOptionError
 */
export function worstDelay({ meanMs, varianceMs2 }: DelayMoments): DelayDistribution {
  checkMoment('delay.meanMs', meanMs, 'measured it is known only when clocks are synchronised');
  checkMoment('delay.varianceMs2', varianceMs2, 'measured it is known from the second heartbeat on');
  return { exceeds: (ms) => (ms <= meanMs ? 1 : varianceMs2 / (varianceMs2 + (ms - meanMs) ** 2)) };
}

function checkMoment(name: string, value: number, when: string): void {
  if (!(value >= 0 && value < Infinity)) throw new InvalidOptionError(name, value, `a number from 0; ${when}`);
}
