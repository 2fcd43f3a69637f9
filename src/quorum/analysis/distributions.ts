import { checkNumber, InvalidOptionError } from '../../core/index.js';

/**
 * A distribution of durations, in milliseconds: draws one. Any function is one: `() => 5` is always 5.
 *
 * @param random - uniform in [0, 1), as `seededRandom` of core makes it
 */
export type Distribution = (random: () => number) => number;

/** The exponential distribution, whose mean is 1 / rate. @param rate - a millisecond. @throws InvalidOptionError */
export function exponential(rate: number): Distribution {
  checkNumber('rate', rate, { min: Number.MIN_VALUE, integer: false });
  return (random) => -Math.log(1 - random()) / rate;
}

/**
 * The Pareto distribution: never less than `minMs`, and more than x with probability (minMs / x) ^ shape. A small shape
 * has long tails, and without a mean at 1 and below.
 *
 * @throws InvalidOptionError
 */
export function pareto(minMs: number, shape: number): Distribution {
  checkNumber('minMs', minMs, { min: 0, integer: false });
  checkNumber('shape', shape, { min: Number.MIN_VALUE, integer: false });
  return (random) => minMs * (1 - random()) ** (-1 / shape);
}

/** One of several distributions each time. @param parts - with weights, which need not add up to 1. @throws InvalidOptionError */
export function mixture(parts: readonly (readonly [weight: number, distribution: Distribution])[]): Distribution {
  for (const [weight] of parts) checkNumber('weight', weight, { min: 0, integer: false });
  const total = parts.reduce((sum, [weight]) => sum + weight, 0);
  if (!(total > 0)) throw new InvalidOptionError('parts', parts, 'at least one with a weight above 0');
  return (random) => {
    let left = random() * total;
    const chosen = parts.find(([weight]) => (left -= weight) < 0) ?? parts.at(-1)!;
    return chosen[1](random);
  };
}
