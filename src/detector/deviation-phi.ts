import { checkNumber } from '../core/index.js';
import { Slot } from './detector.js';
import { checkDuration } from './durations.js';
import { PhiAccrual, type PhiAccrualOptions } from './phi-accrual.js';
import { Window } from './windowed-detector.js';

/** Options of the detectors whose phi depends on mean and standard deviation of the intervals. */
export interface DeviationPhiOptions extends PhiAccrualOptions {
  /**
   * The least standard deviation to reckon with, in milliseconds: after very regular heartbeats the smallest delay would
   * else be suspect.
   *
   * @defaultValue 100, as in Akka
   */
  readonly minStandardDeviationMs?: number;
  /**
   * How long a pause of the process is borne, in milliseconds: added to the mean interval, so that suspicion begins that
   * much later. For garbage collection, and loops that are busy with something else.
   *
   * @defaultValue 3000, as in Akka's cluster
   */
  readonly acceptablePauseMs?: number;
}

/** What estimators have in common that measure silence in standard deviations of the interval. */
export abstract class DeviationPhi extends PhiAccrual {
  /** @internal */
  protected readonly pause: number;
  /** @internal */
  protected readonly minDeviation: number;

  constructor(options: DeviationPhiOptions) {
    super(options, 1);
    const { intervalMs = 1000, minStandardDeviationMs = 100, acceptablePauseMs = 3000 } = options;
    this.minDeviation = checkDuration('minStandardDeviationMs', minStandardDeviationMs);
    this.pause = checkNumber('acceptablePauseMs', acceptablePauseMs, { min: 0, integer: false });
    // Where phi reaches the threshold, by halving: to the last bit, and for any estimator.
    let [low, high] = [-64, 64];
    for (let halvings = 0; halvings < 64; halvings++) {
      const middle = (low + high) / 2;
      if (this.phiAt(middle) < this.threshold) low = middle;
      else high = middle;
    }
    this.put(Window.Own, high);
    // Two that have a standard deviation, as in Akka.
    checkDuration('intervalMs', intervalMs);
    this.add(0.75 * intervalMs);
    this.add(1.25 * intervalMs);
  }

  /** The phi of a silence that is so many standard deviations longer than the mean interval: grows without end. @internal */
  protected abstract phiAt(deviations: number): number;

  /** Not one that ends a suspicion: as in Akka. @internal */
  protected counts(_interval: number, now: number): boolean {
    return !this.isSuspect(now);
  }

  /** @internal */
  protected phi(silence: number): number {
    return this.phiAt((silence - this.mean() - this.pause) / this.scale());
  }

  /** @internal */
  protected due(): number {
    return this.at(Slot.From) + this.mean() + this.pause + this.at(Window.Own) * this.scale();
  }

  /** What silence is measured in, in milliseconds. @internal */
  protected scale(): number {
    return Math.max(this.deviation(), this.minDeviation);
  }
}
