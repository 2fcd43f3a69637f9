import { checkNumber, InvalidOptionError } from '../core/index.js';

/** The option when it is a prime from 2 to `max`. @throws InvalidOptionError that names the next prime */
export function checkPrime(name: string, value: unknown, max: number): number {
  const number = checkNumber(name, value, { min: 2, max });
  if (isPrime(number)) return number;
  let above = number + 1;
  while (!isPrime(above)) above++;
  throw new InvalidOptionError(name, value, `a prime; the next one is ${above}`);
}

/** By trial division, O(square root). */
export function isPrime(number: number): boolean {
  for (let divisor = 2; divisor * divisor <= number; divisor++) if (number % divisor === 0) return false;
  return number >= 2;
}
