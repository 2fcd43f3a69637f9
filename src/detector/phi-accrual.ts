import { checkNumber } from '../core/index.js';
import { checkDuration } from './durations.js';
import type { FailureDetector } from './failure-detector.js';
import { HeartbeatWindow } from './heartbeat-window.js';

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
export abstract class PhiAccrual implements FailureDetector {
  readonly threshold: number;
  /** The last intervals between arrivals. @internal */
  protected readonly window: HeartbeatWindow;

  /** @internal */
  constructor(options: PhiAccrualOptions, owned: number) {
    this.threshold = checkNumber('threshold', options.threshold ?? 8, { min: 0.001, max: 300, integer: false });
    this.window = new HeartbeatWindow(options.windowSize ?? 1000, owned);
    this.assume(checkDuration('intervalMs', options.intervalMs ?? 1000));
  }

  /** Adds the samples that stand for this interval until heartbeats come. @internal */
  protected abstract assume(intervalMs: number): void;
  /** Whether an interval that ended now is remembered. @internal */
  protected abstract counts(intervalMs: number, now: number): boolean;
  /** The phi after that much time without a heartbeat. @internal */
  protected abstract phi(elapsedMs: number): number;
  /** After how much time without a heartbeat phi is at the threshold. @internal */
  protected abstract limitMs(): number;

  heartbeat(at: number, sequence: number = this.window.highest + 1): void {
    const { window } = this;
    const interval = at - window.arrival;
    const counts = interval < Infinity && this.counts(interval, at);
    if (window.arrive(at, sequence) && counts) window.add(interval);
  }

  expectFrom(at: number): void {
    this.window.expectFrom(at);
  }

  suspicion(now: number): number {
    const { from } = this.window;
    return from === -Infinity ? 0 : this.phi(now - from);
  }

  isSuspect(now: number): boolean {
    return now >= this.deadline();
  }

  deadline(): number {
    const { from } = this.window;
    return from === -Infinity ? Infinity : from + this.limitMs();
  }

  state(): readonly number[] {
    return this.window.state();
  }

  restore(state: readonly number[]): void {
    this.window.restore(state);
  }
}
