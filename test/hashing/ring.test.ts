import { describe, expect, it } from 'vitest';
import { HashRing, hashKey32 } from 'quorate/hashing';
import { consistentHashSuite } from './consistent-hash-suite.js';

consistentHashSuite('HashRing', {
  make: (nodes) => new HashRing(nodes),
  withHash: (nodes, hash) => new HashRing(nodes, { hash }),
  historyFree: true,
  minimal: true,
  weights: true,
  peakOfTen: 1.2,
});

/** The node of the first point that is not before the key, found by looking at all. */
function naive(nodes: readonly string[], key: string): string {
  const points = nodes.flatMap((node) =>
    Array.from({ length: 160 }, (_, i) => ({ node, hash: hashKey32(`${node}#${i}`) })),
  );
  const hash = hashKey32(key);
  const distance = (point: { readonly hash: number }): number => (point.hash - hash + 2 ** 32) % 2 ** 32;
  return points.reduce((best, point) => (distance(point) < distance(best) ? point : best)).node;
}

describe('a ring', () => {
  it('gives a key the node of the next point on the circle', () => {
    const nodes = ['a', 'b', 'c'];
    const ring = new HashRing(nodes);
    for (let i = 0; i < 500; i++) expect(ring.get(`key-${i}`)).toBe(naive(nodes, `key-${i}`));
  });

  it.each([
    [2 ** 32 - 1, ['a', 'a', 'b', 'b']],
    [2 ** 32 - 2, ['a', 'a', 'b', 'a']],
  ])('takes any hash, and begins anew behind the last point, at %i', (last, expected) => {
    const places: Record<string, number> = { 'a#0': 100, 'b#0': last, low: 50, middle: 101, at: 100 };
    const ring = new HashRing(['a', 'b'], { pointsPerNode: 1, hash: (key) => places[key as string] ?? 2 ** 32 - 1 });
    const keys = ['low', 'at', 'middle', 'high'];
    expect(keys.map((key) => ring.get(key))).toEqual(expected);
    expect(keys.map((key) => ring.getN(key, 2))).toEqual(
      expected.map((node) => (node === 'a' ? ['a', 'b'] : ['b', 'a'])),
    );
  });

  it('gives a point that two nodes have to the one whose name comes first, until that goes', () => {
    const ring = new HashRing(['b', 'a'], { pointsPerNode: 1, hash: () => 7 });
    expect([ring.get('key'), ring.getN('key', 2)]).toEqual(['a', ['a', 'b']]);
    ring.remove('a');
    expect(ring.get('key')).toBe('b');
  });

  it('takes the bits of a hash that is negative as an unsigned number, of points and of keys', () => {
    const places: Record<string, number> = { 'a#0': 100, 'b#0': -100, high: -200, last: -1 };
    const ring = new HashRing(['a', 'b'], { pointsPerNode: 1, hash: (key) => places[key as string]! });
    expect(['high', 'last'].map((key) => ring.get(key))).toEqual(['b', 'a']);
  });

  it('has no points when all nodes are gone, or are too light for one', () => {
    const ring = new HashRing([['a', 0.001]]);
    expect([ring.points, ring.get('key'), ring.getN('key', 1)]).toEqual([0, undefined, []]);
    ring.add('a');
    expect(ring.points).toBe(160);
    ring.remove('a');
    expect(ring.points).toBe(0);
  });

  it('has as many points as the weights say, whatever the weights of others', () => {
    const ring = new HashRing([
      ['a', 2],
      ['b', 0.5],
    ]);
    expect(ring.points).toBe(400);
    ring.add('c', 100);
    expect(ring.points).toBe(16_400);
  });

  it('refuses points that are none', () => {
    expect(() => new HashRing([], { pointsPerNode: 0 })).toThrow('pointsPerNode is 0');
  });
});
