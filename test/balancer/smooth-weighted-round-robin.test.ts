import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SmoothWeightedRoundRobin } from 'quorate/balancer';
import { activeAtPicks, longEvents, sequence, type ActiveNode } from './active-nodes.js';
import { balancerSuite, play } from './balancer-suite.js';
import { rotationSuite } from './rotation-suite.js';

balancerSuite('SmoothWeightedRoundRobin', {
  make: (nodes) => new SmoothWeightedRoundRobin(nodes),
  context: () => undefined,
  weighted: true,
  lag: () => 2,
});

rotationSuite('SmoothWeightedRoundRobin', {
  make: (nodes) => new SmoothWeightedRoundRobin(nodes),
  rounds: [
    [[5, 1, 1], 'aabacaa'],
    [[4, 3, 2], 'abcabacba'],
    [[1, 1, 1], 'abc'],
    [[1], 'a'],
    [[2, 0, 1], 'aca'],
    [[0.5, 0.25, 0.25], 'abca'],
  ],
  apart: 1.5,
});

describe('SmoothWeightedRoundRobin', () => {
  it('is the rule, to the letter, for whole weights', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 8 }), (weights) => {
        fc.pre(weights.some((weight) => weight > 0));
        const nodes = weights.map((weight, i) => ({ node: 'abcdefgh'[i]!, weight, current: 0 }));
        const total = weights.reduce((a, b) => a + b);
        const balancer = new SmoothWeightedRoundRobin(nodes.map(({ node, weight }) => [node, weight]));
        for (let i = 0; i < 2 * total; i++) {
          for (const node of nodes) node.current += node.weight;
          const highest = Math.max(...nodes.filter(({ weight }) => weight > 0).map(({ current }) => current));
          const best = nodes.find(({ weight, current }) => weight > 0 && current === highest)!;
          best.current -= total;
          expect(balancer.pick().node).toBe(best.node);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('keeps what each is behind through whatever comes, goes, or changes weight, as the twin does', () => {
    fc.assert(
      fc.property(longEvents, (list) => {
        const picks = play(new SmoothWeightedRoundRobin(), list, () => undefined);
        const lags = new Lags();
        activeAtPicks(list).forEach((active, i) => lags.served(active, picks[i]!));
      }),
      { numRuns: 100 },
    );
  });

  it('gives a newcomer no burst, nor its weight to who replaces a heavy one each time', () => {
    const balancer = new SmoothWeightedRoundRobin(['a', 'b', 'c', 'd']);
    sequence(balancer, 1001);
    balancer.add('e');
    expect(sequence(balancer, 9)).toBe('bcdeabcde');

    const light = new SmoothWeightedRoundRobin(['z']);
    let served = 0;
    for (let i = 0; i < 10_100; i++) {
      light.remove(`heavy ${i - 1}`);
      light.add(`heavy ${i}`, 100);
      if (light.pick().node === 'z') served++;
    }
    // A share of 100; what it is owed it gives up in proportion to its own weight, too.
    expect(served).toBeGreaterThan(85);
    expect(served).toBeLessThan(101);
  });

  it('gives back what a node is ahead when all weights become a thousandth', () => {
    const balancer = new SmoothWeightedRoundRobin([
      ['a', 5000],
      ['b', 1000],
      ['c', 1000],
    ]);
    expect(sequence(balancer, 3)).toBe('aab');
    for (const [node, weight] of [['a', 5] as const, ['b', 1] as const, ['c', 1] as const]) balancer.add(node, weight);
    expect(sequence(balancer, 11)).toBe('acaaaabacaa');
  });

  it('bears weights of all sizes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: Number.MIN_VALUE, noNaN: true, max: 1e308 }), { minLength: 1 }),
        (weights) => {
          const balancer = new SmoothWeightedRoundRobin(weights.map((weight, i) => [`n${i}`, weight]));
          for (let i = 0; i < 20; i++) expect(balancer.nodes).toContain(balancer.pick().node);
        },
      ),
    );
  });
});

/** How many picks each is behind its share. Who leaves leaves that to all, in proportion to weight; who comes has none. */
class Lags {
  #lags = new Map<string, number>();

  served(active: readonly ActiveNode[], picked: string | null): void {
    if (active.length === 0) return;
    const total = active.reduce((sum, { weight }) => sum + weight, 0);
    const left = active.reduce((sum, { id }) => sum + (this.#lags.get(id) ?? 0), 0);
    this.#lags = new Map(
      active.map(({ id, weight }) => [id, (this.#lags.get(id) ?? 0) + ((1 - left) * weight) / total] as const),
    );
    const best = active.find(({ node }) => node === picked)!;
    const most = Math.max(...this.#lags.values());
    expect(this.#lags.get(best.id)).toBeGreaterThan(most - 1e-9);
    this.#lags.set(best.id, this.#lags.get(best.id)! - 1);
    // A sum of zero, so nobody is owed more than others are ahead, each of them by less than one.
    for (const lag of this.#lags.values()) expect(Math.abs(lag)).toBeLessThan(2);
  }
}
