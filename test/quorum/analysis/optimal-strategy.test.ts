import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { solve } from 'yalps';
import type { NodeId } from '../../../src/core/index.js';
import {
  and,
  choose,
  dual,
  grid,
  hierarchical,
  majority,
  or,
  readWrite,
  type QuorumSystem,
  type ReadWriteSystem,
} from '../../../src/quorum/index.js';
import {
  capacity,
  load,
  minimalQuorums,
  NoStrategyError,
  optimalStrategy,
  type MembersFigures,
  type OptimalStrategyOptions,
  type StrategyLimits,
} from '../../../src/quorum/analysis/index.js';
import { anySystem, minimalQuorums as naiveMinimal } from '../naive.js';
import { latencyMs, resilientQuorums } from './naive.js';

const letters = (count: number): string[] => Array.from({ length: count }, (_, i) => `n${i}`);
const near = (found: number, expected: number): void => expect(Math.abs(found - expected)).toBeLessThan(1e-6);
const nearly = (found: number, expected: number): void => near(found / expected, 1);
const rows = readWrite({ read: or(and('a', 'b', 'c'), and('d', 'e', 'f')) });

/** a, c and e do twice as much as b, d and f, and answer after 1 to 6 s. */
function six(read: number, write: number): MembersFigures {
  const figures = (i: number): MembersFigures[string] => {
    const factor = i % 2 === 0 ? 1 : 0.5;
    return { capacity: { read: read * factor, write: write * factor }, latencyMs: 1000 * (i + 1) };
  };
  return Object.fromEntries([...'abcdef'].map((id, i) => [id, figures(i)]));
}

describe('published for the grid of rows abc and def', () => {
  it('load 3/8 and capacity 8/3 at a read fraction of 1/4', async () => {
    near(await load({ system: rows, readFraction: 0.25 }), 3 / 8);
    near(await capacity({ system: rows, readFraction: 0.25 }), 8 / 3);
    const strategy = await optimalStrategy({ system: rows, readFraction: 0.25 });
    near(strategy.load(0), 1 / 3);
    near(strategy.load(0.5), 5 / 12);
    near(strategy.load(1), 1 / 2);
  });

  it('load 97/240 at a tenth half of the time and three quarters the other half', async () => {
    const readFraction = [
      [0.1, 1],
      [0.75, 1],
    ] as const;
    near(await load({ system: rows, readFraction }), 97 / 240);
  });

  it('load 0.00075 and capacity 1333.33 with capacities of 1000 and 500', async () => {
    const options = { system: rows, readFraction: 0.75, members: six(1000, 1000) };
    nearly(await load(options), 0.00075);
    nearly(await capacity(options), 4000 / 3);
  });

  const members = six(10_000, 1000);

  it.each([
    [1, 10_000],
    [0.5, 90_000 / 23],
    [0, 2000],
  ])('reads ten times as fast as writes: capacity at %d is %d', async (readFraction, expected) => {
    nearly(await capacity({ system: rows, readFraction, members }), expected);
  });

  it.each([
    ['the grid', 0, 2000, rows],
    ['the grid', 1, 1000, rows],
    ['write 2 of 5', 0, 2000, readWrite({ write: choose(2, ...'abcde') })],
    ['write 2 of 5', 1, 4000 / 3, readWrite({ write: choose(2, ...'abcde') })],
  ])('%s, writes only: with resilience %i the capacity is %d', async (_name, resilience, expected, system) => {
    nearly(await capacity({ system, readFraction: 0, resilience, members }), expected);
  });

  it.each([
    [1, 3000],
    [0, 4000],
    [0.5, 3500],
  ])('the least latency at %d is %d ms', async (readFraction, expected) => {
    const strategy = await optimalStrategy({ system: rows, readFraction, members, optimize: 'latencyMs' });
    nearly(strategy.latencyMs(readFraction), expected);
  });

  it('the least latency with a capacity of 1500 is 3666.67 ms', async () => {
    const limits = { load: 1 / 1500 };
    const strategy = await optimalStrategy({
      system: rows,
      readFraction: 0.5,
      members,
      optimize: 'latencyMs',
      limits,
    });
    nearly(strategy.latencyMs(0.5), 11_000 / 3);
    nearly(strategy.capacity(0.5), 1500);
  });

  it('the highest capacity within 4000 ms is 3856.2092', async () => {
    const strategy = await optimalStrategy({ system: rows, readFraction: 0.5, members, limits: { latencyMs: 4000 } });
    nearly(strategy.capacity(0.5), 3856.2092);
    nearly(strategy.load(0.5), 0.000259322);
    expect(strategy.latencyMs(0.5)).toBeLessThan(4000.001);
  });

  it('the least network load is 2.5, also with a load of at most 1/2000 and 4000 ms', async () => {
    const network = { system: rows, readFraction: 0.5, members, optimize: 'network' } as const;
    near((await optimalStrategy(network)).networkLoad(0.5), 2.5);
    const strategy = await optimalStrategy({ ...network, limits: { load: 1 / 2000, latencyMs: 4000 } });
    near(strategy.networkLoad(0.5), 2.5);
    expect(strategy.load(0.5)).toBeLessThan(1.000001 / 2000);
  });
});

describe('published for ab + cd, reads of capacity 2 and writes of 1', () => {
  const members = Object.fromEntries(
    [...'abcd'].map((id, i) => [id, { capacity: { read: 2, write: 1 }, latencyMs: 1000 * (i + 1) }]),
  );
  const options = { system: readWrite({ read: or(and('a', 'b'), and('c', 'd')) }), members };

  it.each<[StrategyLimits, number, number, number]>([
    [{}, 1, 0, 0.25],
    [{}, 0, 0, 0.5],
    [{ network: 2 }, 1, 0, 0.25],
    [{ network: 2 }, 0, 0, 0.5],
    [{ latencyMs: 4000 }, 1, 0, 0.25],
    [{ latencyMs: 4000 }, 0, 0, 0.5],
    [{}, 1, 1, 0.5],
    [{}, 0, 1, 1],
  ])('limits %j, read fraction %d, resilience %i: load %d', async (limits, readFraction, resilience, expected) => {
    near(await load({ ...options, limits, readFraction, resilience }), expected);
    near(await capacity({ ...options, limits, readFraction, resilience }), 1 / expected);
  });

  it.each<[StrategyLimits, number, number, number]>([
    [{}, 1, 0, 2],
    [{}, 0, 0, 2],
    [{ load: 0.25 }, 1, 0, 2],
    [{ load: 0.5 }, 0, 0, 2],
    [{ latencyMs: 2000 }, 1, 0, 2],
    [{ latencyMs: 3000 }, 0, 0, 2],
    [{}, 1, 1, 4],
    [{}, 0, 1, 4],
  ])('limits %j, read fraction %d, resilience %i: network %d', async (limits, readFraction, resilience, expected) => {
    const strategy = await optimalStrategy({ ...options, limits, readFraction, resilience, optimize: 'network' });
    near(strategy.networkLoad(readFraction), expected);
  });

  it.each<[StrategyLimits, number, number, number]>([
    [{}, 1, 0, 2000],
    [{}, 0, 0, 3000],
    [{ load: 1 }, 1, 0, 2000],
    [{ load: 1 }, 0, 0, 3000],
    [{ network: 2 }, 1, 0, 2000],
    [{ network: 2 }, 0, 0, 3000],
    [{}, 1, 1, 2000],
    [{}, 0, 1, 3000],
  ])('limits %j, read fraction %d, resilience %i: latency %d', async (limits, readFraction, resilience, expected) => {
    const strategy = await optimalStrategy({ ...options, limits, readFraction, resilience, optimize: 'latencyMs' });
    nearly(strategy.latencyMs(readFraction), expected);
  });

  it.each([
    [{ readFraction: 0, limits: { network: 1.5 } }, 'network', 'limits.network is 1.5; it must be at least 2'],
    [{ readFraction: 0, limits: { latencyMs: 1000 } }, 'latencyMs', 'limits.latencyMs is 1000'],
    [{ readFraction: 1, limits: { load: 0.2 }, optimize: 'network' as const }, 'load', 'it must be at least 0.25'],
    [
      { readFraction: 1, limits: { load: 0.25, latencyMs: 2000 }, optimize: 'network' as const },
      null,
      'No strategy keeps limits.load 0.25 and limits.latencyMs 2000 together',
    ],
    [{ readFraction: 1, resilience: 2 }, 'resilience', 'resilience is 2; it must be at most 1'],
  ])('no strategy: %j', async (change, limit, message) => {
    const error: unknown = await optimalStrategy({ ...options, ...change }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(NoStrategyError);
    expect(error).toMatchObject({ code: 'no-strategy', limit, message: expect.stringContaining(message) });
  });
});

describe('published in the paper', () => {
  const members = (latencies: readonly number[]): MembersFigures =>
    Object.fromEntries(
      [...'abcd'].map((id, i) => {
        const factor = i < 2 ? 2 : 1;
        return [id, { capacity: { read: 100 * factor, write: 50 * factor }, latencyMs: 1000 * latencies[i]! }];
      }),
    );
  const system = readWrite({ read: or(and('a', 'b'), and('c', 'd')) });
  const options = { system, members: members([4, 4, 1, 1]) };

  it('capacities 300, 200 and 100 at read fractions 1, 1/2 and 0', async () => {
    for (const [readFraction, expected] of [
      [1, 300],
      [0.5, 200],
      [0, 100],
    ] as const)
      nearly(await capacity({ ...options, readFraction }), expected);
  });

  it('with one failure 100 for the grid and 200 for 2 of 4', async () => {
    nearly(await capacity({ ...options, readFraction: 1, resilience: 1 }), 100);
    const two = { ...options, system: readWrite({ read: choose(2, ...'abcd') }), readFraction: 1 };
    nearly(await capacity(two), 300);
    nearly(await capacity({ ...two, resilience: 1 }), 200);
  });

  it('the fastest with a capacity of 150 reads ab a third of the time', async () => {
    const limits = { load: 1 / 150, network: 2 };
    const { reads } = await optimalStrategy({ ...options, readFraction: 1, optimize: 'latencyMs', limits });
    expect(reads.map(({ quorum }) => quorum.join(''))).toEqual(['ab', 'cd']);
    near(reads[0]!.probability, 1 / 3);
  });
});

const nine = ['abc', 'def', 'ghi'].map((row) => [...row]);

it.each<[string, number, QuorumSystem]>([
  ['a majority of 3', 2 / 3, majority(letters(3))],
  ['a majority of 5', 3 / 5, majority(letters(5))],
  ['a grid of 3 by 3', 5 / 9, grid(nine)],
  ['3 groups of 3', 4 / 9, hierarchical(nine)],
])('published: the load of %s is %d', async (_name, expected, system) => {
  near(await load({ system }), expected);
  near(await capacity({ system }), 1 / expected);
});

/** A pair of any system, and what its members can do. */
function anyPair(size: number, capacities = 9): fc.Arbitrary<{ system: ReadWriteSystem; members: MembersFigures }> {
  const figures = fc.record({
    capacity: fc.record({
      read: fc.integer({ min: 1, max: capacities }),
      write: fc.integer({ min: 1, max: capacities }),
    }),
    latencyMs: fc.integer({ min: 0, max: 50 }),
  });
  return fc.tuple(anySystem(size), fc.array(figures, { minLength: size, maxLength: size })).map(([read, all]) => ({
    system: { read, write: dual(read) },
    members: Object.fromEntries(all.map((one, i) => [String.fromCharCode(97 + i), one])),
  }));
}

interface Bounded {
  readonly system: ReadWriteSystem;
  readonly members: MembersFigures;
  readonly fraction: number;
  readonly network: number;
}

/**
 * A lower bound of the load that any strategy within a limit on the network load can have, by weak duality: weigh the
 * members by y, adding up to 1, and each message by z; no quorum costs less than the cheapest. Whatever y and z are, what
 * this returns is a bound; the linear program only finds some for which it is high.
 */
function lowerBound({ system, members, fraction, network }: Bounded): number {
  const ids = [...new Set([...system.read.members, ...system.write.members])];
  const kinds = (['read', 'write'] as const).map((kind) => {
    const share = kind === 'read' ? fraction : 1 - fraction;
    const of = (id: NodeId): number => share / (members[id]!.capacity as { read: number; write: number })[kind];
    return { share, of, quorums: naiveMinimal(system[kind]).map((set) => [...set]) };
  });
  const constraints = new Map<string, { max?: number; equal?: number }>([['sum', { equal: 1 }]]);
  const variables = new Map<string, [string, number][]>();
  const columns = [...ids, 'z', 'read', 'write'];
  for (const name of columns) variables.set(name, name.length === 1 && name !== 'z' ? [['sum', 1]] : []);
  variables.get('z')!.push(['bound', -network]);
  for (const [k, { share, of, quorums }] of kinds.entries()) {
    const least = variables.get(k === 0 ? 'read' : 'write')!;
    least.push(['bound', 1]);
    for (const [i, quorum] of quorums.entries()) {
      const row = `${k} ${i}`;
      constraints.set(row, { max: 0 });
      least.push([row, 1]);
      for (const id of quorum) variables.get(id)!.push([row, -of(id)]);
      variables.get('z')!.push([row, -share * quorum.length]);
    }
  }
  const { variables: found } = solve({ direction: 'maximize', objective: 'bound', constraints, variables });
  const value = new Map(found);
  const total = ids.reduce((sum, id) => sum + Math.max(0, value.get(id) ?? 0), 0);
  const y = (id: NodeId): number => Math.max(0, value.get(id) ?? 0) / total;
  const z = Math.max(0, value.get('z') ?? 0);
  const costs = kinds.map(({ share, of, quorums }) =>
    Math.min(...quorums.map((quorum) => quorum.reduce((sum, id) => sum + y(id) * of(id), z * share * quorum.length))),
  );
  return costs[0]! + costs[1]! - z * network;
}

describe('optimalStrategy of any system', () => {
  it('has the least load: no less is possible, by a bound of its own', async () => {
    await fc.assert(
      fc.asyncProperty(anyPair(6), fc.constantFrom(0, 0.25, 0.5, 0.9, 1), async (pair, fraction) => {
        const strategy = await optimalStrategy({ ...pair, readFraction: fraction });
        near(strategy.load(fraction), lowerBound({ ...pair, fraction, network: 12 }));
        const sum = (picked: typeof strategy.reads): number =>
          picked.reduce((p, { probability }) => p + probability, 0);
        near(sum(strategy.reads), 1);
        near(sum(strategy.writes), 1);
      }),
      { numRuns: 300 },
    );
  });

  it('has it also where capacities differ by factors of thousands', async () => {
    await fc.assert(
      fc.asyncProperty(anyPair(6, 10_000), async (pair) => {
        const found = await load({ ...pair, readFraction: 0.5 });
        expect(found / lowerBound({ ...pair, fraction: 0.5, network: 12 })).toBeLessThan(1.0001);
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  it('has the least load within a limit on the network load', async () => {
    await fc.assert(
      fc.asyncProperty(anyPair(6), fc.double({ min: 0, max: 1, noNaN: true }), async (pair, place) => {
        const least = (await optimalStrategy({ ...pair, readFraction: 0.5, optimize: 'network' })).networkLoad(0.5);
        const free = (await optimalStrategy({ ...pair, readFraction: 0.5 })).networkLoad(0.5);
        const network = least + place * Math.max(0, free - least) + 1e-7;
        const strategy = await optimalStrategy({ ...pair, readFraction: 0.5, limits: { network } });
        expect(strategy.networkLoad(0.5)).toBeLessThan(network + 1e-6);
        near(strategy.load(0.5), lowerBound({ ...pair, fraction: 0.5, network }));
      }),
      { numRuns: 200 },
    );
  });

  it.each([0, 1, 2])('has the least latency of all sets that survive %i failures', async (resilience) => {
    await fc.assert(
      fc.asyncProperty(anyPair(5), async ({ system: { read }, members }) => {
        const latencies = Object.fromEntries(Object.entries(members).map(([id, one]) => [id, one.latencyMs!]));
        const all = resilientQuorums(read, resilience).map((set) => latencyMs(read, set, latencies));
        const options = { system: read, members, resilience, optimize: 'latencyMs' } as const;
        if (all.length === 0) await expect(optimalStrategy(options)).rejects.toThrow(NoStrategyError);
        else near((await optimalStrategy(options)).latencyMs(), Math.min(...all));
      }),
      { numRuns: 150 },
    );
  });

  it('of one system keeps the bounds of Naor and Wool, and a majority their equation', async () => {
    await fc.assert(
      fc.asyncProperty(anySystem(7), async (system) => {
        fc.pre(minimalQuorums(system).every((one) => one.length * 2 > system.members.length));
        const smallest = Math.min(...minimalQuorums(system).map(({ length }) => length));
        const found = await load({ system });
        expect(found).toBeGreaterThan(Math.max(1 / smallest, smallest / system.members.length) - 1e-6);
      }),
      { numRuns: 200 },
    );
    for (const n of [1, 4, 7, 11]) near(await load({ system: majority(letters(n)) }), (Math.floor(n / 2) + 1) / n);
  });

  it('is the same each time', async () => {
    const options = { system: rows, readFraction: 0.5, members: six(10_000, 1000), limits: { latencyMs: 4000 } };
    const [one, other] = [await optimalStrategy(options), await optimalStrategy(options)];
    expect([one.reads, one.writes]).toEqual([other.reads, other.writes]);
  });
});

describe('options of optimalStrategy', () => {
  it.each<[Partial<OptimalStrategyOptions>, string]>([
    [{ optimize: 'speed' as 'load' }, 'optimize is "speed"; it must be one of load, network, latencyMs'],
    [{ limits: { load: -1 } }, 'limits.load is -1'],
    [{ readFraction: 2 }, 'readFraction is 2'],
    [{ readFraction: undefined as never }, 'readFraction is NaN'],
    [{ resilience: -1 }, 'resilience is -1'],
    [{ maxQuorums: 0 }, 'maxQuorums is 0'],
    [{ optimize: 'latencyMs' }, 'latencyMs of a is undefined'],
    [{ members: { a: { capacity: NaN } } }, 'read capacity of a is NaN'],
  ])('%j is refused', async (change, message) => {
    await expect(optimalStrategy({ system: rows, readFraction: 1, ...change })).rejects.toThrow(message);
  });

  it('maxQuorums is a limit on each kind', async () => {
    await optimalStrategy({ system: rows, readFraction: 1, maxQuorums: 9 });
    await expect(optimalStrategy({ system: rows, readFraction: 1, maxQuorums: 8 })).rejects.toMatchObject({
      code: 'quorums-too-many',
    });
  });

  it('a system that needs nobody has no load', async () => {
    expect(await load({ system: and() })).toBe(0);
  });
});
