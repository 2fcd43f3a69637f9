import { describe, expect, it } from 'vitest';
import { representative } from '../../../src/testing/explorer/symmetry.js';
import { always, eventually, explore, sometimes, type Model, type Symmetry } from '../../../src/testing/index.js';
import { acceptorsSymmetry, paxos, type PaxosState } from '../../models/paxos.js';
import { managersSymmetry, twoPhaseCommit, type TwoPhaseState } from '../../models/two-phase-commit.js';
import { canonical, naiveExplore } from './naive.js';

function permutations(size: number): readonly (readonly number[])[] {
  if (size === 0) return [[]];
  return permutations(size - 1).flatMap((rest) =>
    rest.map((_, i) => rest.toSpliced(i, 0, size - 1)).concat([[...rest, size - 1]]),
  );
}

/** The least text of all renamings: which group a state belongs to, told in the plainest way. */
function group<State>(symmetry: Symmetry<State>, state: State): string {
  return permutations(symmetry.size)
    .map((permutation) => canonical(symmetry.permute(state, permutation)))
    .sort()[0]!;
}

function states<State>(model: Model<State>): readonly State[] {
  const all = new Map<string, State>();
  const note = (state: State): boolean => all.set(canonical(state), state) === all;
  naiveExplore({ ...model, within: note });
  return [...all.values()];
}

describe('symmetry of two-phase commit, 4 resource managers', () => {
  suite(twoPhaseCommit(4), managersSymmetry(4), 166);
});
describe('symmetry of Paxos, 3 acceptors, ballots 0 and 1', () => {
  suite(paxos({ ballots: 2 }), acceptorsSymmetry(3), 857);
});

function suite<State>(model: Model<State>, symmetry: Symmetry<State>, groups: number): void {
  const all = states(model);

  it('explores one state of each group', () => {
    const expected = new Set(all.map((state) => group(symmetry, state))).size;
    expect(expected).toBe(groups);
    expect(explore({ ...model, symmetry })).toMatchObject({ distinct: expected, complete: true, violation: null });
    const { key: _key, ...keyless } = symmetry;
    expect(explore({ ...model, symmetry: keyless }).distinct).toBe(expected);
  });

  it('has one representative for all members of a group', () => {
    for (const state of all.filter((_, i) => i % 97 === 0)) {
      const members = permutations(symmetry.size).map((permutation) => symmetry.permute(state, permutation));
      const texts = members.map((member) => canonical(representative(symmetry, member)));
      expect(new Set(texts).size).toBe(1);
      expect(group(symmetry, representative(symmetry, state))).toBe(group(symmetry, state));
    }
  });
}

it('leads to what it finds by real steps', () => {
  const model = { ...paxos({ ballots: 2 }), symmetry: acceptorsSymmetry(3) };
  const accepted = always<PaxosState>('no two ballots', (state) =>
    state.accepted.some((bits) => (bits & (bits - 1)) === 0),
  );
  const path = explore({ ...model, properties: [accepted] }).violation!.path!;
  expect(path.length).toBeGreaterThan(8);
  for (let i = 1; i < path.length; i++) {
    const followers: string[] = [];
    model.next(path[i - 1]!.state, (action, state) => followers.push(action + canonical(state)));
    expect(followers).toContain(path[i]!.action + canonical(path[i]!.state));
  }
});

it('sees that a run may go round in a circle of states that differ in names only', () => {
  const token: Model<{ at: number; kept: boolean }> = {
    initial: [0, 1].map((at) => ({ at, kept: false })),
    next: ({ at, kept }, to) => {
      if (!kept) to('pass on', { at: 1 - at, kept });
      to('keep', { at, kept: true });
    },
    properties: [eventually('kept', ({ kept }) => kept)],
    symmetry: { size: 2, permute: ({ at, kept }, permutation) => ({ at: permutation[at]!, kept }) },
  };
  expect(explore(token)).toMatchObject({ distinct: 2, violation: { name: 'kept', loopsTo: 0 } });
});

it('needs far fewer states, and finds the same examples', () => {
  const symmetric = explore({ ...twoPhaseCommit(5), symmetry: managersSymmetry(5) });
  expect(symmetric.distinct).toBe(314);
  const example = sometimes<TwoPhaseState>(
    'two prepared',
    ({ managers }) => managers.filter((m) => m === 'prepared').length === 2,
  );
  const found = explore({ ...twoPhaseCommit(5), symmetry: managersSymmetry(5), properties: [example] });
  expect(found.properties[0]!.path).toHaveLength(3);
});
