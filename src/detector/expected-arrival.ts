import { checkDuration } from './durations.js';
import { DeadlineDetector } from './failure-detector.js';
import { HeartbeatWindow } from './heartbeat-window.js';

/** Options that all detectors share which expect each heartbeat at a time of its own. */
export interface ExpectedArrivalOptions {
  /** How often heartbeats are sent, in milliseconds: exactly, or what is expected drifts away. @defaultValue 1000 */
  readonly intervalMs?: number;
}

/**
 * What detectors have in common that estimate when the next heartbeat arrives and add a margin (Chen, Toueg & Aguilera
 * 2002, section 6.3): heartbeat number i arrives at i intervals after some time that is the same for all, but for delays; it is
 * estimated as the mean of what the last arrivals say it is.
 */
export abstract class ExpectedArrival extends DeadlineDetector {
  protected readonly intervalMs: number;
  /** Of each of the last heartbeats: when it arrived, less an interval for each number. @internal */
  protected readonly window: HeartbeatWindow;

  /** @internal */
  constructor(options: ExpectedArrivalOptions, windowSize: number, owned: number) {
    super();
    this.intervalMs = checkDuration('intervalMs', options.intervalMs ?? 1000);
    this.window = new HeartbeatWindow(windowSize, owned);
  }

  /** How long after the expected arrival the process is suspected, in milliseconds. @internal */
  protected abstract readonly marginMs: number;

  /** When the heartbeat number 0 would have arrived, by the estimate. There is at least one sample. @internal */
  protected origin(): number {
    return this.window.mean;
  }

  /** A heartbeat came so much later than expected. @internal */
  protected learn(_errorMs: number): void {}

  /** @internal */
  protected get horizonMs(): number {
    return this.intervalMs + this.marginMs;
  }

  heartbeat(at: number, sequence: number = this.window.highest + 1): void {
    const { window } = this;
    if (!window.arrive(at, sequence)) return;
    const sample = at - sequence * this.intervalMs;
    if (window.count > 0) this.learn(sample - this.origin());
    window.add(sample);
  }

  expectFrom(at: number): void {
    this.window.expectFrom(at);
  }

  deadline(): number {
    const { window, intervalMs } = this;
    if (window.from === -Infinity) return Infinity;
    let expected = window.count === 0 ? -Infinity : this.origin() + (window.highest + 1) * intervalMs;
    if (window.arrival === -Infinity) expected = Math.max(expected, window.from + intervalMs);
    return expected + this.marginMs;
  }

  state(): readonly number[] {
    return this.window.state();
  }

  restore(state: readonly number[]): void {
    this.window.restore(state);
  }
}
