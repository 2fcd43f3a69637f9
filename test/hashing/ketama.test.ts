import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { KetamaRing, type WeightedNode } from 'quorate/hashing';
import { ketamaRing, md5 } from 'quorate/hashing/node';
import { consistentHashSuite } from './consistent-hash-suite.js';

consistentHashSuite('KetamaRing', {
  make: ketamaRing,
  historyFree: true,
  minimal: true, // as long as all weights are equal
  weights: true,
  peakOfTen: 1.2,
});

const five = [1, 2, 3, 4, 5].map((i): WeightedNode => [`10.0.1.${i}:11211`, 600]);
/** The example that libketama brings along. */
const memory = [600, 300, 200, 350, 1000, 800, 950, 100];
const eight = memory.map((weight, i): WeightedNode => [`10.0.1.${i + 1}:11211`, weight]);
const equal = (count: number): WeightedNode[] =>
  Array.from({ length: count }, (_, i): WeightedNode => [`10.0.2.${i + 1}:11211`, 7]);

/**
 * What libketama 18cf9a7, compiled by gcc for x86-64, answered: how many points, the last number in the addresses of the
 * nodes of key-0 to key-7, and MD5 of the addresses of key-0 to key-1999, one a line. hashring 3.2.0 answers the same but
 * for 49 nodes, to each of which it gives 39 digests, since it computes with doubles.
 */
const facts = [
  {
    name: 'five equal nodes',
    nodes: five,
    points: 800,
    first: [3, 3, 3, 3, 3, 5, 5, 5],
    all: '65e5ef93947355b9b8b0fa24621424ef',
  },
  {
    name: 'eight weights',
    nodes: eight,
    points: 1264,
    first: [3, 3, 6, 1, 6, 7, 5, 7],
    all: '3ae6137993a28d291ce6963248677710',
  },
  {
    name: '49 nodes, where doubles go wrong',
    nodes: equal(49),
    points: 7840,
    first: [25, 46, 44, 7, 28, 7, 11, 37],
    all: '322c7194413831bf33179fc5f8e59693',
  },
  {
    name: '61 nodes, where floats go wrong',
    nodes: equal(61),
    points: 9516,
    first: [25, 46, 44, 7, 40, 7, 11, 37],
    all: 'c52de783c27544a212e79279349f0346',
  },
];

describe('KetamaRing', () => {
  it.each(facts)('agrees with libketama on $name', ({ nodes, points, first, all }) => {
    const ring = ketamaRing(nodes);
    const placed = Array.from({ length: 2000 }, (_, i) => ring.get(`key-${i}`)!);
    expect(ring.points).toBe(points);
    expect(placed.slice(0, 8).map((node) => Number(/\.(\d+):/.exec(node)![1]))).toEqual(first);
    expect(createHash('md5').update(placed.join('\n')).digest('hex')).toBe(all);
  });

  it('has floor(40 n share) digests of four points a node', () => {
    const total = memory.reduce((sum, weight) => sum + weight);
    const digests = memory.map((weight) => Math.floor((weight / total) * 40 * 8));
    expect(ketamaRing(eight).points).toBe(4 * digests.reduce((sum, count) => sum + count));
  });

  it('moves keys between nodes that stay when weights are unequal, since weights are shares', () => {
    const ring = ketamaRing([['a', 3], 'b', 'c']);
    const keys = Array.from({ length: 5000 }, (_, i) => `key-${i}`);
    const before = keys.map((key) => ring.get(key));
    ring.add('d');
    const among = keys.filter((key, i) => ring.get(key) !== before[i] && ring.get(key) !== 'd').length;
    expect(among).toBeGreaterThan(0);
    expect(among).toBeLessThan(500);
  });

  it('takes a node of weight 0 as one that is not there', () => {
    expect(ketamaRing([...five, ['idle', 0]]).points).toBe(800);
  });

  it('refuses what is not MD5', () => {
    const hex = (bytes: Uint8Array): unknown => createHash('md5').update(bytes).digest('hex');
    const sha1 = (bytes: Uint8Array): Uint8Array => createHash('sha1').update(bytes).digest();
    for (const wrong of [undefined, hex, sha1])
      expect(() => new KetamaRing([], { md5: wrong as typeof md5 })).toThrow('quorate/hashing/node has one');
  });
});

describe('md5', () => {
  it.each([
    ['', 'd41d8cd98f00b204e9800998ecf8427e'],
    ['abc', '900150983cd24fb0d6963f7d28e17f72'],
  ])('%j (RFC 1321)', (text, digest) => {
    expect(Buffer.from(md5(new TextEncoder().encode(text))).toString('hex')).toBe(digest);
  });
});
