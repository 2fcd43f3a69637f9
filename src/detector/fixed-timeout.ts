import { checkDuration } from './durations.js';
import { Detector, evenly, Slot } from './detector.js';

/** Options of {@link FixedTimeout}. */
export interface FixedTimeoutOptions {
  /**
   * How long after a heartbeat the process is suspected, in milliseconds.
   *
   * @defaultValue 5000: of heartbeats that are sent every second, four in a row may be lost
   */
  readonly timeoutMs?: number;
}

/**
 * Suspects a process when no heartbeat came for `timeoutMs`; its suspicion is the part of that time that has passed.
 *
 * Easy to reason about, and enough for most: take at least two intervals, and the longest delay that should not matter. Not
 * where delays are unknown or change: detectors that learn them suspect sooner while the network is calm.
 *
 * O(1), no window.
 */
export class FixedTimeout extends Detector {
  /** @internal */
  protected readonly timeoutMs: number;

  /** @throws InvalidOptionError */
  constructor(options: FixedTimeoutOptions = {}) {
    super(0);
    this.timeoutMs = checkDuration('timeoutMs', options.timeoutMs ?? 5000);
  }

  get threshold(): number {
    return 1;
  }

  suspicion(now: number): number {
    return evenly(now, this.deadline(), this.timeoutMs);
  }

  /** @internal */
  protected due(): number {
    return this.at(Slot.From) + this.timeoutMs;
  }
}
