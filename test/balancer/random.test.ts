import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from 'quorate/core';
import { Random, RoundRobin, WeightedRandom, type Nodes } from 'quorate/balancer';
import { tally, thousand, thousandTotal } from './active-nodes.js';
import { balancerSuite } from './balancer-suite.js';

/** What chance allows once in a billion. */
const lag = (picks: number, share: number): number => 6 * Math.sqrt(picks * share * (1 - share)) + 4;

balancerSuite('Random', {
  make: (nodes, random) => new Random(nodes, { random }),
  context: () => undefined,
  weighted: false,
  lag,
});

balancerSuite('WeightedRandom', {
  make: (nodes, random) => new WeightedRandom(nodes, { random }),
  context: () => undefined,
  weighted: true,
  lag,
});

/** Sum of (seen - expected)^2 / expected: about as much as there are nodes, less one. */
function chiSquare(counts: ReadonlyMap<string, number>, weights: Iterable<readonly [string, number]>): number {
  const list = [...weights];
  const total = list.reduce((sum, [, weight]) => sum + weight, 0);
  const picks = [...counts.values()].reduce((a, b) => a + b, 0);
  return list.reduce((sum, [node, weight]) => {
    const expected = (picks * weight) / total;
    return sum + ((counts.get(node) ?? 0) - expected) ** 2 / expected;
  }, 0);
}

/** Five sigma above what is expected with so many nodes, and as many below. */
function expectChance(chi: number, nodes: number): void {
  const sigma = Math.sqrt(2 * (nodes - 1));
  expect(Math.abs(chi - (nodes - 1))).toBeLessThan(5 * sigma);
}

/** Goes through [0, 1) in equal steps. */
function sweep(steps: number): () => number {
  let step = 0;
  return () => (step++ + 0.5) / steps;
}

describe.each([
  ['Random', (nodes: Nodes, random?: () => number) => new Random(nodes, random && { random })],
  ['WeightedRandom', (nodes: Nodes, random?: () => number) => new WeightedRandom(nodes, random && { random })],
])('%s', (_, make) => {
  it.each([1, 2, 3])('gives all the same chance, but for chance (seed %d)', (seed) => {
    const nodes = Array.from({ length: 100 }, (_, i) => `n${i}`);
    expectChance(
      chiSquare(
        tally(make(nodes, seededRandom(seed)), 1_000_000),
        nodes.map((node) => [node, 1]),
      ),
      100,
    );
  });

  it('gives the same lease each time, and takes numbers from the platform: nothing needs to be given', () => {
    const balancer = make(['a']);
    expect(balancer.pick()).toBe(balancer.pick());
    expect(new Set(Array.from({ length: 200 }, () => make(['a', 'b']).pick().node))).toEqual(new Set(['a', 'b']));
  });

  it('takes one number a pick, also the smallest and the greatest', () => {
    const numbers = [0, 1 - 2 ** -53];
    const balancer = make(['a', 'b', 'c'], () => numbers.shift()!);
    expect([balancer.pick().node, balancer.pick().node]).toEqual(['a', 'c']);
    expect(numbers).toEqual([]);
  });

  it('does not follow the one before: a pair is as frequent as any other', () => {
    const balancer = make(['a', 'b', 'c'], seededRandom(4));
    const pairs = tally({ pick: () => ({ node: balancer.pick().node + balancer.pick().node }) }, 90_000);
    expectChance(
      chiSquare(
        pairs,
        [...pairs.keys()].map((pair) => [pair, 1]),
      ),
      9,
    );
  });

  it('lets no herd form: 200 clients with one request each spread, where round robin sends all to one', () => {
    const nodes = Array.from({ length: 200 }, (_, i) => `n${i}`);
    const random = seededRandom(5);
    const requests = tally({ pick: () => make(nodes, random).pick() }, 200);
    expect(Math.max(...requests.values())).toBeLessThan(8); // ln n / ln ln n = 3.2 and a little
    expect(requests.size).toBeGreaterThan(104); // 1 - 1/e of all, less five sigma
    expect(tally({ pick: () => new RoundRobin(nodes).pick() }, 200).get('n0')).toBe(200);
  });
});

describe('WeightedRandom', () => {
  it.each([1, 2, 3])('gives each of a thousand its chance, but for chance (seed %d)', (seed) => {
    const balancer = new WeightedRandom(thousand, { random: seededRandom(seed) });
    expectChance(chiSquare(tally(balancer, 1_000_000), thousand), 1000);
  });

  it('gives each exactly its chance: counted over all numbers that can be drawn', () => {
    const weights = fc.array(fc.double({ min: 0.01, max: 100, noNaN: true }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(weights, (list) => {
        const steps = 20_000;
        const balancer = new WeightedRandom(
          list.map((weight, i) => [`n${i}`, weight]),
          { random: sweep(steps) },
        );
        const counts = tally(balancer, steps);
        const total = list.reduce((a, b) => a + b);
        // A node has its own column and parts of others: at each end of a part half a step is won or lost.
        list.forEach((weight, i) => {
          const away = Math.abs((counts.get(`n${i}`) ?? 0) - (steps * weight) / total);
          expect(away).toBeLessThanOrEqual(list.length + 1);
        });
      }),
      { numRuns: 50 },
    );
  });

  it('gives whole weights exactly that many of all numbers', () => {
    const balancer = new WeightedRandom(thousand, { random: sweep(40 * thousandTotal) });
    const counts = tally(balancer, 40 * thousandTotal);
    for (const [node, weight] of thousand) expect(Math.abs(counts.get(node)! - 40 * weight)).toBeLessThan(10);
  });

  it('bears weights of all sizes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: Number.MIN_VALUE, noNaN: true, max: 1e308 }), { minLength: 1 }),
        fc.integer(),
        (weights, seed) => {
          const nodes = weights.map((weight, i) => [`n${i}`, weight] as const);
          const balancer = new WeightedRandom(nodes, { random: seededRandom(seed) });
          for (let i = 0; i < 20; i++) expect(balancer.nodes).toContain(balancer.pick().node);
        },
      ),
    );
    const balancer = new WeightedRandom([['a', 1e-300], ['b', 1e-300], 'c'], { random: seededRandom(6) });
    expect(tally(balancer, 1000)).toEqual(new Map([['c', 1000]]));
  });
});
