/** A figure from a trace, and how far it may be from the true one. */
export interface Estimate {
  readonly value: number;
  /** Its standard error; NaN where nothing can be said. */
  readonly standardError: number;
}

/** How many parts a trace is cut into: enough that the error is known to 7 %, and each is long. */
export const BATCHES = 100;

/**
 * The ratio of two sums, and its error by batch means: sums of long parts of a trace hardly depend on each other, whatever
 * neighbouring events do.
 *
 * @param denominators - of each part, or of all together when it is the same for each
 */
export function ratioOf(numerators: Float64Array, denominators: Float64Array | number): Estimate {
  const even = typeof denominators === 'number';
  const denominator = even ? denominators : sum(denominators);
  const value = sum(numerators) / denominator;
  const squares = numerators.reduce((total, each, i) => {
    const share = even ? denominator / BATCHES : denominators[i]!;
    return total + (each - value * share) ** 2;
  }, 0);
  return { value, standardError: Math.sqrt((squares * BATCHES) / (BATCHES - 1)) / denominator };
}

/** The sum of the numbers. */
export function sum(values: Float64Array): number {
  return values.reduce((total, each) => total + each, 0);
}
