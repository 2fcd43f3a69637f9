import { checkNumber } from '../core/index.js';

/** The range of a length of time in milliseconds: fractions are allowed, nothing is not. */
const DURATION = { min: 0.001, integer: false };

/** A length of time in milliseconds, at least a microsecond. @throws InvalidOptionError */
export function checkDuration(name: string, ms: number): number {
  return checkNumber(name, ms, DURATION);
}
