import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LeastConnections, NoNodeError, RoundRobin } from 'quorate/balancer';
import {
  HealthGate,
  LayerOrderError,
  pickExcept,
  PriorityLevels,
  TwoLevels,
  type PriorityLevelsOptions,
} from 'quorate/balancer/layers';
import { InvalidOptionError, seededRandom } from 'quorate/core';
import { tally } from '../active-nodes.js';
import { events, play } from '../balancer-suite.js';
import { addNodes, groupsSuite, onlyAvailable, shares, sweep } from './groups.js';

const priorityOf = (node: string): number => node.charCodeAt(0) - 'a'.charCodeAt(0);

function levels(options: Partial<PriorityLevelsOptions> = {}): PriorityLevels {
  return new PriorityLevels({ make: () => new RoundRobin(), priorityOf, random: sweep(100), ...options });
}

/** A hundred nodes a level, of which so many are available. */
function fleet(available: readonly number[], options: Partial<PriorityLevelsOptions> = {}): PriorityLevels {
  const balancer = levels(options);
  available.forEach((_, i) => addNodes(balancer, 'abc'[i]!, 100));
  available.forEach((count, i) => onlyAvailable(balancer, 'abc'[i]!, count));
  return balancer;
}

groupsSuite('PriorityLevels', { make: (make) => levels({ make, random: seededRandom(1) }) });

describe('PriorityLevels', () => {
  it.each([
    [[72, 100], { a: 1 }],
    [[71, 100], { a: 0.99, b: 0.01 }],
    [[50, 100], { a: 0.7, b: 0.3 }],
    [[25, 100], { a: 0.35, b: 0.65 }],
    [[0, 100], { b: 1 }],
    [[5, 65], { a: 0.07, b: 0.93 }],
  ])('sends to levels as Envoy does: %j of 100 nodes are available', (available, expected) => {
    expect(shares(fleet(available), 100)).toEqual(expected);
  });

  it('divides by health without panic, and by hosts when all levels panic', () => {
    expect(shares(fleet([25, 25, 20], { panicThreshold: 0 }), 100)).toEqual({ a: 0.36, b: 0.36, c: 0.28 });
    expect(shares(fleet([25, 25, 20]), 100)).toEqual({ a: 0.34, b: 0.33, c: 0.33 });
  });

  it.each([1, 2, 3])('draws levels by their loads, but for chance (seed %d)', (seed) => {
    const counts = shares(fleet([50, 100], { random: seededRandom(seed) }), 40_000);
    expect(Math.abs(counts.a! - 0.7)).toBeLessThan(5 * Math.sqrt((0.7 * 0.3) / 40_000));
  });

  it('tells what each level has and gets', () => {
    expect(fleet([5, 65]).levels).toEqual([
      { priority: 0, hosts: 100, available: 5, load: 7, panics: true },
      { priority: 1, hosts: 100, available: 65, load: 93, panics: false },
    ]);
  });

  it('does not panic while levels have full health together, however few nodes one has left', () => {
    const balancer = fleet([5, 100]);
    expect(balancer.levels.map(({ panics }) => panics)).toEqual([false, false]);
    const picked = tally(balancer, 300);
    expect([...picked.keys()].filter((node) => node.startsWith('a'))).toEqual(['a0', 'a1', 'a2', 'a3', 'a4']);
  });

  it('picks among all nodes of a level in panic, and only the available ones of one that is not', () => {
    const picked = [...tally(fleet([49, 20], { random: seededRandom(4) }), 2000).keys()];
    expect(picked.length).toBe(200);
    const half = [...tally(fleet([50, 20], { random: seededRandom(4) }), 2000).keys()];
    expect(half.filter((node) => node.startsWith('a')).length).toBe(50); // half is not below half
    expect(half.filter((node) => node.startsWith('b')).length).toBe(100);
  });

  it('picks among all nodes of all levels when nothing is available, by their number', () => {
    const balancer = levels();
    addNodes(balancer, 'a', 1);
    addNodes(balancer, 'b', 3);
    onlyAvailable(balancer, 'a', 0);
    onlyAvailable(balancer, 'b', 0);
    expect(balancer.levels.map(({ load }) => load)).toEqual([25, 75]);
    expect(shares(balancer, 100)).toEqual({ a: 0.25, b: 0.75 });
  });

  it('ends a panic as soon as enough is available: nodes that are down get nothing any more', () => {
    const balancer = fleet([40]);
    expect(tally(balancer, 200).size).toBe(100);
    onlyAvailable(balancer, 'a', 50);
    expect(tally(balancer, 200).size).toBe(50);
    onlyAvailable(balancer, 'a', 40);
    expect(tally(balancer, 200).size).toBe(100);
  });

  it('never panics with a threshold of 0: when nothing is available it refuses', () => {
    const balancer = fleet([1, 0], { panicThreshold: 0 });
    expect([...tally(balancer, 50).keys()]).toEqual(['a0']);
    balancer.setAvailable('a0', false);
    expect(() => balancer.pick()).toThrow(NoNodeError);
  });

  it('uses one node of a thousand that is left, though that is no percent of health', () => {
    const balancer = levels({ panicThreshold: 0 });
    addNodes(balancer, 'a', 1000);
    onlyAvailable(balancer, 'a', 1);
    expect(balancer.levels).toMatchObject([{ load: 0 }]);
    expect(balancer.pick().node).toBe('a0');
  });

  it('does not count nodes of weight 0, and never picks them, in panic either', () => {
    const balancer = levels();
    addNodes(balancer, 'a', 2);
    balancer.add('drained', 0);
    balancer.add('a9', 0);
    onlyAvailable(balancer, 'a', 0);
    expect(balancer.levels).toEqual([{ priority: 0, hosts: 2, available: 0, load: 100, panics: true }]);
    expect([...tally(balancer, 50).keys()].sort()).toEqual(['a0', 'a1']);
  });

  it('gives no request for a given node that is not available, in panic either', () => {
    const balancer = fleet([0]);
    expect(balancer.pick().node).toBeDefined();
    expect(balancer.pickNode('a5')).toBeUndefined();
  });

  it('leaves nodes closed that are excluded from a pick, in panic as well', () => {
    const balancer = levels();
    addNodes(balancer, 'a', 2);
    onlyAvailable(balancer, 'a', 0);
    for (let i = 0; i < 10; i++) expect(pickExcept(balancer, undefined, ['a0']).node).toBe('a1');
    expect(tally(balancer, 10).size).toBe(2);
  });

  it('orders levels by number, not by when they came, and bears gaps', () => {
    const balancer = levels({ priorityOf: (node) => ({ x: 7, y: 2, z: 100 })[node[0]!]! });
    for (const group of 'xyz') addNodes(balancer, group, 2);
    expect(balancer.levels.map(({ priority, load }) => [priority, load])).toEqual([
      [2, 100],
      [7, 0],
      [100, 0],
    ]);
  });

  it('moves a node whose priority has changed when it is added again, with what was told of it', () => {
    const priority = new Map([
      ['m', 0],
      ['n', 1],
    ]);
    const balancer = levels({ priorityOf: (node) => priority.get(node)! });
    balancer.add('m');
    balancer.add('n');
    balancer.setAvailable('n', false);
    priority.set('m', 3);
    priority.set('n', 0);
    balancer.add('m');
    balancer.add('n');
    expect(balancer.nodes).toEqual(['m', 'n']);
    expect(balancer.levels).toMatchObject([
      { priority: 0, hosts: 1, available: 0, load: 0 },
      { priority: 3, hosts: 1, available: 1, load: 100 },
    ]);
    expect(balancer.pick().node).toBe('m');
  });

  it('counts what layers around it take out', () => {
    const balancer = new HealthGate(levels());
    addNodes(balancer, 'a', 2);
    addNodes(balancer, 'b', 2);
    balancer.setHealthy('a0', false);
    expect(shares(balancer, 100)).toEqual({ a: 0.7, b: 0.3 });
  });

  it('draws once a pick', () => {
    let draws = 0;
    const balancer = levels({ random: () => (draws++, 0.5) });
    addNodes(balancer, 'a', 3);
    for (let i = 0; i < 5; i++) balancer.pick();
    expect(draws).toBe(5);
  });

  it('gives out the lease of the balancer inside: nothing is allocated', () => {
    const balancer = levels();
    balancer.add('a');
    expect(balancer.pick()).toBe(balancer.pick());
  });

  it('counts as a plain list does, whatever happens', () => {
    fc.assert(
      fc.property(events, (list) => {
        const nodes = new Map<string, { weight: number; available: boolean }>();
        const balancer = levels();
        for (const event of list) {
          play(balancer, [event], () => undefined);
          if (event.type === 'add')
            nodes.set(event.node, { available: true, ...nodes.get(event.node), weight: event.weight });
          else if (event.type === 'remove') nodes.delete(event.node);
          else if (event.type === 'setAvailable' && nodes.has(event.node))
            nodes.get(event.node)!.available = event.available;
          const hosts = [...nodes].filter(([, { weight }]) => weight > 0).sort(([a], [b]) => (a < b ? -1 : 1));
          expect(balancer.levels.map((level) => [level.priority, level.hosts, level.available])).toEqual(
            hosts.map(([node, { available }]) => [priorityOf(node), 1, Number(available)]),
          );
          // Each level has one node here: the first that is available has all.
          const first = hosts.findIndex(([, { available }]) => available);
          if (first !== -1) expect(balancer.levels[first]!.load).toBe(100);
          expect(balancer.levels.every(({ panics }) => panics === (first === -1))).toBe(true);
        }
      }),
    );
  });

  it('refuses PriorityLevels within, also deeper', () => {
    expect(() => levels({ make: () => levels() })).toThrow(LayerOrderError);
    const deep = (): TwoLevels =>
      new TwoLevels({ make: () => levels(), groups: new LeastConnections(), groupOf: () => 'group' });
    expect(() => levels({ make: deep })).toThrow('let priorityOf number them');
  });

  it.each([
    [{ panicThreshold: 1.1 }, 'panicThreshold'],
    [{ overprovisioning: 0 }, 'overprovisioning'],
    [{ priorityOf: undefined as never }, 'priorityOf'],
    [{ make: undefined as never }, 'make'],
  ])('refuses options that cannot be: %j', (options, name) => {
    expect(() => levels(options)).toThrow(InvalidOptionError);
    expect(() => levels(options)).toThrow(`${name} is`);
  });

  it.each([-1, 0.5, NaN])('refuses a priority of %d, and has no such node then', (priority) => {
    const balancer = levels({ priorityOf: () => priority });
    expect(() => balancer.add('a')).toThrow(`priority of a is ${priority}`);
    expect(balancer.nodes).toEqual([]);
  });
});
