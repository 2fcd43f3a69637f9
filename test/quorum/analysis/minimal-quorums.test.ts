import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { and, choose, grid, hierarchical, majority, or, tree, weighted } from '../../../src/quorum/index.js';
import { minimalQuorums } from '../../../src/quorum/analysis/index.js';
import { anySystem, minimalQuorums as naiveMinimal } from '../naive.js';
import { minimal, resilientQuorums } from './naive.js';

const letters = (count: number): string[] => Array.from({ length: count }, (_, i) => `n${i}`);
const texts = (sets: Iterable<Iterable<string>>): string[] =>
  Array.from(sets, (set) => [...set].sort().join('')).sort();

describe('minimalQuorums', () => {
  it('lists them in the order of the members', () => {
    expect(minimalQuorums(or(and('c', 'a'), 'b', and('a', 'd'))).map((set) => set.join(''))).toEqual(['ca', 'ad', 'b']);
  });

  it('has exactly the minimal quorums of any system, each once, without a member twice', () => {
    fc.assert(
      fc.property(anySystem(7), (system) => {
        const found = minimalQuorums(system);
        expect(texts(found)).toEqual(texts(naiveMinimal(system)));
        const position = (id: string): number => system.members.indexOf(id);
        const keys = found.map((set) => set.map((id) => String.fromCharCode(65 + position(id))).join(''));
        expect(keys).toEqual([...keys].sort());
      }),
      { numRuns: 1000 },
    );
  });

  it.each([1, 2, 3])('has exactly the minimal sets of any system that survive %i failures', (resilience) => {
    fc.assert(
      fc.property(anySystem(6), (system) => {
        fc.pre(resilience <= system.members.length);
        const naive = minimal(resilientQuorums(system, resilience));
        expect(texts(minimalQuorums(system, { resilience }))).toEqual(texts(naive));
      }),
      { numRuns: 300 },
    );
  });

  it('of a system in which everything is a quorum is the empty one', () => {
    expect(minimalQuorums(and())).toEqual([[]]);
    expect(minimalQuorums(and(), { resilience: 1 })).toEqual([[]]);
    expect(minimalQuorums(choose(2, and(), 'a', 'b'))).toEqual([['a'], ['b']]);
  });

  it('lists the 255 quorums of a tree of 15 members', () => {
    expect(minimalQuorums(tree(letters(15)))).toHaveLength(255);
  });

  it.each([
    ['grid', grid(['abc', 'def', 'ghi'].map((row) => [...row])), 9, 5],
    ['hierarchical', hierarchical(['abc', 'def', 'ghi'].map((row) => [...row])), 27, 4],
    ['majority of 3', majority(letters(3)), 3, 2],
    ['majority of 5', majority(letters(5)), 10, 3],
  ])('%s has as many as published, and as large', (_name, system, count, size) => {
    const quorums = minimalQuorums(system);
    expect(quorums).toHaveLength(count);
    expect(new Set(quorums.map((quorum) => quorum.length))).toEqual(new Set([size]));
  });

  it('stops with an error at the limit', () => {
    expect(minimalQuorums(majority(letters(5)), { limit: 10 })).toHaveLength(10);
    const error = expect.objectContaining({ code: 'quorums-too-many' });
    expect(() => minimalQuorums(majority(letters(5)), { limit: 9 })).toThrow(error);
    expect(() => minimalQuorums(majority(letters(101)), { limit: 1000 })).toThrow('more than 1000 quorums');
    expect(() => minimalQuorums(majority(letters(9)), { resilience: 1, limit: 83 })).toThrow(error);
    expect(minimalQuorums(majority(letters(9)), { resilience: 1, limit: 84 })).toHaveLength(84);
  });

  it('stops with an error where most of what is tried is no quorum', () => {
    const pairs = or(...Array.from({ length: 12 }, (_, i) => and(`a${i}`, `b${i}`)), weighted({ c: 1 }));
    const error = expect.objectContaining({ code: 'quorums-too-many' });
    expect(() => minimalQuorums(pairs, { resilience: 2, limit: 10 })).toThrow(error);
  });

  it('refuses options out of range', () => {
    expect(() => minimalQuorums(majority(['a']), { limit: 0 })).toThrow('limit is 0');
    expect(() => minimalQuorums(majority(['a']), { resilience: 2 })).toThrow('resilience is 2');
  });
});
