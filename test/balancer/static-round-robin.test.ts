import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidOptionError, seededRandom } from 'quorate/core';
import { StaticRoundRobin } from 'quorate/balancer';
import { activeAtPicks, longEvents, sequence, type ActiveNode } from './active-nodes.js';
import { balancerSuite, play } from './balancer-suite.js';
import { rotationSuite } from './rotation-suite.js';

balancerSuite('StaticRoundRobin', {
  make: (nodes, random) => new StaticRoundRobin(nodes, { random }),
  context: () => undefined,
  weighted: true,
  lag: () => 2,
});

rotationSuite('StaticRoundRobin', {
  make: (nodes) => new StaticRoundRobin(nodes),
  rounds: [
    [[4, 3, 2], 'ababcaabc'],
    [[5, 1, 1], 'aaabaac'],
    [[1, 1, 1], 'abc'],
    [[200, 200], 'ab'],
    [[1], 'a'],
    [[256, 0, 128], 'aac'],
  ],
});

describe('StaticRoundRobin', () => {
  it('fills its table by the rule, to the letter', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 256 }), { minLength: 1, maxLength: 26 }), (weights) => {
        const table = naiveTable(weights);
        const balancer = new StaticRoundRobin(weights.map((weight, i) => [letters[i]!, weight]));
        expect(sequence(balancer, table.length + 1)).toBe([...table, table[0]!].map((i) => letters[i]).join(''));
      }),
    );
  });

  it('goes on where those who stay are, whoever comes and goes, as the twin does', () => {
    fc.assert(
      fc.property(longEvents, (list) => {
        const twin = new NaiveTables();
        const expected = activeAtPicks(list).map((active) => twin.pick(active));
        expect(play(new StaticRoundRobin(), list, () => undefined)).toEqual(expected);
      }),
      { numRuns: 100 },
    );
  });

  it('goes on behind the one that was picked last when equal nodes leave, and starves nobody', () => {
    const balancer = new StaticRoundRobin(letters);
    expect(sequence(balancer, 3)).toBe('abc');
    for (const node of 'abcde') balancer.remove(node);
    expect(sequence(balancer, 3)).toBe('fgh');
    balancer.add('a');
    expect(sequence(balancer, 22)).toBe('ijklmnopqrstuvwxyzafgh');

    for (const flapping of ['a', 'd']) {
      const restless = new StaticRoundRobin(['a', 'b', 'c', 'd']);
      let served = '';
      for (let i = 0; i < 8; i++) {
        restless.setAvailable(flapping, i % 2 === 0);
        served += sequence(restless, 1);
      }
      expect(served).toBe({ a: 'abbccdab', d: 'abcabcab' }[flapping]);
    }
  });

  it('begins where it is told to, so that not all clients begin with the same node', () => {
    const nodes = [['a', 4] as const, ['b', 3] as const, ['c', 2] as const];
    const starts = Array.from({ length: 9 }, (_, slot) =>
      sequence(new StaticRoundRobin(nodes, { random: () => (slot + 0.5) / 9 }), 9),
    );
    expect(starts).toEqual(Array.from(starts, (_, slot) => 'ababcaabcababcaabc'.slice(slot, slot + 9)));
    const first = new Map([...'abc'].map((node) => [node, 0]));
    for (let seed = 0; seed < 900; seed++) {
      const node = new StaticRoundRobin(nodes, { random: seededRandom(seed) }).pick().node;
      first.set(node, first.get(node)! + 1);
    }
    for (const [node, weight] of nodes) {
      const deviation = Math.sqrt((900 * weight * (9 - weight)) / 81);
      expect(Math.abs(first.get(node)! - 100 * weight)).toBeLessThan(5 * deviation);
    }
  });

  it.each([0.5, 257, 1.1])('refuses a weight of %d, and keeps the one it had', (weight) => {
    const balancer = new StaticRoundRobin(['a', ['b', 2]]);
    expect(() => balancer.add('b', weight)).toThrow(
      new InvalidOptionError('weight of b', weight, 'a number from 0 to 256, and whole'),
    );
    expect(sequence(balancer, 3)).toBe('abb');
  });

  it('bears 4,096 nodes of weight 256 each, and refuses one more', () => {
    const balancer = new StaticRoundRobin(Array.from({ length: 4096 }, (_, i) => [`n${i}`, 256]));
    expect(() => balancer.add('more')).toThrow('nodes is 4097; it must be at most 4096');
    balancer.add('n0', 256);
    expect([balancer.pick().node, balancer.pick().node]).toEqual(['n0', 'n1']);
    balancer.remove('n7');
    balancer.add('more');
    expect(() => balancer.add('again')).toThrow(InvalidOptionError);
  });
});

const letters = Array.from('abcdefghijklmnopqrstuvwxyz');

/** Slot by slot: all credits grow, the most whole rounds win. */
function naiveTable(weights: readonly number[]): number[] {
  const total = weights.reduce((a, b) => a + b);
  const credits = weights.map(() => 0);
  return Array.from({ length: total }, () => {
    weights.forEach((weight, i) => (credits[i]! += weight));
    const rounds = credits.map((credit) => Math.floor((credit + total) / total));
    const picked = rounds.indexOf(Math.max(...rounds));
    credits[picked]! -= total;
    return picked;
  });
}

/** The tables of all picks, with names in them, and where it is. */
class NaiveTables {
  #ids: readonly string[] = [];
  #seen = '';
  #next = 0;
  #round = 1;

  pick(active: readonly ActiveNode[]): string | null {
    if (active.length === 0) return null;
    const seen = JSON.stringify(active);
    if (seen !== this.#seen) {
      const before = new Set(this.#ids);
      const stay = new Set(active.map(({ id }) => id));
      const had = this.#ids.slice(0, this.#next).filter((id) => stay.has(id)).length;
      const came = active.filter(({ id }) => !before.has(id)).reduce((sum, { weight }) => sum + weight, 0);
      const weights = active.map(({ weight }) => weight);
      const common = [5, 4, 3, 2, 1].find((divisor) => weights.every((weight) => weight % divisor === 0))!;
      this.#ids = naiveTable(weights.map((weight) => weight / common)).map((i) => active[i]!.id);
      this.#next = Math.floor(had + (came * this.#next) / this.#round) % this.#ids.length;
      this.#round = this.#ids.length * common;
      this.#seen = seen;
    }
    const id = this.#ids[this.#next]!;
    this.#next = (this.#next + 1) % this.#ids.length;
    return active.find((node) => node.id === id)!.node;
  }
}
