/**
 * A total order on plain data, by structure and not by identity or by when a value was first seen: numbers before
 * strings before everything else; arrays and objects by their parts. 0 exactly for values that are equal by structure.
 * Sets and Maps compare in the order of their sorted members.
 */
export function compareValues(a: unknown, b: unknown): number {
  if (a === b) return 0;
  const [rankA, rankB] = [rank(a), rank(b)];
  if (rankA !== rankB) return rankA - rankB;
  if (rankA <= 3) return comparePrimitives(a as number, b as number);
  return compareLists(partsOf(a as object), partsOf(b as object));
}

function rank(value: unknown): number {
  if (typeof value === 'number') return 0;
  if (typeof value === 'string') return 1;
  if (typeof value === 'boolean') return 2;
  if (typeof value === 'bigint') return 3;
  if (value === undefined) return 4;
  if (value === null) return 5;
  if (Array.isArray(value)) return 6;
  if (value instanceof Set) return 7;
  if (value instanceof Map) return 8;
  return value instanceof Uint8Array ? 9 : 10;
}

function comparePrimitives(a: number, b: number): number {
  if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : 1;
  return a < b || Number.isNaN(b) ? -1 : Number(a > b);
}

function partsOf(value: object): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (value instanceof Uint8Array) return Array.from(value);
  if (value instanceof Set || value instanceof Map) return Array.from<unknown>(value).sort(compareValues);
  return Object.keys(value)
    .sort()
    .flatMap((name) => [name, (value as Record<string, unknown>)[name]]);
}

function compareLists(a: readonly unknown[], b: readonly unknown[]): number {
  if (a.length !== b.length) return a.length - b.length;
  for (let i = 0; i < a.length; i++) {
    const order = compareValues(a[i], b[i]);
    if (order !== 0) return order;
  }
  return 0;
}
