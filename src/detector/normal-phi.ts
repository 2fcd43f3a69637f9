import { DeviationPhi, type DeviationPhiOptions } from './deviation-phi.js';

/**
 * Phi accrual with the normal distribution, exactly, as in the paper (Hayashibara et al. 2004, section 5.2), where neither
 * a pause nor a least deviation is added: `acceptablePauseMs: 0`.
 *
 * For regular heartbeats over networks whose delays change slowly. Not for very irregular ones: {@link ExponentialPhi}. An
 * interval that ends a suspicion is not learned from, so after a lasting change to much longer ones suspicions recur.
 *
 * O(1) with a window.
 */
export class NormalPhi extends DeviationPhi {
  /** @throws InvalidOptionError */
  constructor(options: DeviationPhiOptions = {}) {
    super(options);
  }

  /** @internal */
  protected phiAt(deviations: number): number {
    const tail = logTail(Math.abs(deviations));
    return -(deviations < 0 ? Math.log1p(-Math.exp(tail)) : tail) / Math.LN10;
  }
}

/** ln(sqrt(2 pi)): half of the logarithm of the circle's circumference over its radius. */
const LOG_NORM = 0.918_938_533_204_672_8;

/** The logarithm of the probability that a standard normal variable is above `x`, for x from 0, to about 1e-12. */
function logTail(x: number): number {
  const logDensity = (-x * x) / 2 - LOG_NORM;
  if (x < 4) {
    // P(0 < X < x) = density (x + x^3 / 3 + x^5 / (3 5) + ...): little is lost in the difference from one half.
    let sum = 0;
    for (let term = x, n = 3; term > 1e-17; n += 2) {
      sum += term;
      term *= (x * x) / n;
    }
    return Math.log(0.5 - Math.exp(logDensity) * sum);
  }
  // Laplace's continued fraction, x + 1 / (x + 2 / (x + 3 / ...)), of which the rest f is about x + n / f.
  let n = Math.ceil(60 / x) + 1;
  let fraction = (x + Math.sqrt(x * x + 4 * n)) / 2;
  for (; n > 0; n--) fraction = x + n / fraction;
  return logDensity - Math.log(fraction);
}
