import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OverloadedError } from 'quorate/core';
import {
  AnchorHash,
  type ConsistentHash,
  HashRing,
  JumpHash,
  KetamaRing,
  Maglev,
  MementoHash,
  MultiProbe,
  NginxRing,
  type Nodes,
  RendezvousHash,
} from 'quorate/hashing';
import { md5 } from 'quorate/hashing/node';
import {
  ConsistentHashing,
  type ConsistentHashingOptions,
  type Lease,
  NoNodeError,
  RoundRobin,
} from 'quorate/balancer';
import { balancerSuite } from './balancer-suite.js';

type Options = Omit<ConsistentHashingOptions<string | undefined>, 'key'>;
const hashing = (nodes: Iterable<string | readonly [string, number]>, options: Options = {}) =>
  new ConsistentHashing(nodes, { key: (key: string | undefined) => key, ...options });
const KEYS = Array.from({ length: 300 }, (_, i) => `key-${i}`);
const NAMES = ['a', 'b', 'c', 'd', 'e'];

/** Shares of a few hundred keys are as even as chance has it, and as the points of a ring. */
const chance = (unevenness: number) => (picks: number, share: number) =>
  5 * Math.sqrt(picks * share * (1 - share)) + unevenness * picks * share + 3;

balancerSuite('ConsistentHashing on a ring', {
  make: (nodes) => hashing(nodes),
  context: (i) => `key-${i}`,
  weighted: true,
  lag: chance(0.4),
});

balancerSuite('ConsistentHashing on RendezvousHash, with a limit', {
  make: (nodes) => hashing(nodes, { hash: (list) => new RendezvousHash(list), maxInFlight: 100 }),
  context: (i) => `key-${i}`,
  weighted: true,
  lag: chance(0),
});

balancerSuite('ConsistentHashing without keys', {
  make: (nodes) => hashing(nodes, { maxInFlight: 100 }),
  context: () => undefined,
  weighted: false,
  lag: () => 1,
});

const algorithms: { readonly name: string; readonly hash: (nodes: Nodes) => ConsistentHash }[] = [
  { name: 'HashRing', hash: (nodes) => new HashRing(nodes) },
  { name: 'RendezvousHash', hash: (nodes) => new RendezvousHash(nodes) },
  { name: 'Maglev', hash: (nodes) => new Maglev(nodes, { tableSize: 251 }) },
  { name: 'KetamaRing', hash: (nodes) => new KetamaRing(nodes, { md5 }) },
  { name: 'NginxRing', hash: (nodes) => new NginxRing(nodes) },
  { name: 'JumpHash', hash: (nodes) => new JumpHash(nodes) },
  { name: 'MultiProbe', hash: (nodes) => new MultiProbe(nodes) },
  { name: 'AnchorHash', hash: (nodes) => new AnchorHash(nodes, { capacity: 20 }) },
  { name: 'MementoHash', hash: (nodes) => new MementoHash(nodes) },
];
const UNWEIGHTED = ['JumpHash', 'MultiProbe', 'AnchorHash', 'MementoHash'];

describe.each(algorithms)('ConsistentHashing on $name', ({ name, hash }) => {
  it('places keys as the hash does', () => {
    const plain = hash(NAMES);
    const balancer = hashing(NAMES, { hash });
    for (const key of KEYS) expect(balancer.pick(key).node).toBe(plain.get(key));
  });

  it('goes to the first node in the order of preference that is available and has room', () => {
    const plain = hash(NAMES);
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 40 }), { maxLength: 80 }), fc.integer({ min: 1, max: 4 }), (steps, limit) => {
        const balancer = hashing(NAMES, { hash, maxInFlight: limit });
        const loads = new Map(NAMES.map((node) => [node, 0]));
        const down = new Set<string>();
        const leases: Lease[] = [];
        // Below 20 a request for one of 20 keys, below 30 a node goes down or comes back, else a request is done.
        for (const step of steps) {
          if (step < 20) {
            const expected = plain
              .getN(`key-${step}`, NAMES.length)
              .find((node) => !down.has(node) && loads.get(node)! < limit);
            if (expected === undefined) {
              expect(() => balancer.pick(`key-${step}`)).toThrow(down.size === 5 ? NoNodeError : OverloadedError);
              continue;
            }
            const lease = balancer.pick(`key-${step}`);
            expect(lease.node).toBe(expected);
            leases.push(lease);
            loads.set(expected, loads.get(expected)! + 1);
          } else if (step < 30) {
            const node = NAMES[step % 5]!;
            const back = down.delete(node);
            if (!back) down.add(node);
            balancer.setAvailable(node, back);
          } else if (leases.length > 0) {
            const [{ node, done }] = leases.splice(step % leases.length, 1) as [Lease];
            done();
            done();
            loads.set(node, loads.get(node)! - 1);
          }
        }
      }),
      { numRuns: 30 },
    );
  });

  it('moves no keys of other nodes when one is down or has weight 0, and gives it its own back', () => {
    const balancer = hashing(NAMES, { hash });
    const before = KEYS.map((key) => balancer.pick(key).node);
    const expectMovedFrom = (...gone: string[]) =>
      KEYS.forEach((key, i) => {
        const { node } = balancer.pick(key);
        if (gone.includes(before[i]!)) expect(gone).not.toContain(node);
        else expect(node).toBe(before[i]);
      });
    balancer.setAvailable('b', false);
    expectMovedFrom('b');
    balancer.setAvailable('d', false);
    expectMovedFrom('b', 'd');
    balancer.add('e', 0);
    expectMovedFrom('b', 'd', 'e');
    balancer.setAvailable('b', true);
    balancer.setAvailable('d', true);
    balancer.add('e', 1);
    expectMovedFrom();
  });

  it(UNWEIGHTED.includes(name) ? 'refuses weights with the error of the hash' : 'passes weights to the hash', () => {
    const balancer = hashing(NAMES, { hash });
    if (UNWEIGHTED.includes(name)) {
      const before = KEYS.map((key) => balancer.pick(key).node);
      expect(() => balancer.add('a', 2)).toThrow(`weight of a is 2; it must be 1: ${name} gives equal shares`);
      expect(() => balancer.add('f', 2)).toThrow(`weight of f is 2`);
      expect(() => hashing([['a', 2]], { hash })).toThrow(`weight of a is 2`);
      expect(balancer.nodes).toEqual(NAMES);
      expect(KEYS.map((key) => balancer.pick(key).node)).toEqual(before);
    } else {
      balancer.add('a', 3);
      const weighted = hash(NAMES.map((node) => [node, node === 'a' ? 3 : 1]));
      for (const key of KEYS) expect(balancer.pick(key).node).toBe(weighted.get(key));
    }
  });
});

describe('ConsistentHashing', () => {
  it('takes bytes as keys, too', () => {
    const balancer = new ConsistentHashing(NAMES, { key: (text: string) => new TextEncoder().encode(text) });
    for (const key of KEYS) expect(balancer.pick(key).node).toBe(hashing(NAMES).pick(key).node);
  });

  it.each([undefined, ''])('deals requests with the key %j by turns', (key) => {
    const balancer = hashing(NAMES);
    const picks = (count: number): string => Array.from({ length: count }, () => balancer.pick(key).node).join('');
    expect(picks(7)).toBe('abcdeab');
    balancer.pick('key-1');
    balancer.setAvailable('d', false);
    expect(picks(3)).toBe('cea');
    balancer.remove('b');
    balancer.add('f', 0);
    balancer.add('g');
    expect(picks(4)).toBe('cega');
  });

  it('deals them by another balancer, which is told what is down and what is full, and when a request is over', () => {
    const results: unknown[] = [];
    class Watched extends RoundRobin {
      override pick(): Lease {
        return { node: super.pick().node, done: (result) => results.push(result) };
      }
    }
    const balancer = hashing(['a', 'b'], { fallback: new Watched(), maxInFlight: 2 });
    const held = Array.from({ length: 4 }, () => balancer.pick(undefined));
    expect(held.map(({ node }) => node).join('')).toBe('abab');
    expect(() => balancer.pick(undefined)).toThrow(OverloadedError);
    held[1]!.done({ failed: true });
    held[1]!.done();
    expect(results).toEqual([{ failed: true }]);
    balancer.setAvailable('b', false);
    expect(() => balancer.pick(undefined)).toThrow('every available node reached its limit of 2; try again later');
    held[3]!.done(); // of one that is down
    expect(() => balancer.pick(undefined)).toThrow(OverloadedError);
    balancer.setAvailable('b', true);
    expect([balancer.pick(undefined).node, balancer.pick(undefined).node]).toEqual(['b', 'b']);
  });

  it('counts requests for a given node towards its limit, and gives none above it', () => {
    const balancer = hashing(['a', 'b'], { maxInFlight: 2 });
    const open = [balancer.pickNode('a')!, balancer.pickNode('a')!];
    expect(balancer.pickNode('a')).toBeUndefined();
    expect([balancer.pick(undefined).node, balancer.pick('key').node]).toEqual(['b', 'b']);
    open[0]!.done();
    expect(balancer.pick('key').node).toBe('a');
  });

  it('shares the limit between requests with and without keys', () => {
    const balancer = hashing(['a'], { maxInFlight: 2 });
    const first = balancer.pick('key');
    balancer.pick(undefined);
    expect(() => balancer.pick('key')).toThrow(OverloadedError);
    expect(() => balancer.pick(undefined)).toThrow(OverloadedError);
    first.done();
    expect(balancer.pick(undefined).node).toBe('a');
  });

  it('forgets what a node held that was removed', () => {
    const balancer = hashing(['a'], { maxInFlight: 1 });
    const lease = balancer.pick('key');
    balancer.remove('a');
    balancer.add('a');
    const again = balancer.pick('key');
    balancer.add('b');
    lease.done(); // and the one that is there now is full
    const other = balancer.pick(undefined);
    expect(other.node).toBe('b');
    expect(() => balancer.pick('key')).toThrow(OverloadedError);
    expect(() => balancer.pick(undefined)).toThrow(OverloadedError);
    again.done();
    expect(balancer.pick(undefined).node).toBe('a');
  });

  it('allocates nothing without a limit', () => {
    const balancer = hashing(['a']);
    expect(balancer.pick('key')).toBe(balancer.pick('key'));
    expect(balancer.pick(undefined)).toBe(balancer.pick(undefined));
  });

  it('serves 100 requests for one key at once, although its node has room for 20', () => {
    const balancer = hashing(NAMES, { maxInFlight: 20 });
    const counts = new Map<string, number>();
    for (let i = 0; i < 100; i++) {
      const { node } = balancer.pick('hot');
      counts.set(node, (counts.get(node) ?? 0) + 1);
    }
    expect([...counts.values()]).toEqual([20, 20, 20, 20, 20]);
    expect([...counts.keys()]).toEqual(new HashRing(NAMES).getN('hot', 5));
  });

  it('reaches a node that is too light for a point of the ring when no other is left', () => {
    const balancer = hashing([
      ['a', 1],
      ['light', 0.001],
    ]);
    expect(new Set(KEYS.map((key) => balancer.pick(key).node))).toEqual(new Set(['a']));
    balancer.setAvailable('a', false);
    expect(balancer.pick('key-1').node).toBe('light');
  });

  it('places by nodes and weights alone, with weight 0 as well', () => {
    const hash = (nodes: Nodes) => new Maglev(nodes, { tableSize: 251 });
    const came = hashing([['a', 5], 'b', 'c'], { hash });
    came.add('a', 0);
    const begun = hashing(['c', ['a', 0], 'b'], { hash });
    for (const key of KEYS) expect(came.pick(key).node).toBe(begun.pick(key).node);
  });

  it('gives the hash all nodes at once, and tells it nothing that it knows', () => {
    const calls: string[] = [];
    class Watched extends HashRing {
      override add(node: string, weight?: number): void {
        calls.push(`${node} ${weight}`);
        super.add(node, weight);
      }
    }
    const given: unknown[] = [];
    const balancer = hashing(['b', ['a', 0]], { hash: (nodes) => (given.push(nodes), new Watched(nodes)) });
    expect(given).toEqual([
      [
        ['b', 1],
        ['a', 1],
      ],
    ]);
    calls.length = 0;
    balancer.add('b');
    balancer.add('b', 0);
    balancer.setAvailable('b', false);
    balancer.add('a', 1);
    expect(calls).toEqual([]);
    balancer.add('b', 2);
    expect(calls).toEqual(['b 2']);
  });

  it('names the option that is wrong', () => {
    // @ts-expect-error a key is needed
    expect(() => new ConsistentHashing(['a'], {})).toThrow('key is undefined; it must be a function');
    for (const maxInFlight of [0, 1.5, NaN])
      expect(() => hashing(['a'], { maxInFlight })).toThrow(`maxInFlight is ${maxInFlight}; it must be a whole number`);
    expect(() => hashing(['a'], { fallback: new RoundRobin(['a']) })).toThrow(
      'fallback is an object; it must be a balancer without nodes',
    );
    expect(() => hashing(['a'], { hash: () => new HashRing(['b']) })).toThrow('hash is a function; it must be a');
  });
});
