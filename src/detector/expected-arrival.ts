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
  /** @internal */
  protected readonly intervalMs: number;

  /** Samples are arrivals, less an interval for each number. */
  constructor(options: ExpectedArrivalOptions, windowSize: number, own: number) {
    super(windowSize, own);
    this.intervalMs = checkDuration('intervalMs', options.intervalMs ?? 1000);
  }

  /** How long after the expected arrival the process is suspected, in milliseconds: above 0. @internal */
  protected abstract margin(): number;

  /** When a heartbeat of the number 0 would arrive, by the estimate; NaN before the first sample. @internal */
  protected origin(): number {
    return this.mean();
  }

  /** When the heartbeat with this number should arrive; NaN before the first sample. @internal */
  protected expected(sequence: number): number {
    return this.origin() + sequence * this.intervalMs;
  }

  get threshold(): number {
    return 1;
  }

  suspicion(now: number): number {
    return evenly(now, this.deadline(), this.intervalMs + this.margin());
  }

  /** @internal */
  protected override learn(at: number, sequence: number): void {
    this.add(at - sequence * this.intervalMs);
  }

  /** @internal */
  protected due(): number {
    const next = this.expected(this.at(Slot.Highest) + 1);
    if (this.at(Slot.Arrival) > -Infinity) return next + this.margin();
    // Comparisons with NaN are false.
    const awaited = this.at(Slot.From) + this.intervalMs;
    return (next > awaited ? next : awaited) + this.margin();
  }
}
