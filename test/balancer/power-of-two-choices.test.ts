import { describe, expect, it } from 'vitest';
import { seededRandom } from 'quorate/core';
import { PowerOfTwoChoices, type Balancer } from 'quorate/balancer';
import { balancerSuite } from './balancer-suite.js';
import { heavierOfTwo, noise } from './two-choices.js';

balancerSuite('PowerOfTwoChoices', {
  make: (nodes, random) => new PowerOfTwoChoices(nodes, { random }),
  context: () => undefined,
  weighted: heavierOfTwo,
  lag: noise,
});

describe('PowerOfTwoChoices', () => {
  /** Draws what it is told to. */
  const scripted = (nodes: ConstructorParameters<typeof PowerOfTwoChoices>[0], ...draws: number[]): Balancer =>
    new PowerOfTwoChoices(nodes, { random: () => draws.shift()! });

  it('takes the first of two that tie', () => {
    expect(scripted(['a', 'b', 'c', 'd'], 0.6).pick().node).toBe('c');
    expect(scripted(['a', 'b', 'c', 'd'], 0.3).pick().node).toBe('b');
  });

  it.each([
    [0, 'b'], // 0 of those without a is b
    [0.249, 'd'],
    [0.25, 'a'],
    [0.35, 'c'],
    [0.999, 'c'],
  ])('never compares a node with itself: a draw of %d, by its quarter and where in it', (draw, other) => {
    const balancer = scripted(['a', 'b', 'c', 'd'], draw, draw);
    expect(balancer.pick().node).not.toBe(other);
    expect(balancer.pick().node).toBe(other);
  });

  it.each([5, 1000])('draws all pairs of %d nodes alike', (length) => {
    const random = seededRandom(1);
    const counts = new Map<number, number>();
    const names = Array.from({ length }, (_, i) => `${i}`);
    const draws: number[] = [];
    const balancer = new PowerOfTwoChoices(names, { random: () => draws.pop()! });
    for (let i = 0; i < 40_000; i++) {
      const draw = random();
      // With the same draw again the first is busier, so that the second is taken.
      draws.push(draw, draw);
      const [first, second] = [balancer.pick(), balancer.pick()];
      // Of many nodes, how far the second is behind the first.
      const behind = (Number(second.node) - Number(first.node) + length) % length;
      const kind = length > 5 ? Math.floor((behind * 20) / length) : behind * 5 + Number(first.node);
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
      first.done();
      second.done();
    }
    expect(counts.size).toBe(20);
    for (const count of counts.values()) expect(Math.abs(count - 2000)).toBeLessThan(noise(40_000, 1 / 20));
  });

  it('takes the only one, whether it draws or not', () => {
    const balancer = new PowerOfTwoChoices(['a'], { random: seededRandom(1) });
    expect(Array.from({ length: 3 }, () => balancer.pick().node)).toEqual(['a', 'a', 'a']);
  });

  it('takes the one with fewer requests, the next one counted, for its weight', () => {
    // a with 3: 1/3, 2/3, 3/3 before it ties with b at 1/1, as the first that was drawn.
    const balancer = new PowerOfTwoChoices([['a', 3], 'b'], { random: () => 0 });
    expect(Array.from({ length: 8 }, () => balancer.pick().node).join('')).toBe('aaabaaab');
    const reversed = new PowerOfTwoChoices([['a', 3], 'b'], { random: () => 0.9 });
    expect(Array.from({ length: 8 }, () => reversed.pick().node).join('')).toBe('aabaaaba');
  });

  it.each([
    [0.39, 'b'],
    [0.4, 'a'], // as much: the first that was drawn
    [0.41, 'a'],
  ])('counts a weight of 2 with 4 requests for 0.4, as Envoy does, beside an idle one of %d', (weight, picked) => {
    let draw = 0;
    const balancer = new PowerOfTwoChoices([['b', 2]], { random: () => draw });
    for (let i = 0; i < 4; i++) balancer.pick();
    balancer.add('a', weight);
    draw = 0.5; // a, and then b
    expect(balancer.pick().node).toBe(picked);
  });

  it('gives shares by weight to requests that stay', () => {
    const balancer = new PowerOfTwoChoices(
      [
        ['a', 5],
        ['b', 3],
        ['c', 2],
      ],
      { random: seededRandom(3) },
    );
    const picks = Array.from({ length: 1000 }, () => balancer.pick().node);
    const shares = ['a', 'b', 'c'].map((node) => picks.filter((pick) => pick === node).length);
    for (const [i, share] of [500, 300, 200].entries()) expect(Math.abs(shares[i]! - share)).toBeLessThanOrEqual(5);
  });

  it('goes by what is in flight after a node was unavailable or changed its weight, and forgets one that was removed', () => {
    const balancer = new PowerOfTwoChoices(['a', 'b'], { random: seededRandom(4) });
    const open = Array.from({ length: 10 }, () => balancer.pick());
    balancer.setAvailable('a', false);
    balancer.setAvailable('a', true);
    balancer.add('b', 2);
    expect(Array.from({ length: 5 }, () => balancer.pick().node)).toEqual(['b', 'b', 'b', 'b', 'b']); // 5 to 10
    balancer.remove('b');
    balancer.add('b', 2);
    const picks = Array.from({ length: 10 }, () => balancer.pick().node);
    for (const lease of open.filter(({ node }) => node === 'b')) lease.done();
    picks.push(balancer.pick().node);
    expect(picks).toEqual(Array.from({ length: 11 }, () => 'b'));
  });

  it.each([1, 2, 3])(
    'seed %d: with as many requests as nodes the fullest has 4 at most, and more by one draw',
    (seed) => {
      const names = Array.from({ length: 10_000 }, (_, i) => `${i}`);
      const random = seededRandom(seed);
      const fullest = (pick: () => string): number => {
        const inFlight = new Map<string, number>();
        for (let i = 0; i < names.length; i++) {
          const node = pick();
          inFlight.set(node, (inFlight.get(node) ?? 0) + 1);
        }
        return Math.max(...inFlight.values());
      };
      const balancer = new PowerOfTwoChoices(names, { random });
      expect(fullest(() => balancer.pick().node)).toBeLessThanOrEqual(4);
      expect(fullest(() => names[Math.floor(random() * names.length)]!)).toBeGreaterThan(5);
    },
  );
});
