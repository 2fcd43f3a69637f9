import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from 'quorate/core';
import { LeastOutstanding, type Balancer } from 'quorate/balancer';
import { balancerSuite, events, play } from './balancer-suite.js';
import { haproxyLoad, leastBy, playNaive } from './naive-nodes.js';

balancerSuite('LeastOutstanding', {
  make: (nodes, random) => new LeastOutstanding(nodes, { random }),
  context: () => undefined,
  weighted: false, // idle nodes take turns
  lag: () => 1,
});

describe('LeastOutstanding', () => {
  const picks = (balancer: Balancer, count: number): string =>
    Array.from({ length: count }, () => balancer.pick().node).join('');

  it('picks as a scan from the last pick on would, whoever comes and goes', () => {
    const start = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(events, start, (list, at) => {
        let last = -1;
        const naive = playNaive(list, (nodes) => {
          const next = last === -1 ? Math.floor(at * nodes.length) : nodes.findIndex(({ came }) => came > last);
          const from = Math.max(next, 0);
          const picked = leastBy([...nodes.slice(from), ...nodes.slice(0, from)], haproxyLoad);
          last = picked.came;
          return picked;
        });
        expect(play(new LeastOutstanding([], { random: () => at }), list, () => undefined)).toEqual(naive);
      }),
      { numRuns: 1000 },
    );
  });

  it.each([1, 2, 3, 8, 9, 31, 1000])('goes around %d nodes, wherever it begins', (count) => {
    const names = Array.from({ length: count }, (_, i) => i);
    for (const at of [0, 0.3, 0.5, 0.999]) {
      const balancer = new LeastOutstanding(names.map(String), { random: () => at });
      const start = Math.floor(at * count);
      const round = names.map((i) => `${(start + i) % count}`);
      for (const i of names) expect(balancer.pick().node).toBe(round[i]);
      for (const i of names) expect(balancer.pick().node).toBe(round[i]);
    }
  });

  it('goes around a node that is slow', () => {
    const balancer = new LeastOutstanding(['a', 'b', 'c'], { random: () => 0 });
    const slow = balancer.pick();
    expect(slow.node).toBe('a');
    for (const node of 'bcbcbc') {
      const lease = balancer.pick();
      expect(lease.node).toBe(node);
      lease.done();
    }
    slow.done();
    expect(picks(balancer, 3)).toBe('abc');
  });

  it('gives shares by weight to requests that stay, and turns to idle nodes whatever their weight', () => {
    const balancer = new LeastOutstanding([['a', 3], 'b'], { random: () => 0 });
    expect(picks(balancer, 8)).toBe('abaaaaba'); // (5 + 1) / 3 is (1 + 1) / 1
    const idle = new LeastOutstanding([['a', 3], 'b'], { random: () => 0 });
    const turns = Array.from({ length: 4 }, () => {
      const { node, done } = idle.pick();
      done();
      return node;
    });
    expect(turns.join('')).toBe('abab');
  });

  it('draws a start for nodes that come after it was made, and only before the first pick', () => {
    let draws = 0;
    const balancer = new LeastOutstanding([], { random: () => (draws++, 0.5) });
    for (const node of 'abcd') balancer.add(node);
    expect(balancer.pick().node).toBe('c');
    balancer.add('e');
    expect([picks(balancer, 4), draws]).toEqual(['deab', 1]);
  });
});

/**
 * Clients that know nothing of each other begin at the same moment; each has so many requests under way. Requests end in the
 * order in which they came, and are followed by others. What the fullest server has at any time, relative to its share.
 */
function herd(make: (client: number) => Balancer, clients: number, each: number, rounds: number): number {
  const inFlight = new Map<string, number>();
  let worst = 0;
  const balancers = Array.from({ length: clients }, (_, i) => make(i));
  const send = (balancer: Balancer): (() => void) => {
    const { node, done } = balancer.pick();
    const count = (inFlight.get(node) ?? 0) + 1;
    inFlight.set(node, count);
    worst = Math.max(worst, count);
    return () => {
      done();
      inFlight.set(node, inFlight.get(node)! - 1);
    };
  };
  let open = Array.from({ length: each }, () => balancers.map(send)).flat();
  for (let round = 0; round < rounds; round++) {
    const next: (() => void)[] = [];
    open.forEach((done, i) => {
      done();
      next.push(send(balancers[i % clients]!));
    });
    open = next;
  }
  return worst / ((clients * each) / servers.length);
}

const servers = Array.from({ length: 20 }, (_, i) => `server-${i}`);

describe('a herd of 100 clients before 20 servers', () => {
  const seeds = [1, 2, 3, 4, 5];
  const scattered = (seed: number) => (client: number) =>
    new LeastOutstanding(servers, { random: seededRandom(seed, client) });
  const together = (): Balancer => new LeastOutstanding(servers, { random: () => 0 });

  it.each(seeds)('seed %d: with one request each no server has more than 3 times its share, then or later', (seed) => {
    expect(herd(scattered(seed), 100, 1, 0)).toBeLessThan(3);
    expect(herd(scattered(seed), 100, 1, 50)).toBeLessThan(3);
  });

  it.each(seeds)('seed %d: with 5 requests each no server has more than twice its share', (seed) => {
    expect(herd(scattered(seed), 100, 5, 50)).toBeLessThan(2);
  });

  it('without a start of its own each client sends its first request to the first server, its next to the next', () => {
    expect(herd(together, 100, 1, 0)).toBe(20); // the first server has all 100, its share is 5
    expect(herd(together, 100, 1, 50)).toBe(20);
    expect(herd(together, 100, 5, 50)).toBe(4); // five servers have all 500
  });
});
