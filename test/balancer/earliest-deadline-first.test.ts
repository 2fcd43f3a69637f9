import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from 'quorate/core';
import { EarliestDeadlineFirst } from 'quorate/balancer';
import {
  activeAtPicks,
  longEvents,
  sequence,
  tally,
  thousand,
  thousandTotal,
  type ActiveNode,
} from './active-nodes.js';
import { balancerSuite, play } from './balancer-suite.js';
import { rotationSuite } from './rotation-suite.js';

balancerSuite('EarliestDeadlineFirst', {
  make: (nodes, random) => new EarliestDeadlineFirst(nodes, { random }),
  context: () => undefined,
  weighted: true,
  // Whose weight has just grown from 1 to 5 still waits as long as before: it is up to four behind, and others ahead.
  lag: () => 6,
});

const equal = (count: number, weight: number): [string, number][] =>
  Array.from({ length: count }, (_, i) => [`n${i}`, weight]);

/** Draws so that this many picks have been made. */
const begun = (picks: number, nodes: number) => ({ random: () => (picks + 0.5) / (65_536 * nodes) });

rotationSuite('EarliestDeadlineFirst', {
  make: (nodes) => new EarliestDeadlineFirst(nodes),
  rounds: [
    [[5, 1, 1], 'aaaabca'],
    [[4, 3, 2], 'abcabacba'],
    [[1, 2], 'bab'],
    [[1, 1], 'ab'],
    [[3, 3], 'ab'],
    [[1], 'a'],
    [[2, 0, 1], 'aca'],
    [[0.5, 0.25, 0.25], 'abca'],
  ],
  apart: 1,
});

describe('EarliestDeadlineFirst', () => {
  it('is round robin when weights are equal, for ten million picks', () => {
    const balancer = new EarliestDeadlineFirst(equal(128, 3));
    const round = Array.from({ length: 128 }, () => balancer.pick());
    expect(round.map(({ node }) => node)).toEqual(balancer.nodes);
    let other = 0;
    for (let i = 0; i < 10_000_000; i++) if (balancer.pick() !== round[i % 128]) other++;
    expect(other).toBe(0);
  });

  it.each([0.1, 7, 29, 99.9, 1e-9, 1e9, 1e-200, 1e200])(
    'is round robin when all have a weight of %d, over many times that time is set back',
    (weight) => {
      const balancer = new EarliestDeadlineFirst(equal(3, weight));
      const round = [balancer.pick(), balancer.pick(), balancer.pick()];
      let other = 0;
      for (let i = 0; i < 400_000; i++) if (balancer.pick() !== round[i % 3]) other++;
      expect(other).toBe(0);
    },
  );

  it('repeats itself exactly with weights such as 3 and 7, over many times that time is set back', () => {
    const balancer = new EarliestDeadlineFirst([...equal(4, 7), ['x', 3], ['y', 3]]);
    const round = Array.from({ length: 34 }, () => balancer.pick());
    let other = 0;
    for (let i = 0; i < 1_700_000; i++) if (balancer.pick() !== round[i % 34]) other++;
    expect(other).toBe(0);
  });

  it('gives each its weight, and all equals their turn, when weights do not divide evenly', () => {
    const balancer = new EarliestDeadlineFirst([...equal(3, 29), ['x', 31.7], ['y', 97], ['z', 0.37]]);
    const turns: string[] = [];
    const counts = tally(
      {
        pick: () => {
          const lease = balancer.pick();
          if (lease.node.startsWith('n')) turns.push(lease.node);
          return lease;
        },
      },
      2_000_000,
    );
    expect(turns.every((node, i) => node === `n${i % 3}`)).toBe(true);
    const total = 3 * 29 + 31.7 + 97 + 0.37;
    for (const [node, weight] of [['n0', 29] as const, ['x', 31.7] as const, ['y', 97] as const, ['z', 0.37] as const])
      expect(Math.abs(counts.get(node)! - (2_000_000 * weight) / total)).toBeLessThan(1.5);
  });

  it('is the rule, to the letter, whoever comes, goes, or changes weight', () => {
    fc.assert(
      fc.property(longEvents, (list) => {
        const twin = new NaiveQueue();
        const expected = activeAtPicks(list).map((active) => twin.pick(active));
        expect(play(new EarliestDeadlineFirst(), list, () => undefined)).toEqual(expected);
      }),
      { numRuns: 100 },
    );
  });

  it('lets equals take turns also when they come at any time, between others', () => {
    const balancer = new EarliestDeadlineFirst(['a', ['x', 7], ['y', 0.3]]);
    sequence(balancer, 5);
    balancer.add('b');
    sequence(balancer, 5);
    balancer.add('c');
    sequence(balancer, 50);
    const turns = sequence(balancer, 100_000).replaceAll(/[xy]/g, '');
    expect(turns).toBe(turns.slice(0, 3).repeat(turns.length).slice(0, turns.length));
    expect([...turns.slice(0, 3)].sort()).toEqual(['a', 'b', 'c']);
  });

  it('gives a newcomer no burst', () => {
    const balancer = new EarliestDeadlineFirst(['a', 'b', 'c', 'd']);
    sequence(balancer, 1001);
    balancer.add('e');
    expect(sequence(balancer, 9)).toBe('bcdaebcda');
    balancer.setAvailable('b', false);
    sequence(balancer, 100);
    balancer.setAvailable('b', true);
    expect(sequence(balancer, 10).replaceAll(/[^b]/g, '')).toBe('bb');
  });

  it('heeds a new weight at the next deadline', () => {
    const balancer = new EarliestDeadlineFirst(['a', ['b', 4]]);
    expect(sequence(balancer, 1)).toBe('b');
    balancer.add('b', 1);
    expect(sequence(balancer, 5)).toBe('babab');
    balancer.add('a', 4);
    expect(sequence(balancer, 6)).toBe('aabaaa');
  });

  it('begins, when told to, as if a number of picks had been made', () => {
    const weight = fc.oneof(fc.integer({ min: 1, max: 100 }), fc.double({ min: 0.3, max: 100, noNaN: true }));
    fc.assert(
      fc.property(fc.array(weight, { minLength: 1, maxLength: 26 }), fc.nat({ max: 2000 }), (weights, picks) => {
        const nodes = weights.map((weight, i) => [String.fromCharCode(97 + i), weight] as const);
        const picked = new EarliestDeadlineFirst(nodes);
        sequence(picked, picks);
        const built = new EarliestDeadlineFirst(nodes, begun(picks, nodes.length));
        expect(sequence(built, 300)).toBe(sequence(picked, 300));
      }),
      { numRuns: 200 },
    );
  });

  it('begins in any part of a round, as likely with each node as it has weight: no herd forms', () => {
    const nodes = [['a', 5] as const, ['b', 1] as const, ['c', 1] as const];
    const last = 3 * 65_536 - 1;
    const round = 'aaaabca';
    for (const picks of [0, 1, 4, 5, 6, 7, 700_000 % last, last]) {
      const built = new EarliestDeadlineFirst(nodes, begun(picks, 3));
      expect(sequence(built, 7)).toBe(`${round}${round}`.slice(picks % 7, (picks % 7) + 7));
    }
    const random = seededRandom(7);
    const first = tally({ pick: () => new EarliestDeadlineFirst(nodes, { random }).pick() }, 7000);
    for (const [node, weight] of nodes) {
      const sigma = Math.sqrt((7000 * weight * (7 - weight)) / 49);
      expect(Math.abs(first.get(node)! - 1000 * weight)).toBeLessThan(5 * sigma);
    }
    expect(tally({ pick: () => new EarliestDeadlineFirst(nodes).pick() }, 100).get('a')).toBe(100);
  });

  it('gives each of a thousand nodes its weight in every round, wherever it begins', () => {
    const balancer = new EarliestDeadlineFirst(thousand);
    expect(tally(balancer, thousandTotal)).toEqual(new Map(thousand));
    const random = seededRandom(8);
    for (let i = 0; i < 3; i++) {
      const counts = tally(new EarliestDeadlineFirst(thousand, { random }), thousandTotal);
      for (const [node, weight] of thousand) expect(Math.abs(counts.get(node)! - weight)).toBeLessThanOrEqual(1);
    }
  });

  it('bears weights of all sizes', () => {
    const weight = fc.double({ min: Number.MIN_VALUE, noNaN: true, max: Number.MAX_VALUE });
    fc.assert(
      fc.property(fc.array(weight, { minLength: 1 }), fc.nat(), (weights, seed) => {
        const nodes = weights.map((weight, i) => [`n${i}`, weight] as const);
        const balancer = new EarliestDeadlineFirst(nodes, { random: seededRandom(seed) });
        for (let i = 0; i < 20; i++) expect(balancer.nodes).toContain(balancer.pick().node);
      }),
    );
    const apart = new EarliestDeadlineFirst([['a', 1e9], ['b', 1e9], 'c']);
    const counts = tally(apart, 1_000_000);
    expect([counts.get('a'), counts.get('b'), counts.get('c')]).toEqual([500_000, 500_000, undefined]);
  });
});

/** A list that is searched. Time is counted in 60ths, of which weights from 1 to 5 take whole numbers. */
class NaiveQueue {
  #entries = new Map<string, { deadline: number; turn: number }>();
  #now = 0;
  #turn = 0;

  pick(active: readonly ActiveNode[]): string | null {
    if (active.length === 0) return null;
    this.#entries = new Map(
      active.map(({ id, weight }) => {
        const came = { deadline: this.#now + 60 / weight, turn: -1 };
        const entry = this.#entries.get(id) ?? came;
        if (entry === came) entry.turn = this.#turn++;
        return [id, entry];
      }),
    );
    const order = [...active].sort((a, b) => {
      const [x, y] = [this.#entries.get(a.id)!, this.#entries.get(b.id)!];
      return x.deadline - y.deadline || x.turn - y.turn;
    });
    const { id, node, weight } = order[0]!;
    const entry = this.#entries.get(id)!;
    this.#now = entry.deadline;
    entry.deadline += 60 / weight;
    entry.turn = this.#turn++;
    return node;
  }
}
