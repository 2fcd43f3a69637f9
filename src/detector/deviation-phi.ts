import { checkNumber } from '../core/index.js';
import { PhiAccrual, type PhiAccrualOptions } from './phi-accrual.js';

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

const LIMIT = 0;

/** What estimators have in common that measure the silence in standard deviations of the interval. */
export abstract class DeviationPhi extends PhiAccrual {
  readonly #minDeviationMs: number;
  readonly #pauseMs: number;

  /** @internal */
  constructor(options: DeviationPhiOptions) {
    super(options, 1);
    const { minStandardDeviationMs = 100, acceptablePauseMs = 3000 } = options;
    this.#minDeviationMs = checkNumber('minStandardDeviationMs', minStandardDeviationMs, {
      min: 0.001,
      integer: false,
    });
    this.#pauseMs = checkNumber('acceptablePauseMs', acceptablePauseMs, { min: 0, integer: false });
    this.window.set(
      LIMIT,
      inverse((deviations) => this.phiAt(deviations), this.threshold),
    );
  }

  /** The phi of a silence that is so many standard deviations longer than the mean interval. Grows without end. @internal */
  protected abstract phiAt(deviations: number): number;

  /** Two, that have a standard deviation, as in Akka. @internal */
  protected assume(intervalMs: number): void {
    this.window.add(0.75 * intervalMs);
    this.window.add(1.25 * intervalMs);
  }

  /** None that ends a suspicion: it was no regular one. As in Akka. @internal */
  protected counts(_intervalMs: number, now: number): boolean {
    return !this.isSuspect(now);
  }

  /** @internal */
  protected phi(elapsedMs: number): number {
    return this.phiAt((elapsedMs - this.window.mean - this.#pauseMs) / this.#deviationMs);
  }

  /** @internal */
  protected limitMs(): number {
    return this.window.mean + this.#pauseMs + this.window.get(LIMIT) * this.#deviationMs;
  }

  get #deviationMs(): number {
    return Math.max(this.window.standardDeviation, this.#minDeviationMs);
  }
}

/** Where a growing function has a value: by halving, to the last bit, so that no derivative is needed. */
function inverse(grows: (x: number) => number, value: number): number {
  let [low, high] = [-64, 64];
  for (let halvings = 0; halvings < 64; halvings++) {
    const middle = (low + high) / 2;
    if (grows(middle) < value) low = middle;
    else high = middle;
  }
  return high;
}
