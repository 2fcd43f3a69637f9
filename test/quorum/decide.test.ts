import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  and,
  committedIndex,
  isQuorum,
  joint,
  majority,
  or,
  tally,
  type QuorumSystem,
  type VoteResult,
} from '../../src/quorum/index.js';
import { allSystems } from './all-systems.js';
import { anySystem, holds, subsets } from './naive.js';
import { publishedCommits, publishedVotes } from './published-cases.js';

/** Yes, no, or not voted yet. */
type Vote = boolean | undefined;

/** What is decided, found by trying every way in which the missing votes may still fall. */
function naiveTally(system: QuorumSystem, votes: readonly Vote[]): VoteResult {
  const missing = votes.findIndex((vote) => vote === undefined);
  if (missing < 0) return holds(system, new Set(system.members.filter((_, i) => votes[i]))) ? 'won' : 'lost';
  const results = [true, false].map((vote) => naiveTally(system, votes.with(missing, vote)));
  return results[0] === results[1] ? results[0]! : 'pending';
}

/** The highest index whose reachers are a quorum; -Infinity cannot be, since all members are one. */
function naiveCommitted(system: QuorumSystem, indexes: readonly number[]): number {
  const reachers = (index: number): Set<string> => new Set(system.members.filter((_, i) => indexes[i]! >= index));
  return Math.max(...indexes.filter((index) => holds(system, reachers(index))));
}

/** Reads a published case: its groups, what each member has, and the result. */
function published(text: string): { system: QuorumSystem; values: string[]; result: string } {
  const groups = Array.from(text.matchAll(/\[([^\]]*)\]/g), ([, ids]) => ids!.split(',').filter(Boolean));
  const [values, result] = text.split(' ').slice(-2) as [string, string];
  const systems = groups.map((group) => majority(group));
  return { system: systems.length === 1 ? systems[0]! : joint(...systems), values: values.split(','), result };
}

/** Every combination of yes, no and not voted. */
function* everyVote(members: number): Iterable<Vote[]> {
  for (let code = 0; code < 3 ** members; code++) {
    yield Array.from({ length: members }, (_, i) => [undefined, true, false][Math.floor(code / 3 ** i) % 3]);
  }
}

const letters = (count: number): string[] => Array.from({ length: count }, (_, i) => String.fromCharCode(97 + i));

describe('tally', () => {
  it.each(publishedVotes)('of %s', (text) => {
    const { system, values, result } = published(text);
    const cast = system.members.map((id, i) => [id, values[i]] as const).filter(([, vote]) => vote !== '_');
    const votes = Object.fromEntries(cast.map(([id, vote]) => [id, vote === 'y']));
    expect(tally(system, votes)).toBe(result);
  });

  it('does not count the votes of strangers', () => {
    expect(tally(majority(['a', 'b', 'c']), { a: true, x: true, y: true })).toBe('pending');
    expect(tally(majority(['a', 'b', 'c']), { a: false, x: false, y: false })).toBe('pending');
  });

  it('knows that a vote is lost in one half of a joint decision before the other has begun', () => {
    const system = joint(majority(['a', 'b', 'c']), majority(['x', 'y', 'z']));
    expect(tally(system, { x: false, y: false })).toBe('lost');
    expect(tally(system, { a: true, b: true, x: false })).toBe('pending');
  });

  it('is what every way to complete the votes leads to, in every system of the library of up to five members', () => {
    for (const [name, system] of allSystems(5)) {
      for (const votes of everyVote(system.members.length)) {
        const cast = Object.fromEntries(system.members.map((id, i) => [id, votes[i]])) as Record<string, boolean>;
        if (tally(system, cast) !== naiveTally(system, votes)) expect.fail(`${name}: ${votes.join()}`);
      }
    }
  });

  it('is what every way to complete the votes leads to, in every system', () => {
    const votes = fc.array(fc.constantFrom(true, false, undefined), { minLength: 7, maxLength: 7 });
    fc.assert(
      fc.property(anySystem(7), votes, (system, all) => {
        const own = system.members.map((_, i) => all[i]);
        const cast = Object.fromEntries(system.members.map((id, i) => [id, own[i]]));
        expect(tally(system, cast as Record<string, boolean>)).toBe(naiveTally(system, own));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('isQuorum', () => {
  it('says of every set what the definition says, in every system of the library of up to seven members', () => {
    let compared = 0;
    for (const [name, system] of allSystems(7)) {
      for (const set of subsets(system.members)) {
        if (isQuorum(system, set) !== holds(system, set)) expect.fail(`${name}: {${[...set].join()}}`);
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(50_000);
  });

  it('says of every set what the definition says, in every system', () => {
    fc.assert(
      fc.property(anySystem(6), (system) => {
        for (const set of subsets(system.members)) expect(isQuorum(system, set)).toBe(holds(system, set));
      }),
      { numRuns: 300 },
    );
  });

  it('does not count strangers', () => {
    expect(isQuorum(majority(['a', 'b', 'c']), ['a', 'x', 'y'])).toBe(false);
    expect(isQuorum(or('a', 'b'), ['x', 'b'])).toBe(true);
  });
});

describe('committedIndex', () => {
  it.each(publishedCommits)('of %s', (text) => {
    const { system, values, result } = published(text);
    const indexes = system.members.map((_, i) => (values[i] === '_' ? 0 : Number(values[i])));
    expect(committedIndex(system, indexes)).toBe(Number(result));
  });

  it('is the highest index whose reachers are a quorum, in every system', () => {
    const indexes = fc.array(fc.nat({ max: 9 }), { minLength: 7, maxLength: 7 });
    fc.assert(
      fc.property(anySystem(7), indexes, (system, all) => {
        const own = all.slice(0, system.members.length);
        expect(committedIndex(system, own)).toBe(naiveCommitted(system, own));
      }),
      { numRuns: 3000 },
    );
  });

  it('remembers nothing of the group before', () => {
    expect(committedIndex(majority(letters(7)), [9, 9, 9, 9, 9, 9, 9])).toBe(9);
    expect(committedIndex(majority(letters(3)), [1, 2, 3])).toBe(2);
    expect(committedIndex(majority(letters(1)), [0])).toBe(0);
  });

  it('leaves what it is given as it is', () => {
    const indexes = Float64Array.of(3, 1, 2);
    committedIndex(majority(letters(3)), indexes);
    expect([...indexes]).toEqual([3, 1, 2]);
  });

  it('takes more indexes than members, and looks at the first only', () => {
    expect(committedIndex(majority(letters(3)), Float64Array.of(5, 6, 7, 100, 100, 100))).toBe(6);
  });

  it('refuses fewer indexes than members', () => {
    expect(() => committedIndex(majority(letters(3)), [1, 2])).toThrow(
      new RangeError('2 indexes are too few for 3 members'),
    );
  });

  it('holds indexes beyond 32 bits', () => {
    const indexes = [Number.MAX_SAFE_INTEGER, 2 ** 40, 2 ** 33];
    expect(committedIndex(majority(letters(3)), indexes)).toBe(2 ** 40);
  });

  it('is infinite where everything is a quorum, and neutral in a joint decision', () => {
    expect(committedIndex(and(), [])).toBe(Infinity);
    expect(committedIndex(joint(majority([]), majority(['a'])), [7])).toBe(7);
  });
});
