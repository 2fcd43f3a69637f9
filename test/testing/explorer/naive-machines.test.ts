import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { always, exploreMachines, type MachineModel, type Property } from '../../../src/testing/index.js';
import { paxosRegister } from '../../models/paxos-register.js';
import { pingPong } from '../../models/ping-pong.js';
import { raft } from '../../models/raft.js';
import { singleCopyRegister } from '../../models/register.js';
import { canonical } from './naive.js';
import { naiveMachines, settled, type NaiveMachines, type Plain } from './naive-machines.js';
import { sorted, type Held, type NaiveModel } from './naive-node.js';
import { tableModel, tableOptions, tables } from './table-machine.js';

/** The text of a state, in the order that the naive explorer gives to what has none. */
function textOf(model: NaiveModel, state: Plain): string {
  const nodes = Object.entries(state.nodes).map(([id, node]) => {
    return [id, { ...node, held: sorted(model, node.held as Held[]) }];
  });
  return canonical({ ...state, nodes: Object.fromEntries(nodes), messages: settled(model, [...state.messages]) });
}

/** The texts of all states that the explorer visits, with what it counts. */
function visited(model: NaiveModel, maxDepth: number): { texts: string[]; distinct: number; generated: number } {
  const texts: string[] = [];
  const note = always<Plain>('note', (state) => {
    return texts.push(textOf(model, state)) > 0;
  });
  const { distinct, generated } = exploreMachines({ ...model, properties: [note] }, { maxDepth });
  return { texts: texts.sort(), distinct, generated };
}

function expectSame(model: NaiveModel, maxDepth: number): NaiveMachines {
  const naive = naiveMachines(model, maxDepth);
  const { texts, distinct, generated } = visited(model, maxDepth);
  expect([distinct, generated]).toEqual([naive.states.size, naive.generated]);
  expect(texts).toEqual([...naive.states.keys()].sort());
  return naive;
}

/** How deep the first state is in which a property does not hold; `null` for none. */
function firstViolation({ states }: NaiveMachines, { holds }: Property<Plain>): number | null {
  const depths = [...states.values()].filter(({ state }) => !holds(state)).map(({ depth }) => depth);
  return depths.length === 0 ? null : Math.min(...depths);
}

/** Wrong now and then. */
const modest = always<Plain>('no two nodes come to 2, and none twice', ({ nodes, crashes }) => {
  const values = Object.values(nodes).map(({ state }) => (state as unknown as { value: number }).value);
  return values.some((value) => value < 2) || crashes > 0;
});

describe('the naive explorer of machines', () => {
  it('finds the same states, transitions and violations with machines of every kind', { timeout: 120_000 }, () => {
    let violations = 0;
    const check = fc.property(tables, tableOptions, fc.integer({ min: 2, max: 4 }), (table, options, maxDepth) => {
      const model = tableModel(table, options);
      const { maxInFlight = Infinity } = options.network;
      const naive = naiveMachines(model, maxDepth);
      fc.pre(naive.states.size > 0 && maxInFlight > 0);
      const expected = firstViolation(expectSame(model, maxDepth), modest);
      const { violation } = exploreMachines({ ...model, properties: [modest] }, { maxDepth });
      expect(violation?.path?.length ?? null).toBe(expected);
      violations += Number(expected !== null);
    });
    fc.assert(check, { numRuns: 150 });
    expect(violations).toBeGreaterThan(10);
  });

  const registers = { ...singleCopyRegister(2) };
  it.each<readonly [string, unknown, number]>([
    ['ping-pong, lossy and duplicating', pingPong(3), Infinity],
    [
      'ping-pong, ordered, lossy and duplicating',
      pingPong(5, { ordered: true, lossy: true, duplicating: true }),
      Infinity,
    ],
    ['a register with one server', registers, Infinity],
    ['a register with two servers', { ...singleCopyRegister(2, 2), properties: [] }, Infinity],
    ['a register on Paxos', paxosRegister(2), 7],
    ['Raft, elections', raft({ elections: 1 }), 7],
    ['Raft, slow disks and crashes', raft({ elections: 1, crashes: 1, storage: 'later' }), 6],
    ['Raft, ordered and lossy', raft({ elections: 1, nodes: 2, network: { ordered: true, lossy: true } }), Infinity],
  ])('agrees on %s', (_, model, maxDepth) => {
    const { properties: __, ...plain } = model as MachineModel<unknown, unknown, unknown, unknown, object, unknown>;
    expect(expectSame(plain as unknown as NaiveModel, maxDepth).states.size).toBeGreaterThan(50);
  });
});
