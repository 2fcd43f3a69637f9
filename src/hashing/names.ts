import { InvalidOptionError } from '../core/index.js';

/** In the order of the units of UTF-16, which is the same everywhere, unlike that of a locale. */
export function sortedNames(names: Iterable<string>): string[] {
  return [...names].sort();
}

/** For algorithms without weights. @throws InvalidOptionError when the weight is not 1 */
export function checkEqualWeight(node: string, weight: number, algorithm: string): void {
  if (weight === 1) return;
  const allowed = `1: ${algorithm} gives equal shares; RendezvousHash, Maglev and HashRing take weights`;
  throw new InvalidOptionError(`weight of ${node}`, weight, allowed);
}
