import { checkNumber } from '../core/index.js';
import { Detector, Slot } from './detector.js';
import { checkDuration } from './durations.js';

/** Options of {@link MissedChecks}. */
export interface MissedChecksOptions {
  /** How often the monitor checks, in milliseconds: as often as heartbeats are sent. @defaultValue 1000 */
  readonly intervalMs?: number;
  /**
   * How many checks in a row must miss a heartbeat.
   *
   * @defaultValue 2: a single loss is forgiven
   */
  readonly misses?: number;
}

/**
 * Suspects a process when `misses` checks in a row found that none of its heartbeats came since the check before. Checks are
 * at the multiples of `intervalMs` on the clock that times come from, the same for all processes; a heartbeat at the very
 * time of a check counts for the next one. Its suspicion is the number of checks missed, and `misses` its threshold.
 *
 * What many services do by hand, since one timer serves all. It takes `misses` to `misses` + 1 intervals from the last
 * heartbeat. Not where that must be quicker or steadier: a `FixedTimeout` of the same length needs no second interval.
 *
 * O(1), no window. Chen Shuo, "Multithreaded server programming in Linux with C++", section 9.3.
 */
export class MissedChecks extends Detector {
  /** @internal */
  protected readonly intervalMs: number;
  /** @internal */
  protected readonly misses: number;

  /** @throws InvalidOptionError */
  constructor(options: MissedChecksOptions = {}) {
    super(0);
    this.intervalMs = checkDuration('intervalMs', options.intervalMs ?? 1000);
    this.misses = checkNumber('misses', options.misses ?? 2, { min: 1 });
  }

  get threshold(): number {
    return this.misses;
  }

  suspicion(now: number): number {
    const from = this.at(Slot.From);
    return from === -Infinity ? 0 : Math.max(0, lastCheck(now, this.intervalMs) - lastCheck(from, this.intervalMs) - 1);
  }

  /** @internal */
  protected due(): number {
    return (lastCheck(this.at(Slot.From), this.intervalMs) + this.misses + 1) * this.intervalMs;
  }
}

/** The number of the last check that is not after this time. */
function lastCheck(time: number, intervalMs: number): number {
  return Math.floor(time / intervalMs);
}
