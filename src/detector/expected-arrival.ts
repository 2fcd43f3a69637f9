import { evenly, Slot } from './detector.js';
import { checkDuration } from './durations.js';
import { WindowedDetector } from './windowed-detector.js';

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
export abstract class ExpectedArrival extends WindowedDetector {
  readonly #intervalMs: number;

  /** Samples are arrivals, less an interval for each number. */
  constructor(options: ExpectedArrivalOptions, windowSize: number, own: number) {
    super(windowSize, own);
    this.#intervalMs = checkDuration('intervalMs', options.intervalMs ?? 1000);
  }

  /** How long after the expected arrival the process is suspected, in milliseconds: above 0. @internal */
  protected abstract margin(): number;

  /** When a heartbeat of the number 0 would arrive, by the estimate. @internal */
  protected origin(): number {
    return this.mean();
  }

  /** A heartbeat arrived so much later than expected. @internal */
  protected erred(_error: number): void {}

  get threshold(): number {
    return 1;
  }

  suspicion(now: number): number {
    return evenly(now, this.deadline(), this.#intervalMs + this.margin());
  }

  /** @internal */
  protected override learn(at: number, sequence: number): void {
    const sample = at - sequence * this.#intervalMs;
    if (this.count() > 0) this.erred(sample - this.origin());
    this.add(sample);
  }

  /** @internal */
  protected due(): number {
    const awaited = this.at(Slot.From) + this.#intervalMs + this.margin();
    if (this.count() === 0) return awaited;
    const expected = this.origin() + (this.at(Slot.Highest) + 1) * this.#intervalMs + this.margin();
    return this.at(Slot.Arrival) > -Infinity ? expected : Math.max(expected, awaited);
  }
}
