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

const enum Own {
  /** `Window.Own`. */
  Delay = 10,
  Deviation,
}

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
  /** @internal */
  protected readonly gamma: number;
  /** @internal */
  protected readonly beta: number;
  /** @internal */
  protected readonly phi: number;

  /** @throws InvalidOptionError */
  constructor(options: BertierOptions = {}) {
    const { intervalMs = 1000, gamma = 0.1, beta = 1, phi = 4, windowSize = 1000 } = options;
    super(options, windowSize, 2);
    this.gamma = checkNumber('gamma', gamma, { min: 1e-6, max: 1, integer: false });
    this.beta = checkNumber('beta', beta, { min: 0, max: 1000, integer: false });
    this.phi = checkNumber('phi', phi, { min: 1e-6, max: 1000, integer: false });
    this.put(Own.Deviation, intervalMs / phi);
  }

  /** @internal */
  protected margin(): number {
    return this.beta * this.at(Own.Delay) + this.phi * this.at(Own.Deviation);
  }

  /** @internal */
  protected override learn(at: number, sequence: number): void {
    const delay = this.at(Own.Delay);
    const deviation = this.at(Own.Deviation);
    const error = at - this.expected(sequence) - delay;
    super.learn(at, sequence);
    if (Number.isNaN(error)) return; // of the first, nothing was expected
    this.put(Own.Delay, delay + this.gamma * error);
    this.put(Own.Deviation, deviation + this.gamma * (Math.abs(error) - deviation));
  }
}
