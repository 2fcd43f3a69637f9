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

const MAX_INTERVAL = 0;

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
  /** @throws InvalidOptionError */
  constructor(options: ExponentialPhiOptions = {}) {
    super(options, 1);
    const { intervalMs = 1000, maxIntervalMs = 2 * intervalMs } = options;
    this.window.set(MAX_INTERVAL, checkDuration('maxIntervalMs', maxIntervalMs));
  }

  /** One of twice the interval, as in Cassandra. @internal */
  protected assume(intervalMs: number): void {
    this.window.add(2 * intervalMs);
  }

  /** @internal */
  protected counts(intervalMs: number): boolean {
    return intervalMs <= this.window.get(MAX_INTERVAL);
  }

  /** @internal */
  protected phi(elapsedMs: number): number {
    return elapsedMs / (this.window.mean * Math.LN10);
  }

  /** @internal */
  protected limitMs(): number {
    return this.threshold * this.window.mean * Math.LN10;
  }
}
