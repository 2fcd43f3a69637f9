import { checkNumber } from '../core/index.js';
import { ExpectedArrival, type ExpectedArrivalOptions } from './expected-arrival.js';

/** Options of {@link Bertier}. */
export interface BertierOptions extends ExpectedArrivalOptions {
  /** How much of each new error the estimates take in, above 0 and at most 1. @defaultValue 0.1, as in the paper */
  readonly gamma?: number;
  /** How many times the mean error counts in the margin. @defaultValue 1, as in the paper */
  readonly beta?: number;
  /** How many times the mean deviation from it counts in the margin. @defaultValue 4, as in the paper */
  readonly phi?: number;
  /** How many arrivals the estimate is made of. @defaultValue 1000, as in the paper; 8 bytes each */
  readonly windowSize?: number;
}

const GAMMA = 0;
const DELAY = 1;
const DEVIATION = 2;

/**
 * The detector of Bertier, Marin & Sens 2002 ("Implementation and Performance Evaluation of an Adaptable Failure Detector",
 * section 4): Chen's estimate of the next arrival, with a margin that follows the errors of the estimate as Jacobson's does
 * for the timeouts of TCP: margin = `beta` delay + `phi` deviation. Until it has seen errors the margin is an interval.
 *
 * Nothing to choose but the interval, and quick in a steady network; a margin learned there is too short for the first loss
 * or burst, so it makes many mistakes: for who can bear these, as one that only looks for a quicker server. It was made
 * for local networks.
 *
 * O(1) with a window.
 */
export class Bertier extends ExpectedArrival {
  readonly #beta: number;
  readonly #phi: number;

  /** @throws InvalidOptionError */
  constructor(options: BertierOptions = {}) {
    const { gamma = 0.1, beta = 1, phi = 4, windowSize = 1000 } = options;
    super(options, windowSize, 3);
    this.window.set(GAMMA, checkNumber('gamma', gamma, { min: 1e-6, max: 1, integer: false }));
    this.#beta = checkNumber('beta', beta, { min: 0, max: 1000, integer: false });
    this.#phi = checkNumber('phi', phi, { min: 1e-6, max: 1000, integer: false });
    this.window.set(DEVIATION, this.intervalMs / phi);
  }

  /** @internal */
  protected get marginMs(): number {
    return this.#beta * this.window.get(DELAY) + this.#phi * this.window.get(DEVIATION);
  }

  /** @internal */
  protected override learn(errorMs: number): void {
    const { window } = this;
    const gamma = window.get(GAMMA);
    const error = errorMs - window.get(DELAY);
    window.set(DELAY, window.get(DELAY) + gamma * error);
    window.set(DEVIATION, window.get(DEVIATION) + gamma * (Math.abs(error) - window.get(DEVIATION)));
  }
}
