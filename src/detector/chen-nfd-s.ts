import { checkNumber } from '../core/index.js';
import { Detector, evenly, Slot } from './detector.js';
import { checkDuration } from './durations.js';

/** Options of {@link ChenNfdS}. */
export interface ChenNfdSOptions {
  /** When the heartbeat with the number 0 is sent, in milliseconds of the monitor's clock. */
  readonly firstSentAt: number;
  /** How often heartbeats are sent (eta in the paper), in milliseconds. @defaultValue 1000 */
  readonly intervalMs?: number;
  /**
   * How long after it was sent a heartbeat is still fresh (delta in the paper), in milliseconds.
   *
   * @defaultValue 1500: one may be lost if the next one is not later than half a second
   */
  readonly shiftMs?: number;
}

/**
 * NFD-S of Chen, Toueg & Aguilera 2002 ("On the Quality of Service of Failure Detectors", section 3): heartbeat number i is
 * sent at `firstSentAt + i intervalMs`, and at the freshness point `shiftMs` later the process is suspected unless that
 * heartbeat or a later one has come. So detection takes `intervalMs + shiftMs` at most, whatever delays are.
 *
 * The best there is for a given rate of heartbeats, and what `qualityOfNfdS` and `configureNfdS` reckon with; but the monitor must
 * know when heartbeats are sent, by synchronised clocks or on one machine. Elsewhere {@link ChenNfdE}, which estimates it.
 *
 * O(1), no window.
 */
export class ChenNfdS extends Detector {
  /** @internal */
  protected readonly firstSentAt: number;
  /** @internal */
  protected readonly intervalMs: number;
  /** @internal */
  protected readonly shiftMs: number;

  /** @throws InvalidOptionError */
  constructor(options: ChenNfdSOptions) {
    super(0);
    const { firstSentAt, intervalMs = 1000, shiftMs = 1500 } = options;
    const { MAX_SAFE_INTEGER } = Number;
    this.firstSentAt = checkNumber('firstSentAt', firstSentAt, { min: -MAX_SAFE_INTEGER, integer: false });
    this.intervalMs = checkDuration('intervalMs', intervalMs);
    this.shiftMs = checkDuration('shiftMs', shiftMs);
  }

  get threshold(): number {
    return 1;
  }

  suspicion(now: number): number {
    return evenly(now, this.deadline(), this.intervalMs + this.shiftMs);
  }

  override deadline(): number {
    const freshness = this.firstSentAt + (this.at(Slot.Highest) + 1) * this.intervalMs + this.shiftMs;
    return this.at(Slot.Arrival) > -Infinity ? freshness : Math.max(freshness, this.due());
  }

  /** @internal */
  protected due(): number {
    return this.at(Slot.From) + this.intervalMs + this.shiftMs;
  }
}
