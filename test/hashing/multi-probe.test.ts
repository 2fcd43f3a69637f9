import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashKey32, MultiProbe } from 'quorate/hashing';
import { derive32 } from '../../src/hashing/mix.js';
import { consistentHashSuite } from './consistent-hash-suite.js';
import { moved, names } from './moved.js';

consistentHashSuite('MultiProbe', {
  make: (nodes) => new MultiProbe(nodes),
  withHash: (nodes, hash) => new MultiProbe(nodes, { hash }),
  historyFree: true,
  minimal: true,
  weights: false,
  peakOfTen: 1.4,
});

/** Names by the distance from the nearest of all probes, each computed with each. */
function naive(nodes: readonly string[], key: string, probes: number): string[] {
  const at = Array.from({ length: probes }, (_, probe) => derive32(hashKey32(key), probe));
  const distance = (node: string): number => Math.min(...at.map((p) => (hashKey32(node) - p + 2 ** 32) % 2 ** 32));
  return [...nodes].sort().sort((a, b) => distance(a) - distance(b));
}

describe('multi-probe hashing', () => {
  it('prefers nodes by their distance from the nearest probe', () => {
    const nodes = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(nodes, fc.string(), fc.integer({ min: 1, max: 30 }), (list, key, probes) => {
        const hash = new MultiProbe(list, { probes });
        expect(hash.getN(key, list.length)).toEqual(naive(list, key, probes));
        expect(hash.get(key)).toBe(naive(list, key, probes)[0]);
      }),
      { numRuns: 500 },
    );
  });

  it('makes the second the first when the first goes', () => {
    const hash = new MultiProbe(names(20));
    for (let i = 0; i < 200; i++) {
      const [first, ...others] = hash.getN(`key-${i}`, 20);
      expect(new MultiProbe(names(20).filter((node) => node !== first)).getN(`key-${i}`, 20)).toEqual(others);
    }
    expect(moved(hash, new MultiProbe(names(19))).extra).toBe(0);
  });

  it('gives what is equally near to the name that comes first', () => {
    const hash = new MultiProbe(['c', 'b', 'a'], { hash: () => 7 });
    expect([hash.get('key'), hash.getN('key', 3)]).toEqual(['a', ['a', 'b', 'c']]);
    const [one, other] = [derive32(1, 0) + 5, derive32(1, 1) + 5];
    const points: Record<string, number> = { key: 1, b: one >>> 0, a: other >>> 0 };
    expect(new MultiProbe(['b', 'a'], { hash: (key) => points[key as string]! }).get('key')).toBe('a');
    expect(new MultiProbe(['b', 'c'], { hash: (key) => points[key === 'c' ? 'a' : (key as string)]! }).get('key')).toBe(
      'b',
    );
  });

  it('is more even with more probes', () => {
    const peak = (probes: number): number => {
      const hash = new MultiProbe(names(100), { probes });
      const counts = new Map<string, number>();
      for (let i = 0; i < 50_000; i++) counts.set(hash.get(`key-${i}`)!, (counts.get(hash.get(`key-${i}`)!) ?? 0) + 1);
      return Math.max(...counts.values()) / 500;
    };
    expect(peak(1)).toBeGreaterThan(2);
    expect(peak(21)).toBeLessThan(1.3);
  });

  it('refuses weights and probes that are none', () => {
    expect(() => new MultiProbe([['a', 2]])).toThrow('weight of a is 2; it must be 1: MultiProbe gives equal shares');
    expect(() => new MultiProbe([], { probes: 0 })).toThrow('probes is 0; it must be a whole number from 1 to 1024');
  });
});
