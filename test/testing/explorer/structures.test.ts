import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareValues } from '../../../src/testing/explorer/compare.js';
import { FingerprintSet } from '../../../src/testing/explorer/fingerprint-set.js';
import { Interner } from '../../../src/testing/explorer/interner.js';
import { TupleTable } from '../../../src/testing/explorer/tuple-table.js';
import { canonical } from './naive.js';

const words = fc.array(fc.oneof(fc.nat(3), fc.nat(0xffff_ffff)), { maxLength: 6 });

const plain: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom<unknown>(null, undefined, true, false, 0, 1, -1, 2.5, NaN, Infinity, '', '1', 'a', 10n),
    fc.uint8Array({ maxLength: 3 }),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('value'), { maxKeys: 3, noNullPrototype: true }),
    fc.uniqueArray(fc.nat(4)).map((members) => new Set(members)),
    fc.uniqueArray(fc.tuple(fc.nat(4), fc.nat(1)), { selector: ([key]) => key }).map((pairs) => new Map(pairs)),
  ),
})).value;

describe('TupleTable', () => {
  it('numbers tuples as a map of texts does', () => {
    fc.assert(
      fc.property(fc.array(words, { maxLength: 400 }), (tuples) => {
        const table = new TupleTable();
        const twin = new Map<string, number>();
        for (const tuple of tuples) {
          const key = tuple.join();
          const buffer = Uint32Array.from([...tuple, 99]); // more than the tuple: only its length counts
          expect(table.has(buffer, tuple.length)).toBe(twin.has(key));
          if (!twin.has(key)) twin.set(key, twin.size);
          expect(table.add(buffer, tuple.length)).toBe(twin.get(key));
        }
        expect(table.size).toBe(twin.size);
        for (const [key, id] of twin) {
          expect(table.get(id).join()).toBe(key);
          expect(table.length(id)).toBe(table.get(id).length);
        }
      }),
    );
  });

  it('finds all of many again after it has grown', () => {
    const table = new TupleTable();
    for (let i = 0; i < 20_000; i++) expect(table.add(Uint32Array.of(i, i * 7), 2)).toBe(i);
    for (let i = 0; i < 20_000; i += 37) expect(table.add(Uint32Array.of(i, i * 7), 2)).toBe(i);
    expect(table.size).toBe(20_000);
  });
});

describe('FingerprintSet', () => {
  it('tells tuples apart as a set of texts does', () => {
    fc.assert(
      fc.property(fc.array(words, { maxLength: 400 }), (tuples) => {
        const set = new FingerprintSet();
        const twin = new Set<string>();
        for (const tuple of tuples) {
          const known = twin.has(tuple.join());
          twin.add(tuple.join());
          expect(set.add(Uint32Array.from(tuple))).toBe(!known);
        }
        expect(set.size).toBe(twin.size);
      }),
    );
  });

  it('keeps many apart, in little memory', () => {
    const set = new FingerprintSet();
    for (let i = 0; i < 100_000; i++) expect(set.add(Uint32Array.of(i >> 8, i & 255, 0))).toBe(true);
    for (let i = 0; i < 100_000; i += 101) expect(set.add(Uint32Array.of(i >> 8, i & 255, 0))).toBe(false);
    expect(set.bytes / set.size).toBeLessThan(22);
  });
});

describe('Interner', () => {
  it('gives values the same number exactly when their canonical texts are equal', () => {
    fc.assert(
      fc.property(fc.array(plain, { maxLength: 30 }), (values) => {
        const interner = new Interner(false);
        const texts = new Map<string, number>();
        for (const value of values) {
          const text = canonical(value);
          const id = interner.id(value);
          expect(texts.get(text) ?? id).toBe(id);
          texts.set(text, id);
          expect(canonical(interner.value(id))).toBe(text);
        }
        expect(new Set(texts.values()).size).toBe(texts.size);
      }),
      { numRuns: 500 },
    );
  });

  it('does not care about the order of fields, members and keys', () => {
    const interner = new Interner(true);
    expect(interner.id({ b: 2, a: [1] })).toBe(interner.id({ a: [1], b: 2 }));
    expect(interner.id(new Set([1, 'x']))).toBe(interner.id(new Set(['x', 1])));
    expect(interner.id({ a: 1 })).not.toBe(interner.id({ a: 1, b: undefined }));
    expect(Object.isFrozen(interner.value(interner.id({ a: 1 })))).toBe(true);
  });
});

describe('compareValues', () => {
  it('is a total order, and 0 exactly for equal structure', () => {
    fc.assert(
      fc.property(plain, plain, plain, (a, b, c) => {
        expect(Math.sign(compareValues(a, b))).toBe(-Math.sign(compareValues(b, a)) + 0);
        expect(compareValues(a, b) === 0).toBe(canonical(a) === canonical(b));
        if (compareValues(a, b) <= 0 && compareValues(b, c) <= 0) expect(compareValues(a, c)).toBeLessThanOrEqual(0);
      }),
      { numRuns: 1000 },
    );
  });
});
