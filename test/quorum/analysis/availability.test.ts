import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  and,
  choose,
  grid,
  hierarchical,
  majority,
  or,
  readWrite,
  tree,
  weighted,
  type QuorumSystem,
} from '../../../src/quorum/index.js';
import { failureProbability, resilience } from '../../../src/quorum/analysis/index.js';
import { anySystem, holds, subsets } from '../naive.js';

const letters = (count: number): string[] => Array.from({ length: count }, (_, i) => `n${i}`);
const square = (size: number): string[][] =>
  Array.from({ length: size }, (_, i) => letters(size * size).slice(size * i, size * i + size));

/** The least failures after which no quorum is left, less one. */
function naiveResilience(system: QuorumSystem): number {
  const without = (failed: ReadonlySet<string>): Set<string> =>
    new Set(system.members.filter((member) => !failed.has(member)));
  const fatal = [...subsets(system.members)].filter((failed) => !holds(system, without(failed)));
  return Math.min(...fatal.map(({ size }) => size)) - 1;
}

function naiveFailure(system: QuorumSystem, probability: Readonly<Record<string, number>>): number {
  let sum = 0;
  for (const up of subsets(system.members)) {
    if (holds(system, up)) continue;
    sum += system.members.reduce((p, id) => p * (up.has(id) ? 1 - probability[id]! : probability[id]!), 1);
  }
  return sum;
}

describe('resilience', () => {
  it('is one less than the least failures that leave no quorum, for any system', () => {
    fc.assert(
      fc.property(anySystem(7), (system) => {
        expect(resilience(system)).toBe(naiveResilience(system));
      }),
      { numRuns: 1000 },
    );
  });

  const rows = readWrite({ read: or(and('a', 'b', 'c'), and('d', 'e', 'f')) });

  it.each([
    ['reads of the grid abc + def', rows.read, 1],
    ['its writes', rows.write, 2],
    ['both', rows, 1],
    ['(a + a + c)(d + e + f)', and(or('a', 'a', 'c'), or('d', 'e', 'f')), 1],
    ['choose 2 of ab, ac, d', choose(2, and('a', 'b'), and('a', 'c'), 'd'), 0],
    ['choose 2 of 5', choose(2, ...'abcde'), 3],
    ['ab + bc + ad + ade', or(and('a', 'b'), and('b', 'c'), and('a', 'd'), and('a', 'd', 'e')), 1],
    ['majority of 3', majority(letters(3)), 1],
    ['majority of 5', majority(letters(5)), 2],
    ['grid of 3 by 3', grid(square(3)), 2],
    ['3 groups of 3', hierarchical(square(3)), 3],
  ])('published: of %s', (_name, system, expected) => {
    expect(resilience(system)).toBe(expected);
  });

  it('has no end where everything is a quorum, and is -1 where nothing is', () => {
    expect(resilience(and())).toBe(Infinity);
    expect(resilience({ ...majority(['a', 'b']), threshold: 3 })).toBe(-1);
  });

  it.each([
    ['a majority of 101', majority(letters(101)), 50],
    ['a tree of 63', tree(letters(63)), 5],
    ['7 groups of 7', hierarchical(square(7)), 15],
    ['a grid of 6 by 6', grid(square(6)), 5],
    ['weights of 60', weighted(Object.fromEntries(letters(60).map((id, i) => [id, 1 + (i % 7)]))), 18],
  ])('answers for %s', (_name, system, expected) => {
    expect(resilience(system)).toBe(expected);
  });

  it('gives up with an error where too many sets differ in what they leave', () => {
    const ids = letters(20);
    const overlapping = ids.map((_, i) => choose(2, ...[0, 1, 2].map((k) => ids[(i * 3 + k * k * 7) % 20]!)));
    const system = choose(10, ...overlapping);
    expect(() => resilience(system)).toThrow(expect.objectContaining({ code: 'quorums-too-complex' }));
  });
});

describe('failureProbability', () => {
  it('is the sum over all sets without a quorum, for any system and any probabilities', () => {
    const chance = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(anySystem(7), fc.array(chance, { minLength: 7, maxLength: 7 }), (system, chances) => {
        const probability = Object.fromEntries([...'abcdefg'].map((id, i) => [id, chances[i]!]));
        expect(failureProbability(system, probability)).toBeCloseTo(naiveFailure(system, probability), 10);
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['majority of 3', majority(letters(3)), 0.028],
    ['majority of 5', majority(letters(5)), 0.00856],
    ['grid of 3 by 3', grid(square(3)), 0.033309],
    ['3 groups of 3', hierarchical(square(3)), 0.002308],
  ])('published at 0.1: of %s', (_name, system, expected) => {
    expect(Math.abs(failureProbability(system, 0.1) - expected)).toBeLessThan(1e-6);
  });

  it('of a pair is that reads or writes have no quorum', () => {
    const pair = readWrite({ read: or('a', 'b') });
    expect(failureProbability(pair.read, 0.1)).toBeCloseTo(0.01, 12);
    expect(failureProbability(pair, 0.1)).toBeCloseTo(0.19, 12);
  });

  it('at the ends is 0 and 1', () => {
    expect([0, 1].map((p) => failureProbability(majority(letters(5)), p))).toEqual([0, 1]);
    expect(failureProbability(and(), 1)).toBe(0);
  });

  it('answers for dozens of members', () => {
    expect(failureProbability(majority(letters(101)), 0.5)).toBeCloseTo(0.5, 10);
    expect(failureProbability(tree(letters(63)), 0.1)).toBeCloseTo(5.1371866834e-5, 12);
  });

  it('refuses what is no probability, and a member without one', () => {
    expect(() => failureProbability(majority(['a']), 1.5)).toThrow('probability of a is 1.5');
    expect(() => failureProbability(majority(['a', 'b']), { a: 0.1 })).toThrow('probability of b is undefined');
  });
});
