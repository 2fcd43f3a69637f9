import { DeviationPhi, type DeviationPhiOptions } from './deviation-phi.js';

/**
 * Phi accrual with a logistic approximation of the normal distribution, as Akka has it. Its phi is that of the
 * normal distribution within 1.4 % up to three standard deviations; beyond that it grows with the third power of the
 * silence instead of the second, so a threshold is reached sooner than with {@link NormalPhi}: phi 8 after 5.23 standard
 * deviations instead of 5.61.
 *
 * For regular heartbeats over networks whose delays change slowly. Not for very irregular ones: {@link ExponentialPhi}. An
 * interval that ends a suspicion is not learned from, so after a lasting change to much longer ones suspicions recur.
 *
 * O(1) with a window.
 */
export class LogisticPhi extends DeviationPhi {
  /** @throws InvalidOptionError */
  constructor(options: DeviationPhiOptions = {}) {
    super(options);
  }

  /** @internal */
  protected phiAt(deviations: number): number {
    const logit = deviations * (1.5976 + 0.070566 * deviations * deviations);
    // log10(1 + e^logit), so that nothing overflows.
    return (Math.max(logit, 0) + Math.log1p(Math.exp(-Math.abs(logit)))) / Math.LN10;
  }
}
