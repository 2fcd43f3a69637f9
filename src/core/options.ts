import { InvalidOptionError } from './errors.js';

/** The range that {@link checkNumber} accepts. */
export interface NumberRange {
  /** The smallest value allowed. */
  readonly min: number;
  /** The largest value allowed. @defaultValue `Number.MAX_SAFE_INTEGER` */
  readonly max?: number;
  /** Whether fractions are refused. @defaultValue `true` */
  readonly integer?: boolean;
}

/**
 * Returns the option when it is a number in range.
 *
 * @throws {@link InvalidOptionError} naming the option, the value and what is allowed
 */
export function checkNumber(name: string, value: unknown, range: NumberRange): number {
  const { min, max = Number.MAX_SAFE_INTEGER, integer = true } = range;
  const fits = typeof value === 'number' && value >= min && value <= max && (!integer || Number.isInteger(value));
  if (fits) return value;
  const limit = max === Number.MAX_SAFE_INTEGER ? `at least ${min}` : `from ${min} to ${max}`;
  throw new InvalidOptionError(name, value, `${integer ? 'a whole number' : 'a number'} ${limit}`);
}
