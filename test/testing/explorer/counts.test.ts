import { describe, expect, it } from 'vitest';
import { explore, type ExploreResult, type Model } from '../../../src/testing/index.js';
import { paxos } from '../../models/paxos.js';
import { transactionCommit } from '../../models/transaction-commit.js';
import { twoPhaseCommit } from '../../models/two-phase-commit.js';
import { naiveExplore } from './naive.js';

type Counts = readonly [distinct: number, generated: number, depth: number];

function counts({ distinct, generated, depth }: ExploreResult<unknown>): Counts {
  return [distinct, generated, depth];
}

// Published: tlaplus/Examples, and stateright for five resource managers.
published('transaction commit, 3 resource managers', transactionCommit(3), [34, 94, 7]);
published('two-phase commit, 3 resource managers', twoPhaseCommit(3), [288, 1146, 11]);
published('two-phase commit, 5 resource managers', twoPhaseCommit(5), [8832, 58_146, 17]);
published('Paxos, 3 acceptors, 2 values, ballots 0 and 1', paxos({ ballots: 2 }), [3921, 23_563, 17]);

function published<State>(name: string, model: Model<State>, expected: Counts): void {
  describe(name, () => suite(model, expected));
}

function suite<State>(model: Model<State>, expected: Counts): void {
  it('has the published number of states, breadth-first', () => {
    const result = explore(model, { freeze: true });
    expect(counts(result)).toEqual(expected);
    expect(result).toMatchObject({ complete: true, stopped: null, violation: null, missProbability: 0 });
    expect(result.properties.map(({ outcome }) => outcome)).toEqual(model.properties!.map(() => 'holds'));
  });

  it('has as many depth-first, on longer paths', () => {
    const result = explore(model, { order: 'depth-first' });
    expect(counts(result).slice(0, 2)).toEqual(expected.slice(0, 2));
    expect(result.depth).toBeGreaterThanOrEqual(expected[2]);
    expect(result.complete).toBe(true);
    expect(result.missProbability).toBeGreaterThan(0);
    expect(result.missProbability).toBeLessThan(1e-11);
  });

  it('agrees with the naive explorer', () => {
    const { distinct, generated, depth } = naiveExplore(model);
    expect([distinct, generated, depth]).toEqual(expected);
  });
}

it('takes few bytes a state in its tables', () => {
  const result = explore(twoPhaseCommit(6));
  expect(result.distinct).toBe(50_816);
  expect(result.tableBytes / result.distinct).toBeLessThan(80);
  const compact = explore(twoPhaseCommit(6), { order: 'depth-first' });
  expect(compact.tableBytes / compact.distinct).toBeLessThan(23);
});
