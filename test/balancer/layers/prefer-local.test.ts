import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RoundRobin } from 'quorate/balancer';
import { HealthGate, pickExcept, PreferLocal, type PreferLocalOptions } from 'quorate/balancer/layers';
import { InvalidOptionError, seededRandom } from 'quorate/core';
import { events, play } from '../balancer-suite.js';
import { addNodes, groupsSuite, OneEach, onlyAvailable, shares, sweep } from './groups.js';

/** In zone a; the first letter of a node is its zone. */
function zones(options: Partial<PreferLocalOptions> = {}): PreferLocal {
  return new PreferLocal({
    make: () => new RoundRobin(),
    zone: 'a',
    zoneOf: (node) => node[0]!,
    random: sweep(1000),
    ...options,
  });
}

groupsSuite('PreferLocal', { make: (make) => zones({ make, random: seededRandom(1) }) });

describe('PreferLocal', () => {
  it.each([
    [4, { a: 1 }],
    [3, { a: 1 }],
    [2, { a: 0.7, b: 0.3 }],
    [1, { a: 0.35, b: 0.65 }],
    [0, { b: 1 }],
  ])('keeps 1.4 times the part of its zone that is available: %d of 4', (available, expected) => {
    const balancer = zones();
    addNodes(balancer, 'a', 4);
    addNodes(balancer, 'b', 2);
    onlyAvailable(balancer, 'a', available);
    expect(shares(balancer, 1000)).toEqual(expected);
  });

  it('spills over to other zones by the weight that is available there', () => {
    const balancer = zones();
    addNodes(balancer, 'a', 2);
    addNodes(balancer, 'b', 3);
    addNodes(balancer, 'c', 2, 2);
    addNodes(balancer, 'd', 5, 0);
    onlyAvailable(balancer, 'a', 1); // 70 % stays
    onlyAvailable(balancer, 'b', 2);
    expect(shares(balancer, 1000)).toEqual({ a: 0.7, b: 0.1, c: 0.2 });
  });

  it.each([
    [0.25, 1],
    [0.5, 0.5],
    [0.75, 1 / 3],
    [1, 0.25],
    [0.1, 1],
  ])('with %d of all clients and a quarter of all nodes, %d of the requests stay', (localShareOfClients, share) => {
    const balancer = zones({ localShareOfClients });
    addNodes(balancer, 'a', 2);
    addNodes(balancer, 'b', 6);
    expect(balancer.localShare).toBeCloseTo(share, 12);
    expect(shares(balancer, 1000).a).toBeCloseTo(share, 2);
  });

  it('takes the lesser of both shares', () => {
    const balancer = zones({ localShareOfClients: 0.5 });
    addNodes(balancer, 'a', 10);
    addNodes(balancer, 'b', 2);
    expect(balancer.localShare).toBe(1);
    onlyAvailable(balancer, 'a', 2); // a half of what is available, but a fifth of the zone
    expect(balancer.localShare).toBeCloseTo(1.4 * 0.2, 12);
    addNodes(balancer, 'b', 18);
    expect(balancer.localShare).toBeCloseTo(2 / 20 / 0.5, 12);
  });

  it('keeps everything where no other zone has a node, however few are left', () => {
    const balancer = zones({ localShareOfClients: 1 });
    addNodes(balancer, 'a', 100);
    onlyAvailable(balancer, 'a', 1);
    expect(balancer.localShare).toBe(1);
    addNodes(balancer, 'b', 1);
    onlyAvailable(balancer, 'b', 0);
    expect(shares(balancer, 100)).toEqual({ a: 1 });
  });

  it('sends all to others where its own zone has no node', () => {
    const balancer = zones({ zone: 'nowhere' });
    addNodes(balancer, 'a', 1);
    addNodes(balancer, 'b', 3);
    expect(balancer.localShare).toBe(0);
    expect(shares(balancer, 1000)).toEqual({ a: 0.25, b: 0.75 });
  });

  it('keeps no more than what is available without overprovisioning', () => {
    const balancer = zones({ overprovisioning: 1 });
    addNodes(balancer, 'a', 4);
    addNodes(balancer, 'b', 1);
    onlyAvailable(balancer, 'a', 3);
    expect(balancer.localShare).toBe(0.75);
  });

  it.each([1, 2, 3])('draws by shares, but for chance (seed %d)', (seed) => {
    const balancer = zones({ random: seededRandom(seed) });
    addNodes(balancer, 'a', 2);
    addNodes(balancer, 'b', 1);
    addNodes(balancer, 'c', 2);
    onlyAvailable(balancer, 'a', 1);
    const found = shares(balancer, 40_000);
    const expected = { a: 0.7, b: 0.1, c: 0.2 };
    for (const [zone, share] of Object.entries(expected))
      expect(Math.abs(found[zone]! - share)).toBeLessThan(5 * Math.sqrt((share * (1 - share)) / 40_000));
  });

  it('spreads retries over the other zones by their weights', () => {
    const balancer = zones({ random: seededRandom(5) });
    addNodes(balancer, 'a', 1);
    addNodes(balancer, 'b', 1);
    addNodes(balancer, 'c', 3);
    const found = shares({ pick: () => pickExcept(balancer, undefined, ['a0']) }, 8000);
    expect(Object.keys(found).sort()).toEqual(['b', 'c']);
    expect(Math.abs(found.b! - 0.25)).toBeLessThan(5 * Math.sqrt((0.25 * 0.75) / 8000));
  });

  it('tries its own zone first when the one that was drawn is full', () => {
    const balancer = zones({ make: () => new OneEach(), random: () => 0.9 });
    for (const node of ['a0', 'a1', 'a2', 'b0', 'c0']) balancer.add(node);
    onlyAvailable(balancer, 'a', 1); // 47 % stay, so that 0.9 is another zone
    expect([balancer.pick().node, balancer.pick().node]).toEqual(['c0', 'a0']);
    expect(balancer.pick().node).toBe('b0');
  });

  it('counts what layers around it take out', () => {
    const balancer = new HealthGate(zones());
    addNodes(balancer, 'a', 2);
    addNodes(balancer, 'b', 2);
    balancer.setHealthy('a0', false);
    expect(shares(balancer, 1000)).toEqual({ a: 0.7, b: 0.3 });
  });

  it('draws once a pick', () => {
    let draws = 0;
    const balancer = zones({ random: () => (draws++, 0.5) });
    addNodes(balancer, 'a', 3);
    for (let i = 0; i < 5; i++) balancer.pick();
    expect(draws).toBe(5);
  });

  it('has the local share of a plain formula, whatever happens', () => {
    const shareOfClients = fc.double({ min: 0.01, max: 1, noNaN: true });
    fc.assert(
      fc.property(events, shareOfClients, (list, localShareOfClients) => {
        const zoneOf = (node: string): string => (node < 'd' ? 'a' : 'b');
        const balancer = zones({ zoneOf, localShareOfClients });
        const nodes = new Map<string, { weight: number; available: boolean }>();
        for (const event of list) {
          play(balancer, [event], () => undefined);
          if (event.type === 'add')
            nodes.set(event.node, { available: true, ...nodes.get(event.node), weight: event.weight });
          else if (event.type === 'remove') nodes.delete(event.node);
          else if (event.type === 'setAvailable' && nodes.has(event.node))
            nodes.get(event.node)!.available = event.available;
          const hosts = [...nodes].filter(([, { weight }]) => weight > 0);
          const local = hosts.filter(([node]) => zoneOf(node) === 'a');
          const up = hosts.filter(([, { available }]) => available);
          const localUp = up.filter(([node]) => zoneOf(node) === 'a');
          const weigh = (some: typeof hosts): number => some.reduce((sum, [, { weight }]) => sum + weight, 0);
          const some = Math.min(
            1,
            (1.4 * localUp.length) / local.length,
            weigh(localUp) / weigh(up) / localShareOfClients,
          );
          const expected = localUp.length === 0 ? 0 : localUp.length === up.length ? 1 : some;
          expect(balancer.localShare).toBeCloseTo(expected, 12);
        }
      }),
    );
  });

  it.each([
    [{ overprovisioning: 0.9 }, 'overprovisioning'],
    [{ localShareOfClients: 2 }, 'localShareOfClients'],
    [{ zone: 1 as never }, 'zone'],
    [{ zoneOf: undefined as never }, 'zoneOf'],
  ])('refuses options that cannot be: %j', (options, name) => {
    expect(() => zones(options)).toThrow(InvalidOptionError);
    expect(() => zones(options)).toThrow(`${name} is`);
  });

  it('refuses a zone that is no name', () => {
    expect(() => zones({ zoneOf: () => undefined as never }).add('a')).toThrow('zone of a is undefined');
  });
});
