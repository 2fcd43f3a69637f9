import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  and,
  choose,
  dissemination,
  dual,
  formatSystem,
  grid,
  hierarchical,
  isQuorum,
  joint,
  majority,
  majoritySize,
  masking,
  MAX_QUORUM_PARTS,
  or,
  tree,
  wall,
  weighted,
  type QuorumSystem,
} from '../../src/quorum/index.js';
import { anySystem, holds, minimalQuorums, subsets } from './naive.js';

/** The minimal quorums as texts, sorted. */
function quorumsOf(system: QuorumSystem): string[] {
  return minimalQuorums(system)
    .map((set) => [...set].sort().join(''))
    .sort();
}

const nine = ['abc', 'def', 'ghi'].map((row) => [...row]);

describe('majority', () => {
  it.each([
    [0, 0],
    [1, 1],
    [2, 2],
    [3, 2],
    [4, 3],
    [5, 3],
    [64, 33],
  ])('of %i members needs %i', (size, needed) => {
    expect(majoritySize(size)).toBe(needed);
  });

  it('has all sets of that size as its minimal quorums', () => {
    expect(quorumsOf(majority(['a', 'b', 'c']))).toEqual(['ab', 'ac', 'bc']);
    expect(minimalQuorums(majority([...'abcde']))).toHaveLength(10);
  });

  it('refuses a member that is named twice, and what is no id', () => {
    expect(() => majority(['a', 'b', 'a'])).toThrow('members is "a,b,a"; it must be each member once');
    expect(() => majority(['a b'])).toThrow('member is "a b"');
    expect(() => majority([null as unknown as string])).toThrow('member is null');
  });
});

describe('an expression', () => {
  it('names each member once, in order of first appearance', () => {
    expect(and('c', or('a', 'c'), choose(2, 'b', 'a', 'd')).members).toEqual(['c', 'a', 'b', 'd']);
  });

  it('is written as people write it', () => {
    const system = and('a', or('b', 'c'), choose(2, 'd', 'e', 'f'), weighted({ g: 2, h: 1 }, 2));
    expect(formatSystem(system)).toBe('and(a, or(b, c), choose(2, d, e, f), weighted(2, g: 2, h: 1))');
  });

  it('refuses what has no quorum', () => {
    expect(() => or()).toThrow('parts is an array; it must be at least one member or system');
    expect(() => choose(3, 'a', 'b')).toThrow('threshold is 3; it must be a whole number from 1 to 2');
    expect(() => choose(0, 'a', 'b')).toThrow('threshold is 0; it must be a whole number from 1 to 2');
  });

  it(`takes ${MAX_QUORUM_PARTS} parts and refuses one more`, () => {
    const members = (count: number): string[] => Array.from({ length: count }, (_, i) => `node-${i}`);
    expect(isQuorum(majority(members(MAX_QUORUM_PARTS)), members(MAX_QUORUM_PARTS / 2 + 1))).toBe(true);
    expect(() => majority(members(MAX_QUORUM_PARTS + 1))).toThrow('parts is 1025; it must be at most 1024');
  });

  it('is not changed by who made it', () => {
    const parts = ['a', 'b'];
    const system = choose(1, ...parts);
    parts[0] = 'x';
    expect(system.parts).toEqual(['a', 'b']);
  });
});

describe('dual', () => {
  it('of choose(k of n) is choose(n - k + 1 of n), inside too', () => {
    expect(formatSystem(dual(choose(2, 'a', 'b', 'c', 'd')))).toBe('choose(3, a, b, c, d)');
    expect(formatSystem(dual(or(and('a', 'b'), 'c')))).toBe('and(or(a, b), c)');
  });

  it('has as quorums exactly the sets that meet every quorum', () => {
    fc.assert(
      fc.property(anySystem(6), (system) => {
        const quorums = [...subsets(system.members)].filter((set) => holds(system, set));
        for (const set of subsets(system.members)) {
          expect(holds(dual(system), set)).toBe(quorums.every((quorum) => [...quorum].some((id) => set.has(id))));
        }
      }),
      { numRuns: 200 },
    );
  });

  it('of the dual is the system itself', () => {
    fc.assert(
      fc.property(anySystem(7), (system) => {
        expect(formatSystem(dual(dual(system)))).toBe(formatSystem(system));
      }),
    );
  });

  it('does not exist where everything is a quorum', () => {
    expect(() => dual(and())).toThrow('one with members');
  });
});

describe('weighted', () => {
  it('needs more than half of the weight, unless told otherwise', () => {
    expect(quorumsOf(weighted({ a: 3, b: 1, c: 1, d: 1 }))).toEqual(['ab', 'ac', 'ad']);
    expect(quorumsOf(weighted({ a: 2, b: 1, c: 1 }, 2))).toEqual(['a', 'bc']);
  });

  it('never needs a member without weight', () => {
    expect(quorumsOf(weighted({ a: 1, b: 0 }))).toEqual(['a']);
  });

  it('weighs systems too', () => {
    const system = weighted([
      [majority(['a', 'b', 'c']), 2],
      ['d', 1],
    ]);
    expect(quorumsOf(system)).toEqual(['ab', 'ac', 'bc']);
  });

  it.each([
    [{ a: -1, b: 3 }, undefined, 'weight of a is -1'],
    [{ a: 0.5 }, undefined, 'weight of a is 0.5'],
    [{ a: 0 }, undefined, 'the sum of the weights is 0'],
    [{ a: 1 }, 2, 'threshold is 2; it must be a whole number from 1 to 1'],
    [{ a: 2 ** 31 - 1, b: 1 }, undefined, 'the sum of the weights is 2147483648'],
  ])('refuses %j with threshold %s', (weights, threshold, message) => {
    expect(() => weighted(weights as Record<string, number>, threshold)).toThrow(message);
  });
});

describe('grid', () => {
  it('has a row and a column in each quorum', () => {
    const quorums = quorumsOf(grid(nine));
    expect(quorums).toHaveLength(9);
    expect(new Set(quorums.map((quorum) => quorum.length))).toEqual(new Set([5]));
    expect(quorums).toContain('abcdg');
  });

  it('refuses rows that are no grid', () => {
    expect(() => grid([])).toThrow('at least one row');
    expect(() => grid([['a'], []])).toThrow('at least one row');
    expect(() => grid([['a', 'b'], ['c']])).toThrow('rows is "[c]"; it must be rows of equal length');
    expect(() => grid([['a'], ['a']])).toThrow('rows is "a,a"; it must be each member once');
  });
});

describe('tree', () => {
  it('has the path from the root to a leaf, or both subtrees', () => {
    expect(quorumsOf(tree(['a', 'b', 'c']))).toEqual(['ab', 'ac', 'bc']);
    // With seven: root a, children b and c, leaves d e and f g.
    const quorums = quorumsOf(tree([...'abcdefg']));
    expect(quorums).toEqual(expect.arrayContaining(['abd', 'abe', 'acf', 'acg', 'ade', 'bcdf', 'defg']));
    expect(Math.min(...quorums.map((quorum) => quorum.length))).toBe(3);
  });

  it('with more children needs the root and one of them, or all', () => {
    expect(quorumsOf(tree([...'abcd'], 3))).toEqual(['ab', 'ac', 'ad', 'bcd']);
  });

  it('of one member is that member', () => {
    expect(quorumsOf(tree(['a']))).toEqual(['a']);
  });

  it('refuses no members, and a degree below two', () => {
    expect(() => tree([])).toThrow('at least one member');
    expect(() => tree(['a', 'b'], 1)).toThrow('degree is 1');
  });
});

describe('wall', () => {
  it('has a full row and one of each row below', () => {
    expect(quorumsOf(wall([['a'], ['b', 'c'], ['d', 'e', 'f']]))).toEqual([
      ...['abd', 'abe', 'abf', 'acd', 'ace', 'acf'],
      ...['bcd', 'bce', 'bcf', 'def'],
    ]);
  });
});

describe('hierarchical', () => {
  it('needs more than half of more than half of the groups', () => {
    const quorums = quorumsOf(hierarchical(nine));
    expect(quorums).toHaveLength(27);
    expect(new Set(quorums.map((quorum) => quorum.length))).toEqual(new Set([4]));
  });

  it('goes by weight within a group, and leaves out groups without', () => {
    const system = hierarchical([{ a: 2, b: 1 }, { f: 0, g: 0 }, ['c', 'd', 'e'], { h: 0 }]);
    expect(system.members).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(quorumsOf(system)).toEqual(['acd', 'ace', 'ade']);
  });

  it('refuses groups without weight, and a member of two', () => {
    expect(() => hierarchical([{ a: 0 }])).toThrow('at least one with weight');
    expect(() => hierarchical([['a'], { a: 1 }])).toThrow('groups is "a,a"; it must be each member once');
  });
});

describe('joint', () => {
  it('needs a quorum of each', () => {
    const system = joint(majority(['a', 'b', 'c']), majority(['c', 'd', 'e']));
    expect(quorumsOf(system)).toEqual(['abde', 'acd', 'ace', 'bcd', 'bce']);
  });
});

describe.each([
  { name: 'dissemination', system: dissemination, times: 3, shared: 1 },
  { name: 'masking', system: masking, times: 4, shared: 2 },
])('$name', ({ system, times, shared }) => {
  it.each([0, 1, 2])(`has quorums that share ${shared} times the faults and one more, with %i faults`, (faults) => {
    for (const spare of [0, 1, 2]) {
      const members = [...'abcdefghijk'].slice(0, times * faults + 1 + spare);
      const quorums = minimalQuorums(system(members, faults));
      let least = Infinity;
      for (const one of quorums) {
        for (const other of quorums) least = Math.min(least, [...one].filter((id) => other.has(id)).length);
      }
      expect(least).toBeGreaterThanOrEqual(shared * faults + 1);
      expect(least).toBeLessThanOrEqual(shared * faults + 2); // no larger than they must be
    }
  });

  it('goes on when those that lie keep silent', () => {
    const members = [...'abcdefghi'].slice(0, times * 2 + 1);
    expect(isQuorum(system(members, 2), members.slice(2))).toBe(true);
  });

  it('refuses too few members', () => {
    const members = [...'abcdefghi'].slice(0, times * 2);
    expect(() => system(members, 2)).toThrow(`it must be at least ${times * 2 + 1} for 2 that may lie`);
  });
});

it.each<[string, QuorumSystem]>([
  ['majority', majority([...'abcdefg'])],
  ['weighted', weighted({ a: 3, b: 2, c: 2, d: 1, e: 1 })],
  ['grid', grid(nine)],
  ['tree', tree([...'abcdefghi'])],
  ['tree of degree 3', tree([...'abcdefghij'], 3)],
  ['wall', wall(['a', 'bc', 'def'].map((row) => [...row]))],
  ['hierarchical', hierarchical(nine)],
  ['dissemination', dissemination([...'abcd'], 1)],
  ['masking', masking([...'abcde'], 1)],
])('any two quorums of %s meet', (_name, system) => {
  const quorums = minimalQuorums(system);
  for (const one of quorums) for (const other of quorums) expect([...one].some((id) => other.has(id))).toBe(true);
});
