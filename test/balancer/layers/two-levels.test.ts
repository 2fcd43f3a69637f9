import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ConsistentHashing,
  LeastConnections,
  NoNodeError,
  RoundRobin,
  SmoothWeightedRoundRobin,
  type Lease,
} from 'quorate/balancer';
import {
  HealthGate,
  LayerOrderError,
  pickExcept,
  PriorityLevels,
  TwoLevels,
  type TwoLevelsOptions,
} from 'quorate/balancer/layers';
import { InvalidOptionError, OverloadedError } from 'quorate/core';
import { events, pickable, play } from '../balancer-suite.js';
import { addNodes, groupsSuite, OneEach, onlyAvailable, shares } from './groups.js';

/** The first letter of a node is its group. */
function twoLevels(options: Partial<TwoLevelsOptions> = {}): TwoLevels {
  return new TwoLevels({
    make: () => new RoundRobin(),
    groups: new SmoothWeightedRoundRobin(),
    groupOf: (node) => node[0]!,
    ...options,
  });
}

/** Makes balancers that write down which requests ended, and whether they failed. */
function hearing(heard: string[]): () => RoundRobin {
  return () =>
    new (class extends RoundRobin {
      override pick(): Lease {
        const { node } = super.pick();
        return { node, done: (result) => heard.push(`${node} ${result?.failed}`) };
      }
    })();
}

groupsSuite('TwoLevels', { make: (make) => twoLevels({ make }) });

describe('TwoLevels', () => {
  it('gives each group what its available nodes weigh together', () => {
    const balancer = twoLevels();
    addNodes(balancer, 'a', 2);
    addNodes(balancer, 'b', 3, 2);
    addNodes(balancer, 'c', 4, 0);
    onlyAvailable(balancer, 'b', 1);
    expect(shares(balancer, 400)).toEqual({ a: 0.5, b: 0.5 });
    onlyAvailable(balancer, 'b', 3);
    expect(shares(balancer, 400)).toEqual({ a: 0.25, b: 0.75 });
  });

  it('gives each group the weight that is given, as long as it has a node that is available', () => {
    const balancer = twoLevels({ weightOf: (group) => (group === 'a' ? 3 : 1) });
    addNodes(balancer, 'a', 1);
    addNodes(balancer, 'b', 30);
    expect(shares(balancer, 400)).toEqual({ a: 0.75, b: 0.25 });
    onlyAvailable(balancer, 'a', 0);
    expect(shares(balancer, 40)).toEqual({ b: 1 });
    balancer.add('a0', 0);
    balancer.setAvailable('a0', true);
    expect(shares(balancer, 40)).toEqual({ b: 1 });
  });

  it('counts a request for its group until it is done, and once only', () => {
    const balancer = twoLevels({ groups: new LeastConnections(), weightOf: () => 1 });
    addNodes(balancer, 'a', 5);
    addNodes(balancer, 'b', 5);
    const open = Array.from({ length: 10 }, () => balancer.pick());
    expect(open.filter(({ node }) => node.startsWith('a')).length).toBe(5);
    for (const { node, done } of open)
      if (node.startsWith('a')) {
        done();
        done(); // harmless
      }
    expect(shares({ pick: () => ({ ...balancer.pick(), done: () => {} }) }, 5)).toEqual({ a: 1 });
  });

  it('tells both how a request ended', () => {
    const heard: string[] = [];
    const balancer = twoLevels({ make: hearing(heard), groups: hearing(heard)() });
    balancer.add('a1');
    balancer.pick().done({ failed: true });
    expect(heard.sort()).toEqual(['a true', 'a1 true']);
  });

  it('tries the next group when one is full, and frees the group of what it did not send', () => {
    const groups = new LeastConnections();
    const balancer = twoLevels({ make: () => new OneEach(), groups, weightOf: () => 1 });
    for (const node of ['a0', 'b0', 'b1', 'b2']) balancer.add(node);
    const open = Array.from({ length: 4 }, () => balancer.pick());
    expect(open.map(({ node }) => node)).toEqual(['a0', 'b0', 'b1', 'b2']);
    expect(() => balancer.pick()).toThrow(NoNodeError);
    for (const { done } of open) done();
    // Both are idle again: had anything been left in flight, one group would be passed over.
    expect(shares({ pick: () => balancer.pick() }, 10)).toEqual({ a: 0.5, b: 0.5 });
  });

  it('says that groups are full rather than that there is no node', () => {
    const make = (): ConsistentHashing<string> => new ConsistentHashing([], { key: (key) => key, maxInFlight: 1 });
    const balancer = new TwoLevels<string>({ make, groups: new RoundRobin(), groupOf: (node) => node });
    for (const node of 'ab') balancer.add(node);
    balancer.pick('x');
    balancer.pick('y');
    expect(() => balancer.pick('z')).toThrow(OverloadedError);
  });

  it('ends the request of a group that had no node as one that failed, lest the group look quick', () => {
    const heard: string[] = [];
    const balancer = twoLevels({ make: () => new OneEach(), groups: hearing(heard)() });
    for (const node of ['a', 'b']) balancer.add(node);
    for (const _ of 'ab') balancer.pick();
    expect(() => balancer.pick()).toThrow(NoNodeError);
    expect(heard).toEqual(['a true', 'b true']);
  });

  it('leaves no group closed by a pick that failed', () => {
    const balancer = twoLevels();
    for (const node of ['a', 'b', 'c']) balancer.add(node);
    expect(() => pickExcept(balancer, undefined, ['a', 'b', 'c'])).toThrow(NoNodeError);
    expect(new Set(Array.from('abc', () => balancer.pick().node)).size).toBe(3);
  });

  it('does not take the group out that is named as a node that is excluded', () => {
    const balancer = twoLevels({ groupOf: (node) => (node === 'a' ? 'b' : 'a') });
    balancer.add('a');
    balancer.add('x'); // in group a
    for (let i = 0; i < 4; i++) expect(pickExcept(balancer, undefined, ['a']).node).toBe('x');
    balancer.remove('a');
    expect(pickExcept(balancer, undefined, ['a']).node).toBe('x');
  });

  it('counts a request for a given node for its group, and gives none where the group is closed', () => {
    const groups = new OneEach();
    const balancer = twoLevels({ groups });
    addNodes(balancer, 'a', 2);
    const lease = balancer.pickNode('a0')!;
    expect(balancer.pickNode('a1')).toBeUndefined();
    lease.done();
    expect(balancer.pickNode('a1')?.node).toBe('a1');
  });

  it('lets a group drain of which all nodes have a weight of 0', () => {
    const balancer = twoLevels({ weightOf: () => 1 });
    balancer.add('a0', 0);
    balancer.add('b0');
    expect(balancer.pickNode('a0')?.node).toBe('a0');
    expect(shares(balancer, 10)).toEqual({ b: 1 });
  });

  it('forgets groups without nodes, and has them again', () => {
    const groups = new RoundRobin();
    const balancer = twoLevels({ groups });
    for (const node of ['a0', 'b0']) balancer.add(node);
    balancer.remove('a0');
    balancer.pick();
    expect(groups.nodes).toEqual(['b']);
    balancer.add('a0');
    balancer.pick();
    expect(groups.nodes).toEqual(['b', 'a']);
  });

  it('gives groups the shares of their nodes, whatever has happened before', () => {
    fc.assert(
      fc.property(events, (list) => {
        const groupOf = (node: string): string => (node < 'c' ? 'low' : 'high');
        const groups = new SmoothWeightedRoundRobin();
        const balancer = twoLevels({ groupOf, groups, make: () => new SmoothWeightedRoundRobin() });
        balancer.add('z', 3);
        play(balancer, list, () => undefined);
        balancer.pick();
        const weights = new Map<string, number>([['z', 3]]);
        for (const event of list) if (event.type === 'add') weights.set(event.node, event.weight);
        const can = pickable([...list, { type: 'pick' }]).at(-1)!;
        const low = can.filter((node) => node < 'c');
        const weigh = (nodes: string[]): number => nodes.reduce((sum, node) => sum + weights.get(node)!, 0);
        const share = weigh(low) / (weigh(can) + 3);
        let found = 0;
        for (let i = 0; i < 60; i++) if (groupOf(balancer.pick().node) === 'low') found++;
        expect(Math.abs(found - 60 * share)).toBeLessThanOrEqual(2);
      }),
    );
  });

  it('stacks: regions, zones in them, nodes in these', () => {
    const make = (): TwoLevels => twoLevels({ groupOf: (node) => node.slice(0, 2) });
    const balancer = new HealthGate(twoLevels({ make }));
    for (const node of ['ap1', 'ap2', 'aq1', 'bp1']) balancer.add(node);
    expect(shares(balancer, 400)).toEqual({ a: 0.75, b: 0.25 });
    balancer.setHealthy('aq1', false);
    expect(shares(balancer, 300).b).toBeCloseTo(1 / 3, 2);
  });

  it('refuses a balancer of groups that has nodes, or one with priority levels, which panics', () => {
    expect(() => twoLevels({ groups: new RoundRobin(['a']) })).toThrow('groups is an object');
    const groups = new PriorityLevels({ make: () => new RoundRobin(), priorityOf: () => 0 });
    expect(() => twoLevels({ groups })).toThrow(LayerOrderError);
    expect(() => new PriorityLevels({ make: () => twoLevels(), priorityOf: () => 0 })).not.toThrow();
  });

  it('refuses a group without a name, or a weight that is none, and has no such node then', () => {
    for (const options of [{ groupOf: () => '' }, { weightOf: () => NaN }]) {
      const balancer = twoLevels(options);
      expect(() => balancer.add('a')).toThrow(InvalidOptionError);
      expect(balancer.nodes).toEqual([]);
    }
    expect(() => twoLevels({ groupOf: undefined as never })).toThrow('groupOf is');
  });
});
