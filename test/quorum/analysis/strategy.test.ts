import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../src/core/index.js';
import { and, isQuorum, majority, or, readWrite } from '../../../src/quorum/index.js';
import { quorumLatencyMs, Strategy, uniformStrategy } from '../../../src/quorum/analysis/index.js';
import { anySystem, subsets } from '../naive.js';
import { latencyMs } from './naive.js';

const rows = readWrite({ read: or(and('a', 'b', 'c'), and('d', 'e', 'f')) });
const sets = (text: string): string[][] => text.split(' ').map((set) => [...set]);
const weigh = (text: string, weights: readonly number[]): [string[], number][] =>
  sets(text).map((set, i) => [set, weights[i]!]);

describe('a strategy made by hand', () => {
  const strategy = new Strategy({
    system: rows,
    reads: weigh('abc def', [2, 1]),
    writes: weigh('ad be cf', [1, 1, 1]),
  });

  it.each([
    [1, 2 / 3],
    [0, 1 / 3],
    [0.25, 5 / 12],
  ])('published: rows 2:1 and columns 1:1:1 at a read fraction of %d have a load of %d', (readFraction, expected) => {
    expect(strategy.load(readFraction)).toBeCloseTo(expected, 12);
    expect(strategy.capacity(readFraction)).toBeCloseTo(1 / expected, 12);
  });

  it('knows the load of each member', () => {
    const loads = [...'abcdefx'].map((member) => strategy.loadOf(member, 0.25));
    for (const [i, load] of [5, 5, 5, 4, 4, 4, 0].entries()) expect(loads[i]).toBeCloseTo(load / 12, 12);
  });

  const unequal = new Strategy({
    system: readWrite({ read: or(and('a', 'b'), and('c', 'd')) }),
    reads: weigh('ab cd', [0.75, 0.25]),
    writes: weigh('ac ad bc bd', [0.1, 0.2, 0.3, 0.4]),
    members: {
      a: { capacity: { read: 50, write: 10 } },
      b: { capacity: { read: 60, write: 20 } },
      c: { capacity: { read: 70, write: 30 } },
      d: { capacity: { read: 80, write: 40 } },
    },
  });
  const loads = (fr: number): number[] => [
    (fr / 50) * 0.75 + ((1 - fr) / 10) * 0.3,
    (fr / 60) * 0.75 + ((1 - fr) / 20) * 0.7,
    (fr / 70) * 0.25 + ((1 - fr) / 30) * 0.4,
    (fr / 80) * 0.25 + ((1 - fr) / 40) * 0.6,
  ];

  it('divides by the capacity of each kind', () => {
    for (const fr of [0.8, 0.5]) {
      for (const [i, load] of loads(fr).entries()) expect(unequal.loadOf('abcd'[i]!, fr)).toBeCloseTo(load, 12);
      expect(unequal.load(fr)).toBeCloseTo(Math.max(...loads(fr)), 12);
    }
  });

  it('over several read fractions has the mean of the loads and the mean of the capacities', () => {
    const [one, other] = [Math.max(...loads(0.8)), Math.max(...loads(0.5))];
    const readFraction = [
      [0.8, 7],
      [0.5, 3],
      [0.1, 0],
    ] as const;
    expect(unequal.load(readFraction)).toBeCloseTo(0.7 * one + 0.3 * other, 12);
    expect(unequal.capacity(readFraction)).toBeCloseTo(0.7 / one + 0.3 / other, 12);
    expect(unequal.capacity(readFraction)).toBeGreaterThan(1 / unequal.load(readFraction));
    expect(unequal.loadOf('a', readFraction)).toBeCloseTo(0.7 * loads(0.8)[0]! + 0.3 * loads(0.5)[0]!, 12);
  });

  const seconds = Object.fromEntries([...'abcde'].map((id, i) => [id, { latencyMs: 1000 * (i + 1) }]));
  const slow = new Strategy({
    system: readWrite({ read: or(and('a', 'b'), and('c', 'd', 'e')) }),
    reads: weigh('ab abc cde cdea', [10, 20, 30, 40]),
    writes: weigh('ac ad ae bc bd be', [5, 10, 15, 20, 25, 25]),
    members: seconds,
  });

  it('counts who is asked, and how long that takes', () => {
    expect(slow.networkLoad(0.8)).toBeCloseTo(0.8 * (0.2 + 0.6 + 0.9 + 1.6) + 0.2 * 2, 12);
    const writes = 0.05 * 3 + 0.1 * 4 + 0.15 * 5 + 0.2 * 3 + 0.25 * 4 + 0.25 * 5;
    expect(slow.latencyMs(0.8)).toBeCloseTo(1000 * (0.8 * (0.3 * 2 + 0.7 * 5) + 0.2 * writes), 9);
  });

  it('needs latencies only of whom it asks', () => {
    const { system, reads } = strategy;
    const one = new Strategy({ system: system.read, reads: [[reads[0]!.quorum, 1]], members: seconds });
    expect(one.latencyMs()).toBe(3000);
    expect(() => strategy.latencyMs(0.5)).toThrow('latencyMs of a is undefined');
  });

  it('with one system for all requests needs no read fraction, with a pair it does', () => {
    const one = new Strategy({ system: majority(['a', 'b', 'c']), reads: weigh('ab bc', [1, 3]) });
    expect([one.load(), one.capacity(), one.networkLoad()]).toEqual([1, 1, 2]);
    expect([one.loadOf('a'), one.loadOf('c')]).toEqual([0.25, 0.75]);
    expect(one.writes).toEqual(one.reads);
    expect(() => strategy.load()).toThrow('readFraction is NaN; it must be a number from 0 to 1');
  });

  it('picks quorums as often as it says', () => {
    const random = seededRandom(1);
    const picks = Array.from({ length: 30_000 }, () => strategy.pickRead(random).join(''));
    expect(picks.filter((set) => set === 'abc').length / 30_000).toBeCloseTo(2 / 3, 2);
    expect(new Set(Array.from({ length: 100 }, () => strategy.pickWrite(random).join('')))).toEqual(
      new Set(['ad', 'be', 'cf']),
    );
    expect(strategy.pickWrite(() => 1 - 2 ** -53)).toEqual(['c', 'f']);
  });

  it.each([
    [{ reads: weigh('abc', [-1]) }, 'weight of {a, b, c} is -1'],
    [{ reads: weigh('abd', [1]) }, 'reads is "{a, b, d}"; it must be quorums of the system'],
    [{ writes: weigh('ab', [1]) }, 'writes is "{a, b}"'],
    [{ reads: [] }, 'reads is an array; it must be at least one quorum with a weight above 0'],
    [{ reads: weigh('abc', [0]) }, 'at least one quorum with a weight above 0'],
    [{ writes: undefined as never }, 'writes is undefined'],
    [{ members: { a: { capacity: 0 } } }, 'read capacity of a is 0'],
    [{ members: { a: { capacity: { read: 1, write: -1 } } } }, 'write capacity of a is -1'],
  ])('refuses %j', (change, message) => {
    const options = { system: rows, reads: weigh('abc', [1]), writes: weigh('ad', [1]), ...change };
    expect(() => new Strategy(options)).toThrow(message);
  });

  it.each([
    [1.5, 'readFraction is 1.5'],
    [[], 'readFraction is an array; it must be one pair with a weight above 0, or more'],
    [[[2, 1]], 'readFraction is 2'],
    [[[0.5, -1]], 'weight of readFraction 0.5 is -1'],
    [[[0.5, 0]], 'one pair with a weight above 0'],
  ])('refuses a read fraction of %j', (readFraction, message) => {
    expect(() => strategy.load(readFraction as number)).toThrow(message);
  });
});

describe('uniformStrategy', () => {
  it('picks each minimal quorum equally often', () => {
    const { reads, writes } = uniformStrategy({ system: rows });
    expect(reads.map(({ probability }) => probability)).toEqual([0.5, 0.5]);
    expect(writes).toHaveLength(9);
  });

  it('published: of ab + cd + ef with one failure', () => {
    const system = readWrite({ read: or(and('a', 'b'), and('c', 'd'), and('e', 'f')) });
    const { reads, writes } = uniformStrategy({ system, resilience: 1 });
    expect(reads.map(({ quorum }) => quorum.join(''))).toEqual(['abcd', 'abef', 'cdef']);
    expect(writes).toEqual([{ quorum: [...'abcdef'], probability: 1 }]);
  });

  it('refuses more resilience than there is', () => {
    expect(() => uniformStrategy({ system: rows, resilience: 2 })).toThrow(
      expect.objectContaining({ code: 'no-strategy', limit: 'resilience' }),
    );
    expect(uniformStrategy({ system: majority([...'abcde']), resilience: 2 }).networkLoad()).toBe(5);
  });
});

describe('quorumLatencyMs', () => {
  it('is when those that answered first are a quorum, for any system and any set', () => {
    const latency = fc.nat(5);
    fc.assert(
      fc.property(anySystem(6), fc.array(latency, { minLength: 6, maxLength: 6 }), (system, values) => {
        const latencies = Object.fromEntries([...'abcdef'].map((id, i) => [id, values[i]!]));
        for (const set of subsets(system.members)) {
          const expected = latencyMs(system, set, latencies);
          expect(quorumLatencyMs(system, set, latencies)).toBe(expected);
          expect(expected < Infinity).toBe(isQuorum(system, set));
        }
      }),
      { numRuns: 200 },
    );
  });

  it('is shorter where more than needed are asked', () => {
    const latencies = { a: 1, b: 20, c: 3 };
    expect(quorumLatencyMs(majority(['a', 'b', 'c']), ['a', 'b'], latencies)).toBe(20);
    expect(quorumLatencyMs(majority(['a', 'b', 'c']), ['a', 'b', 'c'], latencies)).toBe(3);
    expect(quorumLatencyMs(and(), [], {})).toBe(0);
  });
});
