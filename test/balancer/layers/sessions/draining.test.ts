import { describe, expect, it } from 'vitest';
import { seededRandom } from 'quorate/core';
import {
  type Balancer,
  ConsistentHashing,
  EarliestDeadlineFirst,
  LatencyQuantile,
  LeastConnections,
  LeastOutstanding,
  NginxIpHash,
  NginxLeastConnections,
  NoNodeError,
  PeakEwma,
  PowerOfTwoChoices,
  Random,
  RoundRobin,
  SmoothWeightedRoundRobin,
  StaticRoundRobin,
  WeightedRandom,
} from 'quorate/balancer';
import { HealthGate } from 'quorate/balancer/layers';

const NODES = ['a', 'b', 'c'];
const now = (): number => 0;

/** Every strategy; contexts are addresses, which only some look at. */
const strategies: readonly [string, Balancer<string>][] = [
  ['ConsistentHashing', new ConsistentHashing(NODES, { key: (context: string) => context })],
  ['ConsistentHashing without a key', new ConsistentHashing<string>(NODES, { key: () => undefined })],
  ['EarliestDeadlineFirst', new EarliestDeadlineFirst(NODES)],
  ['LatencyQuantile', new LatencyQuantile(NODES, { now, random: seededRandom(1) })],
  ['LeastConnections', new LeastConnections(NODES)],
  ['LeastOutstanding', new LeastOutstanding(NODES, { random: seededRandom(6) })],
  ['NginxIpHash', new NginxIpHash(NODES, { address: (context: string) => context })],
  ['NginxLeastConnections', new NginxLeastConnections(NODES)],
  ['PeakEwma', new PeakEwma(NODES, { now, random: seededRandom(2) })],
  ['PowerOfTwoChoices', new PowerOfTwoChoices(NODES, { random: seededRandom(3) })],
  ['Random', new Random(NODES, { random: seededRandom(4) })],
  ['RoundRobin', new RoundRobin(NODES)],
  ['SmoothWeightedRoundRobin', new SmoothWeightedRoundRobin(NODES)],
  ['StaticRoundRobin', new StaticRoundRobin(NODES)],
  ['WeightedRandom', new WeightedRandom(NODES, { random: seededRandom(5) })],
];

/** The nodes of many requests at once. */
function picked(balancer: Balancer<string>): string[] {
  const leases = Array.from({ length: 200 }, (_, i) => balancer.pick(`10.0.${i}.1`));
  for (const { done } of leases) done();
  return [...new Set(leases.map(({ node }) => node))].sort();
}

describe('a weight of 0', () => {
  it.each(strategies)('keeps a node of %s for what asks for it', (_name, balancer) => {
    expect(picked(balancer)).toEqual(NODES);
    balancer.add('b', 0);
    expect(picked(balancer)).toEqual(['a', 'c']);
    const { node, done } = balancer.pickNode('b')!;
    expect(node).toBe('b');
    expect(picked(balancer)).toEqual(['a', 'c']); // with a request that it has
    done();
    expect(picked(balancer)).toEqual(['a', 'c']);
    balancer.add('b', 1);
    expect(picked(balancer)).toEqual(NODES);
  });

  it('gives nothing to a node that drains and is down', () => {
    const balancer = new RoundRobin(['a', 'b']);
    balancer.add('a', 0);
    balancer.setAvailable('a', false);
    expect(balancer.pickNode('a')).toBeUndefined();
    balancer.setAvailable('a', true);
    expect([balancer.pick().node, balancer.pick().node]).toEqual(['b', 'b']);
  });

  it('leaves no node when all drain', () => {
    const balancer = new RoundRobin(['a']);
    balancer.add('a', 0);
    expect(() => balancer.pick()).toThrow(NoNodeError);
  });

  it('reaches through layers', () => {
    const gate = new HealthGate(new RoundRobin());
    gate.add('a');
    gate.add('b');
    gate.add('a', 0);
    expect([gate.pick().node, gate.pick().node, gate.pickNode('a')?.node]).toEqual(['b', 'b', 'a']);
  });

  it('ends when the node is removed', () => {
    const balancer = new RoundRobin(['a']);
    balancer.add('a', 0);
    balancer.remove('a');
    balancer.add('a');
    expect(balancer.pick().node).toBe('a');
  });
});
