import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planMoves, rebalance, ShardMap, type Move, type RebalanceOptions } from 'quorate/hashing/sharding';
import { fairShares, zoneLimits } from '../../../src/hashing/sharding/shares.js';

const names = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `node-${String(i).padStart(3, '0')}`);
const onNodes = (replicas: readonly (readonly string[])[]): ShardMap =>
  ShardMap.byHash(replicas.length).assignEach(({ id }) => replicas[id]!);
const copies = (moves: readonly Move[]): number => moves.filter(({ to }) => to !== null).length;
const loads = (map: ShardMap): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const { nodes } of map.shards) for (const node of nodes) counts.set(node, (counts.get(node) ?? 0) + 1);
  return counts;
};

/** All choices of so many of these. */
function* choices<T>(items: readonly T[], count: number): Generator<T[]> {
  if (count === 0) yield [];
  else
    for (const [i, item] of items.entries())
      for (const rest of choices(items.slice(i + 1), count - 1)) yield [item, ...rest];
}

/** The fewest copies of all assignments that are allowed, by trying each. */
function fewestCopies(
  map: ShardMap,
  nodes: readonly string[],
  allowed: (shard: readonly string[]) => boolean,
  fair: (loads: ReadonlyMap<string, number>) => boolean,
  replicas: number,
): number {
  const candidates = [...choices(nodes, replicas)].filter(allowed);
  const counts = new Map(nodes.map((node) => [node, 0]));
  let fewest = Infinity;
  const assign = (shard: number, copied: number): void => {
    if (copied >= fewest) return;
    if (shard === map.shards.length) {
      if (fair(counts)) fewest = copied;
      return;
    }
    const before = map.shards[shard]!.nodes;
    for (const chosen of candidates) {
      for (const node of chosen) counts.set(node, counts.get(node)! + 1);
      assign(shard + 1, copied + chosen.filter((node) => !before.includes(node)).length);
      for (const node of chosen) counts.set(node, counts.get(node)! - 1);
    }
  };
  assign(0, 0);
  return fewest;
}

/** Floor or ceil of the share of each node, which is an equal part of that of its zone. */
function fairWithin(
  nodes: readonly string[],
  zoneOf: (node: string) => string,
  shards: number,
  replicas: number,
): (loads: ReadonlyMap<string, number>) => boolean {
  const zones = [...new Set(nodes.map(zoneOf))];
  const sizes = zones.map((zone) => nodes.filter((node) => zoneOf(node) === zone).length);
  const limits = zoneLimits(replicas, sizes).map(({ min, max }) => ({ min: min * shards, max: max * shards }));
  const shares = fairShares(
    shards * replicas,
    limits.map((limit, i) => ({ weight: sizes[i]!, ...limit })),
  );
  return (counts) =>
    nodes.every((node) => {
      const zone = zones.indexOf(zoneOf(node));
      return Math.abs((counts.get(node) ?? 0) - shares[zone]! / sizes[zone]!) < 1 - 1e-6;
    });
}

/** Maps of up to five shards on up to five nodes, in whatever state, of which up to four are to hold them. */
const cases = fc.record({
  current: fc.array(fc.uniqueArray(fc.constantFrom(...names(5)), { maxLength: 3 }), { minLength: 1, maxLength: 5 }),
  weights: fc.array(fc.constantFrom(1, 1, 1, 2, 3, 0.5, 0), { minLength: 4, maxLength: 4 }),
  zones: fc.array(fc.constantFrom('x', 'y', 'z'), { minLength: 4, maxLength: 4 }),
  replicas: fc.integer({ min: 1, max: 3 }),
});

describe('rebalance', () => {
  it('moves the least for fair loads, of all assignments there are', () => {
    fc.assert(
      fc.property(cases, ({ current, weights, replicas }) => {
        const nodes = names(4).filter((_, i) => weights[i]! > 0);
        fc.pre(nodes.length >= replicas);
        const map = onNodes(current);
        const weighted = nodes.map((node) => [node, weights[names(4).indexOf(node)]!] as const);
        const moves = rebalance(map, weighted, { replicas });
        const shares = fairShares(
          current.length * replicas,
          weighted.map(([, weight]) => ({ weight, min: 0, max: current.length })),
        );
        const fair = (counts: ReadonlyMap<string, number>): boolean =>
          nodes.every((node, i) => {
            const load = counts.get(node) ?? 0;
            return load === Math.floor(shares[i]!) || load === Math.ceil(shares[i]!);
          });
        const after = map.move(...moves);
        expect(after.shards.every((shard) => shard.nodes.length === replicas)).toBe(true);
        expect(after.nodes.every((node) => nodes.includes(node))).toBe(true);
        expect(fair(loads(after))).toBe(true);
        expect(copies(moves)).toBe(fewestCopies(map, nodes, () => true, fair, replicas));
      }),
      { numRuns: 300 },
    );
  });

  it('moves the least for fair loads with replicas spread over zones', () => {
    fc.assert(
      fc.property(cases, ({ current, zones, replicas }) => {
        const nodes = names(4);
        const zoneOf = (node: string): string => zones[nodes.indexOf(node)]!;
        const map = onNodes(current);
        const moves = rebalance(map, nodes, { replicas, zoneOf });
        const after = map.move(...moves);
        const sizes = new Map<string, number>();
        for (const zone of zones) sizes.set(zone, (sizes.get(zone) ?? 0) + 1);
        const spread = (shard: readonly string[]): boolean => {
          const used = (zone: string): number => shard.filter((node) => zoneOf(node) === zone).length;
          return [...sizes].every(([zone]) =>
            [...sizes].every(([other, size]) => used(other) === size || used(zone) <= used(other) + 1),
          );
        };
        expect(after.shards.every((shard) => shard.nodes.length === replicas && spread(shard.nodes))).toBe(true);
        const found = loads(after);
        const fair = fairWithin(nodes, zoneOf, current.length, replicas);
        expect(fair(found)).toBe(true);
        expect(copies(moves)).toBe(fewestCopies(map, nodes, spread, fair, replicas));
        for (const zone of sizes.keys()) {
          const inZone = nodes.filter((node) => zoneOf(node) === zone).map((node) => found.get(node) ?? 0);
          expect(Math.max(...inZone) - Math.min(...inZone)).toBeLessThanOrEqual(1);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('moves to a node that comes only what it must get, and away from one that goes what it had', () => {
    const zoneOf = (node: string): string => String(Number(node.slice(5)) % 3);
    const nodes = names(9);
    const map = ShardMap.byHash(256).move(...rebalance(ShardMap.byHash(256), nodes, { replicas: 3, zoneOf }));
    expect(rebalance(map, nodes, { zoneOf })).toEqual([]);
    const without = rebalance(map, nodes.slice(1), { zoneOf });
    expect(without.every(({ from, to }) => from !== null && to !== null)).toBe(true);
    expect(without.length).toBeGreaterThanOrEqual(loads(map).get(nodes[0]!)!);
    const ten = rebalance(map, names(10));
    expect(ten.every(({ to }) => to === 'node-009')).toBe(true);
    expect(ten).toHaveLength(76); // floor of 768 / 10: nine nodes keep 76 or 77
    const evicted = map.move(...without).nodes;
    expect(evicted).toEqual(nodes.slice(1));
  });

  it('is the same for the same inputs, in whatever order nodes come', () => {
    const map = ShardMap.byHash(40).move(...rebalance(ShardMap.byHash(40), names(5), { replicas: 2 }));
    const weighted = names(7).map((node, i) => [node, 1 + (i % 3)] as const);
    const expected = rebalance(map, weighted);
    fc.assert(
      fc.property(fc.shuffledSubarray(weighted, { minLength: 7 }), (nodes) => {
        expect(rebalance(ShardMap.from(map.toJSON()), nodes)).toEqual(expected);
      }),
      { numRuns: 20 },
    );
  });

  it('makes different nodes the first, and gives each many partners', () => {
    const map = ShardMap.byHash(300).move(...rebalance(ShardMap.byHash(300), names(10), { replicas: 3 }));
    const first = new Map<string, number>();
    const partners = new Set<string>();
    for (const { nodes } of map.shards) {
      first.set(nodes[0]!, (first.get(nodes[0]!) ?? 0) + 1);
      if (nodes.includes('node-000')) nodes.forEach((node) => partners.add(node));
    }
    expect(Math.min(...names(10).map((node) => first.get(node) ?? 0))).toBeGreaterThan(10);
    expect(partners.size).toBeGreaterThan(7);
  });

  it('keeps the number of replicas that there is unless told, and needs as many nodes', () => {
    const map = onNodes([['a'], ['a', 'b'], []]);
    expect(map.move(...rebalance(map, ['a', 'b', 'c'])).shards.map(({ nodes }) => nodes.length)).toEqual([2, 2, 2]);
    expect(map.move(...rebalance(map, ['a'], { replicas: 1 })).shards.map(({ nodes }) => nodes)).toEqual([
      ['a'],
      ['a'],
      ['a'],
    ]);
    expect(() => rebalance(map, ['a', ['b', 0]])).toThrow('replicas is 2; it must be at most 1, the number of nodes');
    expect(() => rebalance(map, ['a'], { replicas: 0 })).toThrow('replicas is 0');
    expect(() => rebalance(ShardMap.byHash(65_536), names(65))).toThrow('shards times nodes is 4259840');
  });

  const failure: RebalanceOptions = { replicas: 2, zoneOf: (node) => node[0]! };
  it('uses a small zone for one replica of each shard, though its node then holds more than others', () => {
    const map = ShardMap.byHash(10);
    const counts = loads(map.move(...rebalance(map, ['a1', 'b1', 'b2', 'b3', 'b4', 'b5'], failure)));
    expect([counts.get('a1'), counts.get('b1'), counts.get('b5')]).toEqual([10, 2, 2]);
  });
});

describe('planMoves', () => {
  it('leads from one map to the other', () => {
    const nodes = fc.array(fc.uniqueArray(fc.constantFrom(...names(6)), { maxLength: 4 }), {
      minLength: 8,
      maxLength: 8,
    });
    fc.assert(
      fc.property(nodes, nodes, (before, after) => {
        const [from, to] = [onNodes(before), onNodes(after)];
        const reached = from.move(...planMoves(from, to)).shards.map((shard) => [...shard.nodes].sort());
        expect(reached).toEqual(to.shards.map((shard) => [...shard.nodes].sort()));
        expect(planMoves(to, to)).toEqual([]);
      }),
    );
  });

  it('pairs those that go with those that come, and does not mind another order', () => {
    const [from, to] = [
      onNodes([
        ['a', 'b', 'c'],
        ['a', 'b'],
      ]),
      onNodes([
        ['d', 'c'],
        ['b', 'a'],
      ]),
    ];
    expect(planMoves(from, to)).toEqual([
      { shard: 0, from: 'a', to: 'd' },
      { shard: 0, from: 'b', to: null },
    ]);
  });

  it('refuses maps with other shards', () => {
    expect(() => planMoves(ShardMap.byHash(2), ShardMap.byHash(3))).toThrow('a map with the same shards');
    expect(() => planMoves(ShardMap.byRange(['a']), ShardMap.byRange(['b']))).toThrow('a map with the same shards');
    expect(() => planMoves(ShardMap.byHash(1), ShardMap.byRange())).toThrow('a map with the same shards');
  });
});

describe('shares', () => {
  const claims = (...weights: number[]): Parameters<typeof fairShares>[1] =>
    weights.map((weight) => ({ weight, min: 0, max: 10 }));

  it('are in proportion to weights, within limits', () => {
    expect(fairShares(12, claims(1, 2, 3))).toEqual([2, 4, 6]);
    expect(fairShares(16, claims(1, 1, 100))).toEqual([3, 3, 10]);
    expect(fairShares(10, [...claims(1, 1), { weight: 1, min: 6, max: 10 }])).toEqual([2, 2, 6]);
    expect(fairShares(0.3 * 3, claims(0.1, 0.1, 0.1).slice(0, 1))[0]).toBeCloseTo(0.9);
    expect(fairShares(30, claims(0.1, 0.2, 0.7))).toEqual([10, 10, 10]);
  });

  it('add up to the amount, and only limits are a reason for not being on the level', () => {
    const limited = fc.record({
      weight: fc.double({ min: 0.01, max: 100, noNaN: true }),
      min: fc.nat(5),
      more: fc.nat(5),
    });
    fc.assert(
      fc.property(
        fc.array(limited, { minLength: 1, maxLength: 8 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (all, at) => {
          const given = all.map(({ weight, min, more }) => ({ weight, min, max: min + more }));
          const [least, most] = [given.reduce((s, c) => s + c.min, 0), given.reduce((s, c) => s + c.max, 0)];
          const amount = least + Math.floor(at * (most - least));
          const shares = fairShares(amount, given);
          expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(amount, 4);
          for (const [i, one] of given.entries())
            for (const [j, other] of given.entries()) {
              const above = shares[i]! / one.weight > shares[j]! / other.weight + 1e-3;
              if (above) expect(shares[i]! <= one.min + 1e-4 || shares[j]! >= other.max - 1e-4).toBe(true);
            }
        },
      ),
    );
  });

  it('of zones take each once before any twice', () => {
    expect(zoneLimits(3, [5, 5, 5, 5]).map(({ min, max }) => [min, max])).toEqual([
      [0, 1],
      [0, 1],
      [0, 1],
      [0, 1],
    ]);
    expect(zoneLimits(4, [1, 5]).map(({ min, max }) => [min, max])).toEqual([
      [1, 1],
      [3, 4],
    ]);
  });
});
