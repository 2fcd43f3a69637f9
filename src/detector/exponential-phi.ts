import { Slot } from './detector.js';
import { checkDuration } from './durations.js';
import { PhiAccrual, type PhiAccrualOptions } from './phi-accrual.js';

/** Options of {@link ExponentialPhi}. */
export interface ExponentialPhiOptions extends PhiAccrualOptions {
  /**
   * The longest interval that is remembered, in milliseconds, so that an absence does not make the detector patient.
   *
   * @defaultValue twice `intervalMs`, as in Cassandra
   */
  readonly maxIntervalMs?: number;
}

/**
 * Phi accrual with the exponential distribution, as Cassandra has it: the silence over the mean interval, as a power of ten.
 * Cassandra's own figure is the silence over the mean, 2.30 times this one; the thresholds are the same.
 *
 * It assumes nothing of how regular heartbeats are, and so is slow: phi 8 after 18.4 mean intervals. For heartbeats that
 * come with gossip, by chance; for regular ones {@link LogisticPhi}. Intervals longer than `maxIntervalMs` are not learned, so if
 * most are, it goes on with the few that are not.
 *
 * O(1) with a window.
 */
export class ExponentialPhi extends PhiAccrual {
  /** @internal */
  protected readonly maxInterval: number;

  /** @throws InvalidOptionError */
  constructor(options: ExponentialPhiOptions = {}) {
    super(options, 0);
    const { intervalMs = 1000, maxIntervalMs = 2 * intervalMs } = options;
    this.maxInterval = checkDuration('maxIntervalMs', maxIntervalMs);
    this.add(2 * checkDuration('intervalMs', intervalMs)); // as in Cassandra
  }

  /** @internal */
  protected counts(interval: number): boolean {
    return interval <= this.maxInterval;
  }

  /** @internal */
  protected phi(silence: number): number {
    return silence / (this.mean() * Math.LN10);
  }

  /** @internal */
  protected due(): number {
    return this.at(Slot.From) + this.threshold * this.mean() * Math.LN10;
  }
}
