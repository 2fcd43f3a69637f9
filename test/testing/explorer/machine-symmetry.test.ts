import { describe, expect, it } from 'vitest';
import { NOTHING, type Machine, type NodeId } from '../../../src/core/index.js';
import * as raftModule from '../../../src/raft/index.js';
import { renameBy } from '../../../src/testing/explorer/machine-symmetry.js';
import {
  always,
  eventually,
  exploreMachines,
  formatPath,
  type MachineModel,
  type MachinesState,
  type MachineSymmetry,
} from '../../../src/testing/index.js';
import { raft, serversSymmetry, type RaftModel } from '../../models/raft.js';
import { clientsSymmetry, singleCopyRegister } from '../../models/register.js';
import { canonical } from './naive.js';
import { naiveMachines, settled, successors, type Plain } from './naive-machines.js';
import { sorted, type Held, type NaiveModel } from './naive-node.js';

type Symmetry = MachineSymmetry<unknown, unknown, unknown, unknown, unknown>;

function orders<T>(items: readonly T[]): readonly (readonly T[])[] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, i) => orders(items.toSpliced(i, 1)).map((rest) => [item, ...rest]));
}

/** A state in which the node that was called `id` is called `names.get(id)`, everywhere. */
function renamed(model: NaiveModel, state: Plain, names: ReadonlyMap<NodeId, NodeId>): Plain {
  const symmetry = model.symmetry as Symmetry;
  const rename = renameBy(names);
  const envelope = (old: Plain['messages'][0]): Plain['messages'][0] => {
    const message = symmetry.message?.(old.message, rename, old) ?? rename(old.message);
    return { from: rename(old.from), to: rename(old.to), message };
  };
  const nodes = Object.entries(state.nodes).map(([id, node]) => {
    const change = (value: unknown): unknown => symmetry.state?.(value, rename, id) ?? rename(value);
    const renamedHeld = (node.held as Held[]).map(({ after, event }) => ({
      after,
      event: event.type === 'sent' ? { ...event, envelope: envelope(event.envelope) } : rename(event),
    }));
    const held = sorted(model, renamedHeld);
    const pending = node.pending.map((batch) => batch.map((write) => symmetry.write?.(write, rename, id) ?? write));
    return [
      rename(id),
      { ...node, state: change(node.state), durable: node.durable && change(node.durable), held, pending },
    ];
  });
  return {
    ...state,
    nodes: Object.fromEntries(nodes) as Plain['nodes'],
    messages: settled(model, state.messages.map(envelope)),
    history: symmetry.history?.(state.history, rename) ?? rename(state.history),
  };
}

/** The state with the least text of all those that differ in names only: every order of the names is tried. */
function least(model: NaiveModel, state: Plain): Plain {
  const [group = []] = model.symmetry!.groups;
  const all = orders(group).map((order) => renamed(model, state, new Map(group.map((id, i) => [id, order[i]!]))));
  const texts = all.map((one) => canonical(one));
  return all[texts.indexOf(texts.toSorted()[0]!)]!;
}

function asNaive(model: unknown): NaiveModel {
  const { properties: _, ...plain } = model as NaiveModel;
  return plain;
}

const slow: RaftModel = raft({ elections: 1, crashes: 1, storage: 'later', network: { maxInFlight: 3 } });
const models: readonly (readonly [string, NaiveModel, number])[] = [
  ['two clients of a register', asNaive({ ...singleCopyRegister(2), symmetry: clientsSymmetry(2) }), Infinity],
  ['three clients of a register', asNaive({ ...singleCopyRegister(3), symmetry: clientsSymmetry(3) }), 9],
  ['three Raft servers', asNaive({ ...raft({ elections: 1 }), symmetry: serversSymmetry() }), 6],
  ['three Raft servers with slow disks and a crash', asNaive({ ...slow, symmetry: serversSymmetry() }), 4],
];

describe.each(models)('symmetry of %s', (_, model, maxDepth) => {
  it('leaves one state of each group', { timeout: 60_000 }, () => {
    const { states } = naiveMachines(model, maxDepth);
    const groups = new Set([...states.values()].map(({ state }) => canonical(least(model, state))));
    expect(exploreMachines(model, { maxDepth }).distinct).toBe(groups.size);
    expect(groups.size).toBeLessThan(states.size / 1.5);
  });

  it('counts the transitions that the naive explorer counts', { timeout: 60_000 }, () => {
    const { states, generated } = naiveMachines(model, maxDepth, (state) => least(model, state));
    expect(exploreMachines(model, { maxDepth })).toMatchObject({ distinct: states.size, generated });
  });
});

describe('verdicts with symmetry', () => {
  it.each([{ order: 'breadth-first' }, { order: 'depth-first' }] as const)('are those without, %j', (options) => {
    const model = raft({ elections: 1 });
    const [all, some] = [model, { ...model, symmetry: serversSymmetry() }].map((one) => exploreMachines(one, options));
    expect(some!.properties.map(({ outcome }) => outcome)).toEqual(all!.properties.map(({ outcome }) => outcome));
    expect([all!.distinct, some!.distinct]).toEqual([15_461, 2586]);
  });

  const forgetful: RaftModel = raft({
    elections: 1,
    crashes: 1,
    module: {
      ...raftModule,
      replay: (state, record) =>
        raftModule.replay(state, record.type === 'hardState' ? { ...record, votedFor: null } : record),
    },
  });

  it('find a bug in as few steps as without', () => {
    const { violation } = exploreMachines({ ...forgetful, symmetry: serversSymmetry() });
    expect(violation!.path).toHaveLength(exploreMachines(forgetful).violation!.path!.length);
    expect(formatPath(violation!.path!)).toMatch(/crash and restart/);
  });

  it('lead there by real steps', () => {
    const { path } = exploreMachines({ ...forgetful, symmetry: serversSymmetry() }).violation!;
    const model = asNaive(forgetful);
    const states = path!.map(({ state }) => {
      return { ...state, messages: settled(model, [...state.messages]) } as unknown as Plain;
    });
    for (let i = 1; i < states.length; i++) {
      expect(successors(model, states[i - 1]!).map(canonical)).toContain(canonical(states[i]));
    }
  });
});

/** Nodes that hand a token round for ever, unless one keeps it. */
interface Token {
  has: boolean;
  kept: boolean;
}

type TokenModel = MachineModel<'token', 'keep' | 'pass', never, never, Token>;

function tokenModel(options: Partial<TokenModel> = {}): TokenModel {
  const nodes = ['a', 'b'];
  const create = (id: NodeId, state: Token): Machine<'token', 'keep' | 'pass', never, never, Token> => {
    let sends = false;
    return {
      wakeAt: Infinity,
      step: (input) => {
        if (input.type === 'message') state.has = true;
        if (input.type !== 'command') return;
        if (input.command === 'keep') state.kept = true;
        else [sends, state.has] = [true, false];
      },
      take: () => {
        if (!sends) return NOTHING;
        sends = false;
        return {
          ...NOTHING,
          messages: nodes.filter((to) => to !== id).map((to) => ({ to, message: 'token', after: 0 })),
        };
      },
      state: () => state,
    };
  };
  return {
    nodes,
    initialState: () => ({ has: true, kept: false }),
    create,
    commands: (_, { has, kept }) => (has && !kept ? ['keep', 'pass'] : []),
    maxCommands: 2,
    symmetry: { groups: [nodes] },
    ...options,
  };
}

describe('a symmetry that does not hold', () => {
  it('is refused when nodes begin differently', () => {
    const model = tokenModel({ initialState: (id) => ({ has: id === 'a', kept: false }) });
    expect(() => exploreMachines(model)).toThrow(/symmetry does not hold:\n1. an initial state\n/);
  });

  it('is refused when one node may do what another may not', () => {
    const commands: TokenModel['commands'] = (id, { has }) => (has ? [id === 'a' ? 'keep' : 'pass'] : []);
    expect(() => exploreMachines(tokenModel({ commands }))).toThrow(/with other names, which leads elsewhere/);
  });

  it('is refused when the boundary prefers a node', () => {
    const within: TokenModel['within'] = ({ nodes }) => !nodes['b']!.state.kept;
    expect(() => exploreMachines(tokenModel({ within }))).toThrow(/which leads elsewhere/);
  });

  it('is refused for clients that ask different servers', () => {
    const model = { ...singleCopyRegister(2, 2), symmetry: clientsSymmetry(2) };
    expect(() => exploreMachines(model)).toThrow(/symmetry does not hold/);
  });

  it('is refused when lists stay in the order of the old names', () => {
    const model = { ...raft({ elections: 1 }), symmetry: { groups: serversSymmetry().groups } };
    expect(() => exploreMachines(model)).toThrow(/symmetry does not hold/);
  });

  it.each([
    [[['a', 'x']], /symmetry.groups is an array; it must be groups of ids from nodes/],
    [[['a'], ['a', 'b']], /each in one group at most/],
  ])('is refused for groups %j', (groups, message) => {
    expect(() => exploreMachines(tokenModel({ symmetry: { groups } }))).toThrow(message);
  });

  it('is refused when there are too many orders', () => {
    const nodes = Array.from({ length: 9 }, (_, i) => `n${i}`);
    const eight = { nodes, symmetry: { groups: [nodes.slice(1)] } };
    expect(() => exploreMachines(tokenModel(eight))).toThrow(/groups of 7 nodes at most/);
    const pairs = { nodes, symmetry: { groups: [nodes.slice(0, 7), nodes.slice(7)] } };
    expect(() => exploreMachines(tokenModel(pairs))).toThrow(/5040 orders at most/);
  });
});

/** Two nodes, one of which sends the other a message that they return for ever. */
function echo(): MachineModel<'token', 'go', never, never, null> {
  const create = (id: NodeId): Machine<'token', 'go', never, never, null> => {
    let messages: { to: NodeId; message: 'token'; after: number }[] = [];
    return {
      wakeAt: Infinity,
      step: () => void messages.push({ to: id === 'a' ? 'b' : 'a', message: 'token', after: 0 }),
      take: () => {
        if (messages.length === 0) return NOTHING;
        const effects = { ...NOTHING, messages };
        messages = [];
        return effects;
      },
      state: () => null,
    };
  };
  return { nodes: ['a', 'b'], initialState: () => null, create, network: { lossy: true }, commands: () => ['go'] };
}

it.each([
  ['', echo(), 4],
  [', which differ in names only', { ...echo(), symmetry: { groups: [['a', 'b']] } }, 3],
])('sees that a run may go round in a circle of states%s', (_, model, distinct) => {
  const properties = [
    eventually<MachinesState<'token', null, null>>('the token is lost', ({ messages, commands }) => {
      return commands === 1 && messages.length === 0;
    }),
  ];
  const { violation, ...result } = exploreMachines({ ...model, properties });
  expect(result.distinct).toBe(distinct);
  expect(violation).not.toBeNull();
  expect(violation!.loopsTo).toBe(1);
});

it('groups may be several, or none', () => {
  const count = (groups: readonly (readonly NodeId[])[]): number => {
    return exploreMachines(tokenModel({ nodes: ['a', 'b', 'c', 'd'], maxCommands: 1, symmetry: { groups } })).distinct;
  };
  expect([
    count([]),
    count([['a', 'b']]),
    count([
      ['a', 'b'],
      ['c', 'd'],
    ]),
  ]).toEqual([9, 7, 5]);
});

it('tells all properties of the representative', () => {
  const both = always<Plain>('never both', ({ nodes }) =>
    Object.values(nodes).some(({ state }) => !(state as unknown as Token).kept),
  );
  expect(exploreMachines({ ...asNaive(tokenModel()), properties: [both] }).violation!.path).toHaveLength(3);
});

describe('renaming', () => {
  const rename = renameBy(
    new Map([
      ['a', 'b'],
      ['b', 'a'],
    ]),
  );

  it('finds ids in values, lists, fields, Sets and Maps', () => {
    expect(rename({ a: 1, x: ['a', 'c'], y: { b: 'b' } })).toEqual({ b: 1, x: ['b', 'c'], y: { a: 'a' } });
    expect(rename(new Set(['a', 1]))).toEqual(new Set(['b', 1]));
    expect(rename(new Map([['a', 'b']]))).toEqual(new Map([['b', 'a']]));
  });

  it('leaves alone ids inside of texts, and bytes', () => {
    const value = { text: 'a b', bytes: Uint8Array.of(97) };
    expect(rename(value)).toBe(value);
  });

  it('passes on what does not change', () => {
    const part = { deep: [1, null, { c: 'c' }] };
    expect(rename({ a: part })).toEqual({ b: part });
    expect((rename({ a: part }) as unknown as { b: unknown }).b).toBe(part);
  });
});
