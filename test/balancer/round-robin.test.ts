import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from 'quorate/core';
import { RoundRobin } from 'quorate/balancer';
import { balancerSuite, events, pickable, play } from './balancer-suite.js';

balancerSuite('RoundRobin', {
  make: (nodes, random) => new RoundRobin(nodes, { random }),
  context: () => undefined,
  weighted: false,
  lag: () => 1,
});

describe('RoundRobin', () => {
  const picks = (balancer: RoundRobin, count: number): string =>
    Array.from({ length: count }, () => balancer.pick().node).join('');

  it('takes one after the other', () => {
    expect(picks(new RoundRobin(['a', 'b', 'c']), 7)).toBe('abcabca');
  });

  it('gives the same lease each time: nothing is allocated', () => {
    const balancer = new RoundRobin(['a']);
    expect(balancer.pick()).toBe(balancer.pick());
  });

  it('goes on behind the one that was picked last, whoever comes and goes', () => {
    fc.assert(
      fc.property(events, (list) => {
        expect(play(new RoundRobin(), list, () => undefined)).toEqual(naive(list));
      }),
    );
  });

  it('begins where it is told to, so that not all clients begin with the same node', () => {
    const first = Array.from({ length: 400 }, (_, seed) =>
      picks(new RoundRobin(['a', 'b', 'c', 'd'], { random: seededRandom(seed) }), 1),
    );
    for (const node of 'abcd') expect(first.filter((pick) => pick === node).length).toBeGreaterThan(60);
  });
});

/** Nodes carry the time at which they came; the next is the one with the least later time, or the least of all. */
function naive(list: Parameters<typeof play>[1]): (string | null)[] {
  const came = new Map<string, number>();
  const candidates = pickable(list);
  const found: (string | null)[] = [];
  let last = -1;
  list.forEach((event, time) => {
    if (event.type === 'add' && !came.has(event.node)) came.set(event.node, time);
    if (event.type === 'remove') came.delete(event.node);
    if (event.type !== 'pick') return;
    const nodes = candidates[found.length]!.sort((a, b) => came.get(a)! - came.get(b)!);
    const next = nodes.find((node) => came.get(node)! > last) ?? nodes[0];
    if (next !== undefined) last = came.get(next)!;
    found.push(next ?? null);
  });
  return found;
}
