/** Beyond 65,535, where encodings that save bytes change. */
const LARGE = 70_000;

/**
 * One of each kind of value that messages may hold, and of those that implementations get wrong. The large ones are
 * smaller where fewer bytes fit into a message; all fit where 512 do.
 */
export function messageValues(maxBytes: number): readonly unknown[] {
  const large = Math.min(LARGE, maxBytes - 64);
  return [...SMALL_VALUES, 'x'.repeat(large), new Uint8Array(large).fill(7), numbers(Math.min(1000, large >> 2))];
}

const SMALL_VALUES: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -7,
  255,
  256,
  -32_769,
  2 ** 31,
  2 ** 32,
  Number.MAX_SAFE_INTEGER,
  Number.MIN_SAFE_INTEGER,
  0.1,
  -1e300,
  5e-324,
  '',
  'grüß dich, 世界 \u{1f30d}',
  'null',
  'a\u0000b\n"\\',
  new Uint8Array(0),
  Uint8Array.from({ length: 256 }, (_, i) => i),
  [],
  [null, [1, ['x', [Uint8Array.of(1)]]], {}],
  {},
  { a: 1, b: { c: [{ d: null }] }, bytes: Uint8Array.of(1, 2) },
  { '': 1, 'with space': 2, ü: 3, constructor: 4, toString: 5, length: 6, $bytes: 'AA==', 0: 7 },
  nested(30),
];

/** What messages must not hold, each in a place of its own. */
export const FOREIGN_VALUES: readonly unknown[] = [
  undefined,
  NaN,
  { deep: [Infinity] },
  10n,
  nested,
  { symbol: Symbol('s') },
  new Map([[1, 2]]),
  { date: new (class Instance {})() },
];

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

function nested(depth: number): unknown {
  return depth === 0 ? 'core' : { inner: [nested(depth - 1)] };
}
