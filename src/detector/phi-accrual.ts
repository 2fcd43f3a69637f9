import { checkNumber } from '../core/index.js';
import { Slot } from './detector.js';
import { WindowedDetector } from './windowed-detector.js';

/** Options that all phi accrual detectors share. */
export interface PhiAccrualOptions {
  /**
   * The phi from which on the process is suspected, up to 300. Of suspicions at 1 one in ten is a mistake, at 2 one in a
   * hundred, and so on, as far as intervals are distributed as the estimator assumes.
   *
   * @defaultValue 8, as in Akka and in Cassandra; what that means in milliseconds depends on the estimator
   */
  readonly threshold?: number;
  /** How many intervals are remembered. @defaultValue 1000, as in Akka and in Cassandra; 8 bytes each */
  readonly windowSize?: number;
  /** How often heartbeats are sent, in milliseconds: what is assumed until some came. @defaultValue 1000 */
  readonly intervalMs?: number;
}

/**
 * What phi accrual detectors have in common (Hayashibara, Defago, Yared & Katayama 2004, "The phi Accrual Failure
 * Detector"): phi is -log10 of the probability that the next heartbeat comes later than now, by what the intervals between
 * the last ones say.
 */
export abstract class PhiAccrual extends WindowedDetector {
  readonly threshold: number;

  constructor(options: PhiAccrualOptions, own: number) {
    super(options.windowSize ?? 1000, own);
    this.threshold = checkNumber('threshold', options.threshold ?? 8, { min: 0.001, max: 300, integer: false });
  }

  /** Whether an interval that ends now is remembered. @internal */
  protected abstract counts(interval: number, now: number): boolean;
  /** The phi after so much silence, in milliseconds. @internal */
  protected abstract phi(silence: number): number;

  /** @internal */
  protected override learn(at: number): void {
    const interval = at - this.at(Slot.Arrival);
    if (interval < Infinity && this.counts(interval, at)) this.add(interval);
  }

  suspicion(now: number): number {
    const silence = now - this.at(Slot.From);
    return silence < Infinity ? this.phi(silence) : 0;
  }
}
