import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  and,
  choose,
  disjointQuorums,
  DisjointQuorumsError,
  dual,
  fastPaxos,
  fastPaxosSizes,
  flexible,
  formatSystem,
  grid,
  isQuorum,
  majority,
  or,
  readWrite,
  readWriteCounts,
  readWriteGrid,
  requireIntersection,
  tree,
  weighted,
  type QuorumSystem,
} from '../../src/quorum/index.js';
import { anySystem, minimalQuorums } from './naive.js';

const letters = (count: number): string[] => Array.from({ length: count }, (_, i) => `n${i}`);

function naiveDisjoint(first: QuorumSystem, second: QuorumSystem): boolean {
  const others = minimalQuorums(second);
  return minimalQuorums(first).some((one) => others.some((other) => ![...one].some((id) => other.has(id))));
}

describe('disjointQuorums', () => {
  it('finds two, both minimal, exactly when there are some', () => {
    fc.assert(
      fc.property(anySystem(7), anySystem(7), (first, second) => {
        const found = disjointQuorums(first, second);
        expect(found !== null).toBe(naiveDisjoint(first, second));
        if (found === null) return;
        const [one, other] = found;
        expect(one.filter((id) => other.includes(id))).toEqual([]);
        expect(minimalQuorums(first).map((set) => [...set])).toContainEqual(one);
        expect(minimalQuorums(second).map((set) => [...set])).toContainEqual(other);
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    [and(or('a', 'b'), 'c'), or('a', 'c')],
    [choose(2, 'a', 'b', 'c'), or('a', and('b', 'c'))],
  ])('takes nothing for tried that is alike for one of both only (%#)', (first, second) => {
    expect(disjointQuorums(first, second)).toEqual([['b', 'c'], ['a']]);
    expect(disjointQuorums(second, first)).toEqual([['a'], ['b', 'c']]);
  });

  it.each<[string, QuorumSystem]>([
    ['a majority of 101', majority(letters(101))],
    ['a grid of 8 by 8', grid(Array.from({ length: 8 }, (_, i) => letters(64).slice(8 * i, 8 * i + 8)))],
    ['a tree of 63', tree(letters(63))],
    ['weights of 60', weighted(Object.fromEntries(letters(60).map((id, i) => [id, 1 + (i % 7)])))],
  ])('answers for %s and its dual', (_name, system) => {
    expect(disjointQuorums(system, dual(system))).toBeNull();
  });

  it('gives up with an error where it would have to remember too much', () => {
    // Every member in several overlapping parts: few assignments leave the same to be decided.
    const ids = letters(20);
    const overlapping = ids.map((_, i) => choose(2, ...[0, 1, 2].map((k) => ids[(i * 3 + k * k * 7) % 20]!)));
    const mixed = choose(10, ...overlapping);
    expect(() => disjointQuorums(mixed, dual(mixed))).toThrow(expect.objectContaining({ code: 'quorums-too-complex' }));
  });
});

describe('readWrite', () => {
  it('takes the dual for what is missing', () => {
    expect(formatSystem(readWrite({ read: or(and('a', 'b'), and('c', 'd')) }).write)).toBe('and(or(a, b), or(c, d))');
    expect(formatSystem(readWrite({ write: and('a', 'b') }).read)).toBe('or(a, b)');
  });

  it('refuses a pair that does not meet, and names two quorums', () => {
    const pair = { read: or('a', and('b', 'c')), write: and('a', 'b') };
    expect(readWrite(pair)).toEqual(pair);
    const broken = { read: or('a', 'c'), write: and('a', 'b') };
    expect(() => readWrite(broken)).toThrow(
      'read {c} and write {a, b} are disjoint quorums; make either larger, or take the dual of the other',
    );
    expect(() => readWrite(broken)).toThrow(DisjointQuorumsError);
    expect(() => readWrite(broken)).toThrow(
      expect.objectContaining({ code: 'quorums-disjoint', first: ['c'], second: ['a', 'b'] }),
    );
  });

  it('says whether writes meet each other, asked in the same way', () => {
    const { write } = readWriteGrid([
      ['a', 'b'],
      ['c', 'd'],
    ]);
    expect(() => requireIntersection(write, write, ['write', 'write'])).toThrow('write {a, c} and write {b, d}');
  });
});

describe('readWriteCounts', () => {
  it('accepts R + W > N', () => {
    const { read, write } = readWriteCounts(['a', 'b', 'c'], { read: 1, write: 3 });
    expect([isQuorum(read, ['b']), isQuorum(write, ['a', 'b'])]).toEqual([true, false]);
  });

  it('refuses R + W = N, and names two quorums', () => {
    expect(() => readWriteCounts(['a', 'b', 'c'], { read: 1, write: 2 })).toThrow('read {a} and write {b, c}');
  });

  it('refuses numbers out of range', () => {
    expect(() => readWriteCounts(['a', 'b'], { read: 0, write: 2 })).toThrow('read is 0');
    expect(() => readWriteCounts(['a', 'b'], { read: 1, write: 3 })).toThrow('write is 3');
  });
});

describe('flexible', () => {
  it('takes phases that meet, though neither meets itself', () => {
    const rows = or(and('a', 'b'), and('c', 'd'));
    const system = flexible({ phase2: rows });
    expect(formatSystem(system.phase1)).toBe('and(or(a, b), or(c, d))');
    expect(flexible({ phase1: choose(4, 'a', 'b', 'c', 'd'), phase2: or('a', 'b', 'c', 'd') }).phase2.threshold).toBe(
      1,
    );
  });

  it('refuses phases that do not, and names two quorums', () => {
    expect(() => flexible({ phase1: choose(2, 'a', 'b', 'c'), phase2: or('a', 'b', 'c') })).toThrow(
      'phase 1 {a, b} and phase 2 {c} are disjoint quorums',
    );
  });
});

describe('fastPaxosSizes', () => {
  it.each([
    [3, 2, 3],
    [4, 3, 3],
    [5, 3, 4],
    [7, 4, 6],
    [9, 5, 7],
  ])('of %i members: %i and %i', (size, classic, fast) => {
    expect(fastPaxosSizes(size)).toEqual({ classic, fast });
  });

  it('are the least that meet as they must, whatever the classic size', () => {
    for (let size = 1; size <= 20; size++) {
      for (let classic = Math.floor(size / 2) + 1; classic <= size; classic++) {
        const { fast } = fastPaxosSizes(size, classic);
        expect(classic + 2 * fast).toBeGreaterThan(2 * size);
        expect(classic + 2 * (fast - 1)).toBeLessThanOrEqual(2 * size);
      }
    }
  });

  it('refuses a classic size that is no majority', () => {
    expect(() => fastPaxosSizes(5, 2)).toThrow('classic is 2; it must be a whole number from 3 to 5');
  });

  it('make systems', () => {
    const { classic, fast } = fastPaxos(['a', 'b', 'c', 'd', 'e']);
    expect([classic.threshold, fast.threshold]).toEqual([3, 4]);
  });
});
