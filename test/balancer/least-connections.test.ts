import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LeastConnections, type Lease } from 'quorate/balancer';
import { balancerSuite, events, play } from './balancer-suite.js';
import { haproxyLoad, leastBy, playNaive } from './naive-nodes.js';
import { haproxyRecordings, recordedNodes, replay } from './recordings.js';

balancerSuite('LeastConnections', {
  make: (nodes) => new LeastConnections(nodes),
  context: () => undefined,
  weighted: false, // idle nodes take turns
  lag: () => 1,
});

describe('LeastConnections', () => {
  it.each(haproxyRecordings)('picks as HAProxy does with weights $weights: $picks', (recording) => {
    expect(replay(new LeastConnections(recordedNodes(recording)), recording)).toBe(recording.picks);
  });

  it('picks as a scan of all nodes would, whoever comes and goes', () => {
    fc.assert(
      fc.property(events, (list) => {
        expect(play(new LeastConnections(), list, () => undefined)).toEqual(
          playNaive(list, (nodes) => leastBy(nodes, haproxyLoad, ({ turn }) => turn)),
        );
      }),
      { numRuns: 1000 },
    );
  });

  it.each([1, 2, 3, 7, 8, 9, 100, 1000])('keeps %d nodes within one request of each other', (count) => {
    const names = Array.from({ length: count }, (_, i) => `${i}`);
    const balancer = new LeastConnections(names);
    const inFlight = new Map(names.map((name) => [name, 0]));
    const open: Lease[] = [];
    for (let i = 0; i < 5 * count; i++) {
      const lease = balancer.pick();
      open.push(lease);
      inFlight.set(lease.node, inFlight.get(lease.node)! + 1);
      const all = [...inFlight.values()];
      if (i % 7 === 0 || count < 10) expect(Math.max(...all) - Math.min(...all)).toBeLessThanOrEqual(1);
    }
    for (const { done } of open) done();
    expect(Array.from({ length: count }, () => balancer.pick().node).sort()).toEqual([...names].sort());
  });

  it('gives shares by weight to requests that stay', () => {
    const balancer = new LeastConnections([['a', 6], ['b', 3], 'c']);
    const picks = Array.from({ length: 100 }, () => balancer.pick().node);
    expect(['a', 'b', 'c'].map((node) => picks.filter((pick) => pick === node).length)).toEqual([60, 30, 10]);
  });

  it('goes by what is in flight after weights and availability change', () => {
    const balancer = new LeastConnections(['a', 'b']);
    const open = Array.from({ length: 6 }, () => balancer.pick());
    balancer.setAvailable('a', false);
    expect(balancer.pick().node).toBe('b'); // 4
    open.find(({ node }) => node === 'a')!.done(); // 2
    balancer.setAvailable('a', true);
    expect([balancer.pick().node, balancer.pick().node]).toEqual(['a', 'a']); // 4 and 4
    balancer.add('b', 10);
    expect(Array.from({ length: 30 }, () => balancer.pick().node)).not.toContain('a');
  });

  it('begins at nothing with a node that is added again, whatever it held', () => {
    const balancer = new LeastConnections(['a', 'b']);
    const old = Array.from({ length: 6 }, () => balancer.pick()).filter(({ node }) => node === 'a');
    balancer.remove('a');
    balancer.add('a');
    const picks = Array.from({ length: 2 }, () => balancer.pick().node);
    for (const { done } of old) done();
    picks.push(balancer.pick().node, ...Array.from({ length: 2 }, () => balancer.pick().node));
    expect(picks.join('')).toBe('aaaba');
  });
});
