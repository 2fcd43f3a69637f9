import { checkDuration } from './durations.js';
import { ExpectedArrival, type ExpectedArrivalOptions } from './expected-arrival.js';

/** Options of {@link ChenNfdE}. */
export interface ChenNfdEOptions extends ExpectedArrivalOptions {
  /**
   * How long after its expected arrival a heartbeat is missed (alpha in the paper), in milliseconds.
   *
   * @defaultValue 1500: one may be lost if the next one is not half a second late
   */
  readonly marginMs?: number;
  /** How many arrivals the estimate is made of. @defaultValue 32, as in the paper's simulations; 8 bytes each */
  readonly windowSize?: number;
}

/**
 * NFD-E of Chen, Toueg & Aguilera 2002 (section 6.3): expects each heartbeat when the last ones say it should come, and
 * suspects `marginMs` later. Detection takes an interval, the margin, and the mean delay of messages.
 *
 * Steady detection for a known rate of mistakes, see `configureNfdE`: for heartbeats with numbers, sent at exact intervals. Not where
 * the interval is unknown, or beats wait for other work: phi accrual learns intervals as they come.
 *
 * O(1) with a window.
 */
export class ChenNfdE extends ExpectedArrival {
  /** @internal */
  protected readonly marginMs: number;

  /** @throws InvalidOptionError */
  constructor(options: ChenNfdEOptions = {}) {
    super(options, options.windowSize ?? 32, 0);
    this.marginMs = checkDuration('marginMs', options.marginMs ?? 1500);
  }

  /** @internal */
  protected margin(): number {
    return this.marginMs;
  }
}
