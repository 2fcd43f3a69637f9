import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AnchorHash,
  BoundedLoads,
  HashRing,
  JumpHash,
  type Lease,
  Maglev,
  MementoHash,
  MultiProbe,
  type Nodes,
  RendezvousHash,
} from 'quorate/hashing';
import { names } from './moved.js';

const placements = [
  { name: 'HashRing', placement: (nodes: Nodes) => new HashRing(nodes) },
  { name: 'RendezvousHash', placement: (nodes: Nodes) => new RendezvousHash(nodes) },
  { name: 'Maglev', placement: (nodes: Nodes) => new Maglev(nodes, { tableSize: 251 }) },
  { name: 'JumpHash', placement: (nodes: Nodes) => new JumpHash(nodes) },
  { name: 'MultiProbe', placement: (nodes: Nodes) => new MultiProbe(nodes) },
  { name: 'AnchorHash', placement: (nodes: Nodes) => new AnchorHash(nodes, { capacity: 50 }) },
  { name: 'MementoHash', placement: (nodes: Nodes) => new MementoHash(nodes) },
];

describe.each(placements)('bounded loads on $name', ({ placement }) => {
  it('gives a key the first node with room that it prefers', () => {
    // A number below 12 acquires for one of twelve keys, others give a lease back.
    const step = fc.nat({ max: 20 });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), fc.constantFrom(0, 0.1, 0.25, 1), (steps, epsilon) => {
        const bounded = new BoundedLoads(names(7), { epsilon, placement });
        const plain = placement(names(7));
        const loads = new Map(names(7).map((node) => [node, 0]));
        const leases: Lease[] = [];
        for (const choice of steps) {
          if (choice < 12) {
            const capacity = Math.ceil((1 + epsilon) * (leases.length + 1) * (1 / 7));
            const expected = plain.getN(`key-${choice}`, 7).find((node) => loads.get(node)! < capacity)!;
            expect(bounded.peek(`key-${choice}`)).toBe(expected);
            leases.push(bounded.acquire(`key-${choice}`)!);
            loads.set(expected, loads.get(expected)! + 1);
          } else if (leases.length > 0) {
            const [{ node, done }] = leases.splice(choice % leases.length, 1) as [Lease];
            done();
            done();
            loads.set(node, loads.get(node)! - 1);
          }
          expect(bounded.loads).toEqual(loads);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('spreads one key that everybody wants', () => {
    const bounded = new BoundedLoads(names(10), { placement });
    for (let i = 0; i < 1000; i++) bounded.acquire('hot');
    expect(Math.max(...bounded.loads.values())).toBe(125);
  });
});

describe('bounded loads', () => {
  it('keep a key where it was while there is room', () => {
    const bounded = new BoundedLoads(names(5));
    const ring = new HashRing(names(5));
    for (let i = 0; i < 500; i++) {
      const { node, done } = bounded.acquire(`key-${i}`)!;
      expect(node).toBe(ring.get(`key-${i}`));
      done();
    }
    expect([...bounded.loads.values()]).toEqual([0, 0, 0, 0, 0]);
  });

  it('bound each node by its weight', () => {
    const nodes: [string, number][] = [
      ['light', 1],
      ['heavy', 3],
      ['idle', 0],
    ];
    const bounded = new BoundedLoads(nodes, { epsilon: 0 });
    for (let i = 0; i < 400; i++) bounded.acquire('hot');
    expect(Object.fromEntries(bounded.loads)).toEqual({ heavy: 300, idle: 0, light: 100 });
    bounded.add('light', 3);
    expect(bounded.loads.get('light')).toBe(100);
    for (let i = 0; i < 200; i++) expect(bounded.acquire('hot')!.node).toBe('light');
    expect(() => bounded.add('light', -1)).toThrow('weight of light is -1');
    expect(bounded.loads.get('light')).toBe(300);
  });

  it('forget the load of a node that is removed, and what its leases give back late', () => {
    const bounded = new BoundedLoads(['a', 'b']);
    const leases = Array.from({ length: 10 }, (_, i) => bounded.acquire(`key-${i}`)!);
    const of = (node: string): number => leases.filter((lease) => lease.node === node).length;
    expect(Object.fromEntries(bounded.loads)).toEqual({ a: of('a'), b: of('b') });
    expect([bounded.remove('a'), bounded.remove('a')]).toEqual([true, false]);
    expect(bounded.nodes).toEqual(['b']);
    bounded.add('a');
    const again = Array.from({ length: 10 }, (_, i) => bounded.acquire(`other-${i}`)!);
    const inA = again.filter(({ node }) => node === 'a').length;
    for (const { done } of leases) done();
    expect(Object.fromEntries(bounded.loads)).toEqual({ a: inA, b: 10 - inA });
    for (const { done } of [...again, ...again]) done();
    expect(Object.fromEntries(bounded.loads)).toEqual({ a: 0, b: 0 });
  });

  it('count what is under way rightly after nodes were removed with leases out', () => {
    const bounded = new BoundedLoads(['a', 'b', 'c'], { epsilon: 0 });
    const leases = Array.from({ length: 30 }, () => bounded.acquire('hot')!);
    bounded.remove('a');
    const afterwards = Array.from({ length: 10 }, () => bounded.acquire('hot')!);
    expect(Object.fromEntries(bounded.loads)).toEqual({ b: 15, c: 15 });
    bounded.add('a');
    for (const { done } of [...leases, ...afterwards]) done();
    for (let i = 0; i < 30; i++) bounded.acquire('hot');
    expect(Object.fromEntries(bounded.loads)).toEqual({ a: 10, b: 10, c: 10 });
  });

  it('have no place while no node has a weight', () => {
    const bounded = new BoundedLoads();
    expect([bounded.acquire('key'), bounded.peek('key')]).toEqual([undefined, undefined]);
    bounded.add('idle', 0);
    expect(bounded.acquire('key')).toBeUndefined();
    expect([...bounded.loads]).toEqual([['idle', 0]]);
  });

  it('fall back to the first preference when room is only where the placement puts nothing', () => {
    // 0.001 of 160 points is none.
    const bounded = new BoundedLoads(
      [
        ['a', 1],
        ['faint', 0.001],
      ],
      { epsilon: 0 },
    );
    for (let i = 0; i < 5000; i++) expect(bounded.acquire('key')!.node).toBe('a');
  });

  it('look without changing anything', () => {
    const bounded = new BoundedLoads(['a', 'b']);
    const before = bounded.loads;
    for (let i = 0; i < 100; i++) bounded.peek('hot');
    expect(bounded.loads).toEqual(before);
  });

  it('refuse a placement of other nodes', () => {
    const placement = (): HashRing => new HashRing(['a', 'b']);
    expect(() => new BoundedLoads(['a'], { placement })).toThrow('placement is a function; it must be a function that');
    expect(new BoundedLoads(['b', 'a', 'b'], { placement }).nodes).toEqual(['a', 'b']);
  });

  it('refuse an epsilon that is none', () => {
    expect(() => new BoundedLoads([], { epsilon: -0.1 })).toThrow(
      'epsilon is -0.1; it must be a number from 0 to 1000',
    );
  });
});
