import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deterministicAperture, replaceNodes, RoundRobin } from 'quorate/balancer';

const names = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `node-${String(i).padStart(4, '0')}`);

describe('deterministicAperture', () => {
  it('all clients together load all nodes equally', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 70 }),
        (count, clients, minNodes) => {
          const loads = new Map<string, number>();
          for (let client = 0; client < clients; client++) {
            const part = deterministicAperture(names(count), { client, clients, minNodes });
            const total = part.reduce((sum, [, weight]) => sum + weight, 0);
            for (const [node, weight] of part) loads.set(node, (loads.get(node) ?? 0) + weight / total);
          }
          expect(loads.size).toBe(count);
          for (const load of loads.values()) expect(load).toBeCloseTo(clients / count, 9);
        },
      ),
    );
  });

  it('uses as many nodes as asked for at least, and at most as many client arcs more as round up', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 70 }),
        fc.nat(),
        (count, clients, minNodes, n) => {
          const part = deterministicAperture(names(count), { client: n % clients, clients, minNodes });
          const covered = part.reduce((sum, [, weight]) => sum + weight, 0);
          expect(covered).toBeGreaterThan(Math.min(minNodes, count) - 1e-9);
          expect(covered).toBeLessThan(Math.min(count, minNodes + count / clients) + 1e-9);
          for (const [, weight] of part) expect(weight).toBeLessThanOrEqual(1);
          expect(new Set(part.map(([node]) => node)).size).toBe(part.length);
        },
      ),
    );
  });

  it('is the same whatever the order of nodes, and however often one is named', () => {
    const options = { client: 3, clients: 10, minNodes: 4 };
    const nodes = names(50);
    expect(deterministicAperture([...nodes, ...nodes].reverse(), options)).toEqual(
      deterministicAperture(nodes, options),
    );
  });

  it('needs a twelfth of the connections of 100 clients with 1,000 nodes', () => {
    const sizes = Array.from({ length: 100 }, (_, client) =>
      deterministicAperture(names(1000), { client, clients: 100 }),
    );
    expect(Math.max(...sizes.map(({ length }) => length))).toBe(20); // two client arcs of ten nodes
  });

  it('has nothing of no nodes', () => {
    expect(deterministicAperture([], { client: 0, clients: 1 })).toEqual([]);
  });

  it.each([
    ['client is 5; it must be a whole number from 0 to 4', { client: 5, clients: 5 }],
    ['clients is 0; it must be a whole number at least 1', { client: 0, clients: 0 }],
    ['minNodes is 0; it must be a whole number at least 1', { client: 0, clients: 1, minNodes: 0 }],
  ])('%s', (message, options) => {
    expect(() => deterministicAperture(['a'], options)).toThrow(message);
  });
});

describe('replaceNodes', () => {
  it('adds who is new and removes who is missing, and leaves the others their place', () => {
    const balancer = new RoundRobin(['a', 'b', 'c']);
    balancer.pick();
    replaceNodes(balancer, ['d', ['c', 2], 'b']);
    expect(balancer.nodes).toEqual(['b', 'c', 'd']);
    expect([balancer.pick().node, balancer.pick().node, balancer.pick().node]).toEqual(['b', 'c', 'd']);
  });
});
