import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashKey32, RendezvousHash } from 'quorate/hashing';
import { minusLog, unitOf } from '../../src/hashing/logarithm.js';
import { mix32 } from '../../src/hashing/mix.js';
import { consistentHashSuite } from './consistent-hash-suite.js';
import { moved, names } from './moved.js';

consistentHashSuite('RendezvousHash', {
  make: (nodes) => new RendezvousHash(nodes),
  withHash: (nodes, hash) => new RendezvousHash(nodes, { hash }),
  historyFree: true,
  minimal: true,
  weights: true,
  peakOfTen: 1.03,
});

/** Names by score -w / ln u, with the logarithm of the platform. */
function naive(nodes: readonly (readonly [string, number])[], key: string): string[] {
  const score = ([name, weight]: readonly [string, number]): number => {
    const bits = mix32((hashKey32(key) ^ hashKey32(name, 0)) + hashKey32(name, 1));
    return -weight / Math.log((bits + 0.5) / 2 ** 32);
  };
  const scored = nodes.map((node) => ({ name: node[0], score: score(node) }));
  return scored.sort((a, b) => b.score - a.score).map(({ name }) => name);
}

describe('rendezvous hashing', () => {
  it('prefers nodes in order of score, with weights equal or not', () => {
    const weight = fc.constantFrom(1, 1, 1, 2, 0.5, 1e-6, 1e6);
    const node = fc.tuple(fc.string({ minLength: 1 }), weight);
    const nodes = fc.uniqueArray(node, { selector: ([name]) => name, minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(nodes, fc.string(), (weighted, key) => {
        const hash = new RendezvousHash(weighted);
        const expected = naive(weighted, key);
        expect(hash.getN(key, weighted.length)).toEqual(expected);
        expect(hash.get(key)).toBe(expected[0]);
        const equal = weighted.map(([name]) => [name, 3] as const);
        expect(new RendezvousHash(equal).getN(key, weighted.length)).toEqual(naive(equal, key));
      }),
      { numRuns: 500 },
    );
  });

  it('makes the second the first when the first goes', () => {
    const hash = new RendezvousHash(names(20));
    for (let i = 0; i < 200; i++) {
      const [first, ...others] = hash.getN(`key-${i}`, 20);
      const without = new RendezvousHash(names(20).filter((node) => node !== first));
      expect(without.getN(`key-${i}`, 20)).toEqual(others);
    }
  });

  it('moves as many keys as a greater weight brings, and no others', () => {
    const before = new RendezvousHash(names(10));
    const after = new RendezvousHash(names(10));
    after.add('node-0003', 2);
    let won = 0;
    for (let i = 0; i < 20_000; i++) {
      const [from, to] = [before.get(`key-${i}`), after.get(`key-${i}`)];
      if (from === to) continue;
      expect(to).toBe('node-0003');
      won++;
    }
    expect(won / 20_000).toBeCloseTo(2 / 11 - 1 / 10, 2);
    expect(moved(before, new RendezvousHash(names(9))).extra).toBe(0);
  });

  it('gives a tie to the name that comes first', () => {
    const same = new RendezvousHash(['b', 'a', 'c'], { hash: () => 7 });
    expect([same.get('key'), same.getN('key', 3)]).toEqual(['a', ['a', 'b', 'c']]);
    const light = new RendezvousHash(
      [
        ['b', Number.MIN_VALUE],
        ['a', Number.MIN_VALUE],
        ['c', 2 * Number.MIN_VALUE],
      ],
      { hash: (key) => (typeof key === 'string' ? key.length : 0) },
    );
    expect(light.get('key')).toBe(light.getN('key', 3)[0]); // all costs are infinite
  });

  it('sets nodes apart whose hashes collide', () => {
    // With seed 0 all names are one: only the second hash tells them apart.
    const hash = new RendezvousHash(['a', 'b'], {
      hash: (key, seed = 0) => (seed === 0 && key.length === 1 ? 5 : hashKey32(key, seed)),
    });
    const found = new Set(Array.from({ length: 100 }, (_, i) => hash.get(`key-${i}`)));
    expect(found.size).toBe(2);
  });
});

describe('the logarithm', () => {
  const edges = [0, 1, 2, 2 ** 31 - 1, 2 ** 31, 3037000498, 3037000499, 3037000500, 2 ** 32 - 2, 2 ** 32 - 1];
  const bits = fc.oneof(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.constantFrom(...edges));

  it('is that of the platform, to 15 digits', () => {
    fc.assert(
      fc.property(bits, (b) => {
        // Near u = 1 the platform's own is taken of 1 - u, where nothing cancels.
        const expected = b > 2 ** 31 ? -Math.log1p(-(2 ** 32 - b - 0.5) / 2 ** 32) : -Math.log((b + 0.5) / 2 ** 32);
        expect(Math.abs(minusLog(b) / expected - 1)).toBeLessThan(1e-15);
      }),
      { numRuns: 20_000 },
    );
  });

  it('is one number everywhere', () => {
    const view = new DataView(new ArrayBuffer(8));
    let digest = 0;
    for (let i = 0; i < 100_000; i++) {
      view.setFloat64(0, minusLog(mix32(i)));
      digest = mix32(mix32(digest ^ view.getUint32(0)) ^ view.getUint32(4));
    }
    expect(digest).toBe(735_344_310);
  });

  it('decreases strictly, and is never below 1 - u', () => {
    const check = (b: number): void => {
      expect(minusLog(b)).toBeGreaterThanOrEqual(1 - unitOf(b));
      if (b > 0) expect(minusLog(b)).toBeLessThan(minusLog(b - 1));
    };
    edges.forEach(check);
    fc.assert(fc.property(bits, check), { numRuns: 5000 });
    for (let b = 2 ** 32 - 5000; b < 2 ** 32; b++) check(b); // where both margins are least
  });
});
