import { checkNumber } from '../core/index.js';

/** A length of time in milliseconds, at least a microsecond. @throws InvalidOptionError */
export function checkDuration(name: string, ms: number): number {
  return checkNumber(name, ms, { min: 0.001, integer: false });
}
