import { checkNumber, InvalidOptionError } from '../../core/index.js';

/**
 * How much of the work is reading, from 0 to 1; or, where that changes, several such fractions, each with a weight. The
 * weights need not add up to 1: `[[0.1, 1], [0.75, 1]]` is a tenth half of the time and three quarters the other half.
 */
export type ReadFraction = number | readonly (readonly [fraction: number, weight: number])[];

/** A read fraction and how much of the time it holds. Probabilities add up to 1, and none is 0. */
export interface Workload {
  readonly fraction: number;
  readonly probability: number;
}

/** @throws InvalidOptionError */
export function checkReadFraction(readFraction: ReadFraction): readonly Workload[] {
  if (typeof readFraction === 'number' || !Array.isArray(readFraction)) {
    const fraction = checkNumber('readFraction', readFraction, { min: 0, max: 1, integer: false });
    return [{ fraction, probability: 1 }];
  }
  const pairs: readonly (readonly [number, number])[] = readFraction;
  for (const [fraction, weight] of pairs) {
    checkNumber('readFraction', fraction, { min: 0, max: 1, integer: false });
    checkNumber(`weight of readFraction ${fraction}`, weight, { min: 0, integer: false });
  }
  const total = pairs.reduce((sum, [, weight]) => sum + weight, 0);
  if (total === 0)
    throw new InvalidOptionError('readFraction', readFraction, 'one pair with a weight above 0, or more');
  return pairs
    .filter(([, weight]) => weight > 0)
    .map(([fraction, weight]) => ({ fraction, probability: weight / total }));
}

/** How much of the work is reading, on average. */
export function meanFraction(workloads: readonly Workload[]): number {
  return workloads.reduce((sum, { fraction, probability }) => sum + fraction * probability, 0);
}
