import { checkNumber } from '../core/index.js';
import type { DelayMoments } from './delay-distribution.js';

/** Options of {@link LinkStatistics}. */
export interface LinkStatisticsOptions {
  /**
   * How many of the last heartbeats it speaks of, by their numbers. One in a hundred that is lost takes several hundreds.
   *
   * @defaultValue 1000, as for phi accrual; 16 bytes each
   */
  readonly windowSize?: number;
  /**
   * Whether the clocks of sender and monitor show the same time, much more exactly than messages take. Otherwise only the
   * variance of delays is known, and not their mean.
   *
   * @defaultValue false: two machines are far apart at first, and microseconds only with care
   */
  readonly synchronisedClocks?: boolean;
}

/** What {@link LinkStatistics} found: to be handed to `configureNfdE`, or to `configureNfdS` when clocks are synchronised. */
export interface LinkEstimate {
  /** The share of heartbeats that have not come, of those in the window; NaN before the first. */
  readonly loss: number;
  /** `meanMs` is NaN unless clocks are synchronised; `varianceMs2` is NaN until two heartbeats came. */
  readonly delay: DelayMoments;
}

/**
 * Measures from heartbeats what a link does to them: how many it loses, and how long it takes for the others (as Chen,
 * Toueg & Aguilera 2002 propose in section 5). For one run of a sender: the next, which counts from 0 again, needs another.
 *
 * `heartbeat` is O(1), whatever the number is that comes; to ask is O(window). Nothing is summed up from one heartbeat to the
 * next, so rounding errors do not grow. A clock that runs faster than the other adds to the variance, (drift x
 * window)² / 12: 8 square milliseconds for ten in a million over 1000 s.
 *
 * A thousand heartbeats without a loss do not say that nothing is lost, but that it is probably less than 3 in 1000: ask for
 * a configuration with `Math.max(loss, 3 / expected)`.
 */
export class LinkStatistics {
  readonly #sequences: Float64Array;
  readonly #delays: Float64Array;
  readonly #synchronised: boolean;
  #lowest = Infinity;
  #highest = -1;

  /** @throws InvalidOptionError */
  constructor(options: LinkStatisticsOptions = {}) {
    const size = checkNumber('windowSize', options.windowSize ?? 1000, { min: 2, max: 0x10_0000 });
    this.#sequences = new Float64Array(size).fill(-1);
    this.#delays = new Float64Array(size);
    this.#synchronised = options.synchronisedClocks ?? false;
  }

  /**
   * A heartbeat arrived; one that was overtaken counts too. One that came already, or is older than the window, changes
   * nothing. O(1).
   *
   * @param at - when, in milliseconds of the monitor's clock
   * @param sequence - its number, which the sender counts up by 1 each time
   * @param sentAt - when it was sent, in milliseconds of the sender's clock. Where it is sent at exact intervals,
   * `sequence * intervalMs` will do unless clocks are synchronised
   * @throws InvalidOptionError
   */
  heartbeat(at: number, sequence: number, sentAt: number): void {
    const time = { min: -Number.MAX_SAFE_INTEGER, integer: false };
    const delay = checkNumber('at', at, time) - checkNumber('sentAt', sentAt, time);
    const size = this.#sequences.length;
    const place = checkNumber('sequence', sequence, { min: 0 }) % size;
    if (sequence <= this.#highest - size || this.#sequences[place] === sequence) return;
    this.#sequences[place] = sequence;
    this.#delays[place] = delay;
    this.#highest = Math.max(this.#highest, sequence);
    this.#lowest = Math.min(this.#lowest, sequence);
  }

  /** How many heartbeats should have come, of those that it speaks of: from the first on, at most the window. O(1). */
  get expected(): number {
    return Math.max(0, Math.min(this.#sequences.length, this.#highest - this.#lowest + 1));
  }

  /**
   * How long each heartbeat took that is in the window, in the order of their numbers: for `empiricalDelay`, when clocks are
   * synchronised. Otherwise they are all off by what clocks are apart. O(window).
   */
  delays(): number[] {
    const size = this.#sequences.length;
    const found: number[] = [];
    for (let sequence = this.#highest - this.expected + 1; sequence <= this.#highest; sequence++) {
      if (this.#sequences[sequence % size] === sequence) found.push(this.#delays[sequence % size]!);
    }
    return found;
  }

  /** What is known of the link now. O(window). */
  estimate(): LinkEstimate {
    const delays = this.delays();
    const count = delays.length;
    // Clocks may be far apart, so sums are of what delays differ by from one of them.
    const differences = delays.map((delay) => delay - delays[0]!);
    const mean = sum(differences) / count;
    const squares = sum(differences.map((difference) => (difference - mean) ** 2));
    return {
      loss: (this.expected - count) / this.expected,
      delay: {
        meanMs: this.#synchronised ? delays[0]! + mean : NaN,
        varianceMs2: count < 2 ? NaN : squares / (count - 1),
      },
    };
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
