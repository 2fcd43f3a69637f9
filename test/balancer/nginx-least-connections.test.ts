import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NginxLeastConnections } from 'quorate/balancer';
import { balancerSuite, events, play } from './balancer-suite.js';
import { leastBy, playNaive, type NaiveNode } from './naive-nodes.js';
import { nginxRecordings, recordedNodes, replay } from './recordings.js';

balancerSuite('NginxLeastConnections', {
  make: (nodes) => new NginxLeastConnections(nodes),
  context: () => undefined,
  weighted: true,
  lag: () => 2,
});

describe('NginxLeastConnections', () => {
  it.each(nginxRecordings)('picks as nginx does with weights $weights: $picks', (recording) => {
    expect(replay(new NginxLeastConnections(recordedNodes(recording)), recording)).toBe(recording.picks);
  });

  it('picks as lists and fractions would, whoever comes and goes', () => {
    fc.assert(
      fc.property(events, (list) => {
        expect(play(new NginxLeastConnections(), list, () => undefined)).toEqual(playNaive(list, naive));
      }),
      { numRuns: 1000 },
    );
  });

  it('owes nobody for what was, beyond one round', () => {
    const balancer = new NginxLeastConnections([['a', 1000], 'b']);
    for (let i = 0; i < 400; i++) balancer.pick().done(); // b is owed 400, and a owes them
    balancer.add('a');
    const picks = Array.from({ length: 8 }, () => {
      const { node, done } = balancer.pick();
      done();
      return node;
    });
    expect(picks.join('')).toBe('bbababab');
  });
});

function naive(nodes: readonly NaiveNode[], changed: boolean): NaiveNode {
  const sum = (list: readonly NaiveNode[]): number => list.reduce((total, { weight }) => total + weight, 0);
  if (changed) for (const node of nodes) node.note = Math.min(Math.max(node.note, -sum(nodes)), sum(nodes));
  const least = Math.min(...nodes.map(({ inFlight, weight }) => inFlight / weight));
  const ties = nodes.filter(({ inFlight, weight }) => inFlight / weight === least);
  if (ties.length === 1) return ties[0]!;
  for (const node of ties) node.note += node.weight;
  const picked = leastBy(ties, ({ note }) => -note);
  picked.note -= sum(ties);
  return picked;
}
