import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  committedIndex,
  majoritySize,
  MAX_QUORUM_MEMBERS,
  tallyVotes,
  type VoteResult,
} from '../../src/quorum/index.js';

/** The vote of one member: yes, no, or none so far. */
type Vote = boolean | undefined;

/** What a majority has decided, found by trying every way in which the missing votes may still fall. */
function naiveTally(votes: readonly Vote[]): VoteResult {
  if (votes.length === 0) return 'won';
  const missing = votes.findIndex((vote) => vote === undefined);
  if (missing < 0) return votes.filter((vote) => vote).length > votes.length / 2 ? 'won' : 'lost';
  const results = [true, false].map((vote) => naiveTally(votes.with(missing, vote)));
  return results[0] === results[1] ? results[0]! : 'pending';
}

/** The highest index that more than half have reached, found by asking of each. */
function naiveCommitted(indexes: readonly number[]): number {
  if (indexes.length === 0) return Infinity;
  const reached = indexes.filter((index) => indexes.filter((other) => other >= index).length > indexes.length / 2);
  return Math.max(...reached);
}

/** Members a, b, c ... with their votes: `y` yes, `n` no, `_` none. */
function tally(pattern: string): VoteResult {
  const members = Array.from(pattern, (_, i) => String.fromCharCode(97 + i));
  const votes: Record<string, boolean> = {};
  members.forEach((member, i) => {
    if (pattern[i] !== '_') votes[member] = pattern[i] === 'y';
  });
  return tallyVotes(members, votes);
}

describe('majoritySize', () => {
  it.each([
    [0, 1],
    [1, 1],
    [2, 2],
    [3, 2],
    [4, 3],
    [5, 3],
    [64, 33],
  ])('of %i members is %i', (size, majority) => {
    expect(majoritySize(size)).toBe(majority);
  });
});

describe('tallyVotes', () => {
  it.each([
    ['', 'won'],
    ['_', 'pending'],
    ['n', 'lost'],
    ['y', 'won'],
    ['__', 'pending'],
    ['y_', 'pending'],
    ['n_', 'lost'],
    ['ny', 'lost'],
    ['yy', 'won'],
    ['y__', 'pending'],
    ['n__', 'pending'],
    ['yn_', 'pending'],
    ['yy_', 'won'],
    ['nn_', 'lost'],
    ['nyy', 'won'],
    ['nny', 'lost'],
    ['yy__', 'pending'],
    ['nn__', 'lost'],
    ['yyn_', 'pending'],
    ['yyy_', 'won'],
    ['yynn', 'lost'],
    ['yynn_', 'pending'],
    ['yyynn', 'won'],
    ['nnn__', 'lost'],
    ['yyyy___', 'won'],
    ['yyynn__', 'pending'],
    ['nnnn___', 'lost'],
  ] as const)('says of the votes "%s": %s', (pattern, result) => {
    expect(tally(pattern)).toBe(result);
  });

  it('does not count the votes of strangers', () => {
    expect(tallyVotes(['a', 'b', 'c'], { a: true, x: true, y: true })).toBe('pending');
    expect(tallyVotes(['a', 'b', 'c'], { a: false, x: false, y: false })).toBe('pending');
  });

  it('takes nothing that every object has for a vote', () => {
    expect(tallyVotes(['constructor', 'toString', '__proto__'], {})).toBe('pending');
  });

  it('is what every way to complete the votes leads to', () => {
    const votes = fc.array(fc.constantFrom('y', 'n', '_'), { maxLength: 9 });
    fc.assert(
      fc.property(votes, (letters) => {
        const naive = naiveTally(letters.map((letter) => (letter === '_' ? undefined : letter === 'y')));
        expect(tally(letters.join(''))).toBe(naive);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('committedIndex', () => {
  const _ = 0; // a member that reported nothing
  it.each([
    [[], Infinity],
    [[_], 0],
    [[12], 12],
    [[_, _], 0],
    [[12, _], 0],
    [[12, 5], 5],
    [[_, _, _], 0],
    [[12, _, _], 0],
    [[12, 5, _], 5],
    [[5, 12, _], 5],
    [[12, 5, 6], 6],
    [[100, 100, 1], 100],
    [[5, 5, 6, 6], 5],
    [[3, 2, 1, 4], 2],
    [[_, _, 8, 9], 0],
    [[_, 103, 103, 103, 102], 103],
    [[_, _, 101, 103, 104], 101],
    [[_, _, 8, 8, 8, 8], 8],
    [[7, 7, 7, 1, 1, 1], 1],
  ])('of %j is %d', (indexes, committed) => {
    expect(committedIndex(indexes)).toBe(committed);
  });

  it('is the highest index that more than half have reached', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 12 }), { maxLength: 9 }), (indexes) => {
        expect(committedIndex(indexes)).toBe(naiveCommitted(indexes));
      }),
      { numRuns: 2000 },
    );
  });

  it('remembers nothing of the group before', () => {
    expect(committedIndex([9, 9, 9, 9, 9, 9, 9])).toBe(9);
    expect(committedIndex([1, 2, 3])).toBe(2);
    expect(committedIndex([0])).toBe(0);
  });

  it('leaves what it is given as it is', () => {
    const indexes = Float64Array.of(3, 1, 2);
    committedIndex(indexes);
    expect([...indexes]).toEqual([3, 1, 2]);
  });

  it('looks at the first `count` indexes only', () => {
    expect(committedIndex(Float64Array.of(5, 6, 7, 100, 100, 100), 3)).toBe(6);
    expect(committedIndex(Float64Array.of(5), 0)).toBe(Infinity);
  });

  it('holds indexes beyond 32 bits', () => {
    expect(committedIndex([Number.MAX_SAFE_INTEGER, 2 ** 40, 2 ** 33])).toBe(2 ** 40);
  });

  it(`takes ${MAX_QUORUM_MEMBERS} members and refuses one more`, () => {
    const indexes = Array.from({ length: MAX_QUORUM_MEMBERS }, (_, i) => i + 1);
    expect(committedIndex(indexes)).toBe(MAX_QUORUM_MEMBERS / 2);
    expect(() => committedIndex([...indexes, 1])).toThrow(new RangeError('at most 64 members, not 65'));
  });
});
