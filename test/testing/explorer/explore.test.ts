import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  always,
  eventually,
  explore,
  formatPath,
  sometimes,
  type ExploreProgress,
  type Model,
  type Property,
} from '../../../src/testing/index.js';
import { paxos } from '../../models/paxos.js';
import { twoPhaseCommit } from '../../models/two-phase-commit.js';
import { canonical, naiveExplore } from './naive.js';

/** A model that is a graph: state `n` leads to each of `edges[n]`. */
function graph(edges: readonly (readonly number[])[], properties: readonly Property<number>[] = []): Model<number> {
  return { initial: [0], next: (state, to) => edges[state]!.forEach((next) => to(`to ${next}`, next)), properties };
}

const arbitraryGraph = fc
  .integer({ min: 1, max: 12 })
  .chain((size) => fc.array(fc.array(fc.nat(size - 1), { maxLength: 3 }), { minLength: size, maxLength: size }));

/** Whether a run from 0 may go on for ever, or end, without coming to `goal`: by trying all simple paths. */
function escapes(edges: readonly (readonly number[])[], goal: number, path: readonly number[] = [0]): boolean {
  const last = path.at(-1)!;
  if (last === goal) return false;
  const moves = edges[last]!.filter((next) => next !== last);
  return moves.length === 0 || moves.some((next) => path.includes(next) || escapes(edges, goal, [...path, next]));
}

describe('properties', () => {
  it('finds a shortest counterexample of always', () => {
    const edges = [[1, 2], [3], [4], [5], [6], [6], []];
    const { violation, complete, stopped } = explore(graph(edges, [always('never 6', (n) => n !== 6)]));
    expect(violation).toMatchObject({ name: 'never 6', outcome: 'violated', loopsTo: null });
    expect(violation!.path!.map(({ action, state }) => [action, state])).toEqual([
      ['start', 0],
      ['to 2', 2],
      ['to 4', 4],
      ['to 6', 6],
    ]);
    expect([complete, stopped]).toEqual([false, 'violation']);
  });

  it('finds a counterexample depth-first too, though not the shortest', () => {
    const result = explore(graph([[1], [2, 3], [3], []], [always('never 3', (n) => n !== 3)]), {
      order: 'depth-first',
    });
    expect(result.violation!.path!.map(({ state }) => state)).toEqual([0, 1, 2, 3]);
  });

  it('gives an example of sometimes, and says when there is none', () => {
    const properties = [sometimes<number>('2', (n) => n === 2), sometimes<number>('9', (n) => n === 9)];
    const { properties: results, violation } = explore(graph([[1], [2], [0]], properties));
    expect(results[0]).toMatchObject({ outcome: 'holds', path: [{ state: 0 }, { state: 1 }, { state: 2 }] });
    expect(results[1]).toMatchObject({ outcome: 'violated', path: null });
    expect(violation).toBe(results[1]);
  });

  it('checks eventually against runs that end and runs that go round', () => {
    const reaches = eventually<number>('2', (n) => n === 2);
    const outcome = (edges: readonly (readonly number[])[]): unknown => {
      const { outcome, path, loopsTo } = explore(graph(edges, [reaches])).properties[0]!;
      return [outcome, path?.map(({ state }) => state) ?? null, loopsTo];
    };
    expect(outcome([[1], [2], []])).toEqual(['holds', null, null]);
    expect(outcome([[1, 3], [2], [], []])).toEqual(['violated', [0, 3], null]);
    expect(outcome([[1], [2, 3], [], [1]])).toEqual(['violated', [0, 1, 3], 1]);
    expect(outcome([[0, 1], [1, 2], [3], [0]])).toEqual(['holds', null, null]); // standing still is no run
  });

  it('agrees on eventually with all simple paths', () => {
    fc.assert(
      fc.property(arbitraryGraph, fc.nat(11), (edges, goal) => {
        const { outcome } = explore(graph(edges, [eventually('goal', (n) => n === goal)])).properties[0]!;
        expect(outcome).toBe(escapes(edges, goal) ? 'violated' : 'holds');
      }),
    );
  });

  it('does not judge what it has not seen', () => {
    const properties = [sometimes<number>('9', (n) => n === 9), eventually<number>('2', (n) => n === 2)];
    const { properties: results, violation } = explore(graph([[1], [2], [0]], properties), { maxDepth: 2 });
    expect(results.map(({ outcome }) => outcome)).toEqual(['undecided', 'undecided']);
    expect(violation).toBeNull();
  });
});

describe('the search', () => {
  it('visits what the naive one visits, in both orders', () => {
    fc.assert(
      fc.property(arbitraryGraph, (edges) => {
        const { distinct, generated, depth } = naiveExplore(graph(edges));
        expect(explore(graph(edges))).toMatchObject({ distinct, generated, depth, complete: true });
        expect(explore(graph(edges), { order: 'depth-first' })).toMatchObject({ distinct, generated, complete: true });
      }),
    );
  });

  it('finds shortest paths', () => {
    const { depths } = naiveExplore(paxos({ ballots: 2, acceptors: 2, values: 1 }));
    for (const [text, depth] of [...depths].filter((_, i) => i % 20 === 0)) {
      const model = { ...paxos({ ballots: 2, acceptors: 2, values: 1 }) };
      const found = explore({ ...model, properties: [sometimes('it', (state) => canonical(state) === text)] });
      expect(found.properties[0]!.path).toHaveLength(depth);
    }
  });

  it('does the same each time', () => {
    const run = (): unknown => explore(paxos({ ballots: 3, bug: 'noRaise' }), { maxStates: 20_000 });
    expect(run()).toEqual(run());
  });

  it('leaves out what is beyond the boundary, and counts the steps there', () => {
    const counter: Model<number> = { initial: [0], next: (n, to) => to('add', n + 1), within: (n) => n <= 4 };
    for (const order of ['breadth-first', 'depth-first'] as const) {
      expect(explore(counter, { order })).toMatchObject({ distinct: 5, generated: 6, depth: 5, complete: true });
    }
  });

  it('takes a state that has all kinds of plain data', () => {
    const mixed: Model<unknown> = {
      initial: [{ set: new Set(['a']), map: new Map([['k', [1]]]), bytes: Uint8Array.of(1, 2), none: null, nan: NaN }],
      next: (state, to) => {
        const { set, ...rest } = state as { set: Set<string> };
        to('add', { set: new Set(['b', ...set]), ...rest });
        to('add again', {
          set: new Set([...set, 'b']),
          ...rest,
          map: new Map([['k', [1]]]),
          bytes: Uint8Array.of(1, 2),
        });
      },
    };
    expect(explore(mixed)).toMatchObject({ distinct: 2, generated: 5, depth: 2 });
    expect(naiveExplore(mixed)).toMatchObject({ distinct: 2, generated: 5, depth: 2 });
  });
});

describe('limits', () => {
  it.each(['breadth-first', 'depth-first'] as const)('stops at a number of states, %s', (order) => {
    expect(explore(twoPhaseCommit(3), { order, maxStates: 100 })).toMatchObject({
      distinct: 100,
      complete: false,
      stopped: 'maxStates',
    });
    expect(explore(twoPhaseCommit(3), { order, maxStates: 288 })).toMatchObject({ distinct: 288, complete: true });
  });

  it.each(['breadth-first', 'depth-first'] as const)('stops at a depth, %s', (order) => {
    const result = explore(twoPhaseCommit(3), { order, maxDepth: 4 });
    expect(result).toMatchObject({ depth: 4, complete: false, stopped: 'maxDepth' });
    expect(explore(twoPhaseCommit(3), { order, maxDepth: 60 }).complete).toBe(true);
  });

  it.each([1, 2, 5, 11])('visits the states up to depth %i and no others', (maxDepth) => {
    const { depths } = naiveExplore(twoPhaseCommit(3));
    const expected = [...depths.values()].filter((depth) => depth <= maxDepth).length;
    const result = explore(twoPhaseCommit(3), { maxDepth });
    expect(result).toMatchObject({ distinct: expected, depth: maxDepth, stopped: 'maxDepth' });
  });

  it('stops in time, and tells how far it is', () => {
    let ms = 0;
    const seen: ExploreProgress[] = [];
    const options = { maxMs: 3, now: () => ms++, onProgress: (progress: ExploreProgress) => seen.push(progress) };
    const result = explore(twoPhaseCommit(7), options);
    expect(result).toMatchObject({ complete: false, stopped: 'maxMs' });
    expect(seen).toHaveLength(3);
    expect(seen[1]!.distinct).toBeGreaterThan(seen[0]!.distinct);
    expect(result.elapsedMs).toBeGreaterThanOrEqual(3);
  });
});

describe('mistakes', () => {
  it.each([
    [{ maxStates: 0 }, /maxStates is 0; it must be a whole number from 1/],
    [{ maxDepth: 0.5 }, /maxDepth is 0.5; it must be a whole number at least 1/],
    [{ maxMs: 10 }, /now is undefined; it must be a clock when maxMs is set/],
    [{ order: 'sideways' as 'depth-first' }, /order is "sideways"; it must be 'breadth-first' or 'depth-first'/],
  ])('refuses options %j', (options, message) => {
    expect(() => explore(twoPhaseCommit(2), options)).toThrow(message);
  });

  it('refuses a model without initial state', () => {
    expect(() => explore({ initial: [], next: () => {} })).toThrow(
      /initial is an array; it must be at least one state/,
    );
  });

  it.each([
    ['a function', { f: () => 1 }, /a function/],
    ['a class instance', { d: new Date(0) }, /an instance of a class/],
    ['a cycle', { list: cyclic() }, /nested deeper than 64/],
  ])('refuses a state with %s', (_, state, message) => {
    expect(() => explore<unknown, string>({ initial: [state], next: () => {} })).toThrow(message);
  });

  it('refuses states whose fields differ', () => {
    const model: Model<object> = { initial: [{ a: 1 }], next: (_, to) => to('step', { a: 1, b: 2 }) };
    expect(() => explore(model)).toThrow(/one has a, b instead of a/);
  });

  it('catches a model that changes a state, when states are frozen', () => {
    const model: Model<{ list: number[] }> = {
      initial: [{ list: [] }],
      next: (state, to) => {
        state.list.push(1);
        to('push', state);
      },
    };
    expect(() => explore(model, { freeze: true })).toThrow(TypeError);
  });
});

describe('the bugs of Paxos that two ballots do not show', () => {
  it.each(['lowest', 'noRaise'] as const)('finds "%s" with three ballots, in readable steps', (bug) => {
    expect(explore(paxos({ ballots: 2, bug })).violation).toBeNull();
    const { violation } = explore(paxos({ ballots: 3, bug }));
    expect(violation!.name).toBe('one value is chosen');
    expect(violation!.path).toHaveLength(18);
    const text = formatPath(violation!.path!);
    expect(text).toMatch(/^ 1\. start$/m);
    expect(text).toMatch(/ballot 1: propose B\n +proposed: \[0,1,-1\]\n/);
    expect(text).toMatch(/18\. acceptor \d: accept [AB] in ballot \d\n.*acceptors: /);
  });
});

function cyclic(): unknown[] {
  const list: unknown[] = [];
  list.push(list);
  return list;
}
