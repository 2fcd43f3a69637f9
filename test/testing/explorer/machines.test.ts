import { describe, expect, it } from 'vitest';
import { NOTHING, seedRandom, type Machine, type RandomState } from '../../../src/core/index.js';
import { nextRandom } from '../../../src/core/index.js';
import { drawsTaken, scriptedRandom } from '../../../src/testing/explorer/scripted-random.js';
import {
  always,
  exploreMachines,
  formatPath,
  sometimes,
  type ExploreOptions,
  type MachineModel,
  type MachinesState,
} from '../../../src/testing/index.js';
import { ActorMachine, type Actor, type ActorState } from '../../models/actor.js';
import { pingPong } from '../../models/ping-pong.js';
import { paxosRegister } from '../../models/paxos-register.js';
import { singleCopyRegister } from '../../models/register.js';

const orders: readonly ExploreOptions[] = [{ order: 'breadth-first' }, { order: 'depth-first' }];

describe.each(orders)('published counts, %j', (options) => {
  // stateright: src/actor/model.rs, examples/single-copy-register.rs, examples/paxos.rs.
  it.each([
    ['ping-pong to 1, lossy and duplicating', pingPong(1), 14],
    ['ping-pong to 5, lossy and duplicating', pingPong(5), 4094],
    ['ping-pong to 5, unordered', pingPong(5, {}), 11],
    ['ping-pong to 5, ordered', pingPong(5, { ordered: true }), 11],
  ])('%s', (_, model, distinct) => {
    expect(exploreMachines(model, options)).toMatchObject({ distinct, complete: true, violation: null });
  });

  it('a register with one server, two clients', () => {
    expect(exploreMachines(singleCopyRegister(2), options)).toMatchObject({ distinct: 93, violation: null });
  });

  it('a register on Paxos, three servers, two clients', () => {
    expect(exploreMachines(paxosRegister(2), options)).toMatchObject({ distinct: 16_668, violation: null });
  });
});

it('finds that a register with two servers is not linearizable, in readable steps', () => {
  const { violation } = exploreMachines(singleCopyRegister(2, 2));
  expect(violation!.name).toBe('linearizable');
  const text = formatPath(violation!.path!);
  expect(text).toContain('2. client1 -> server1: {"type":"put","request":2,"value":"A"}\n');
  expect(text).toContain('   nodes.server1.state.value: "A"\n');
  expect(violation!.path).toHaveLength(5);
});

/** Two nodes; `a` sends 1 and 2 to `b`, which keeps what it gets and ignores 0. */
function pair(
  network: MachineModel<number, never, never, never, ActorState<readonly number[]>>['network'],
  messages = [1, 2],
): MachineModel<number, never, never, never, ActorState<readonly number[]>> {
  const actors: Record<string, Actor<number, readonly number[]>> = {
    a: { initial: [], start: (send) => messages.forEach((message) => send('b', message)), receive: (state) => state },
    b: {
      initial: [],
      receive: (got, _, message) => (message === 0 || got.length > 3 ? got : [...got, message]),
    },
  };
  return {
    nodes: ['a', 'b'],
    initialState: (id) => ({ started: false, value: actors[id]!.initial }),
    create: (id, state) => new ActorMachine(actors[id]!, state),
    ...(network === undefined ? {} : { network }),
  };
}

/** Every list that `b` can end up with, or be on its way with. */
function received(model: ReturnType<typeof pair>): string[] {
  const seen = new Set<string>();
  exploreMachines({
    ...model,
    properties: [
      always<MachinesState<number, ActorState<readonly number[]>, null>>(
        'note',
        ({ nodes }) => seen.add(nodes.b!.state.value.join('')) === seen,
      ),
    ],
  });
  return [...seen].sort();
}

describe('networks', () => {
  it('deliver in any order, each message once', () => {
    expect(received(pair(undefined))).toEqual(['', '1', '12', '2', '21']);
    expect(received(pair({}, [1, 1]))).toEqual(['', '1', '11']);
  });

  it('deliver in order', () => {
    expect(received(pair({ ordered: true }))).toEqual(['', '1', '12']);
  });

  it('lose messages', () => {
    expect(received(pair({ ordered: true, lossy: true }))).toEqual(['', '1', '12', '2']);
    expect(exploreMachines(pair({ lossy: true }))).toMatchObject({ distinct: 10, complete: true });
  });

  it('lose as many messages as they may', () => {
    expect(received(pair({ ordered: true, lossy: 1 }))).toEqual(['', '1', '12', '2']);
    expect(exploreMachines(pair({ lossy: 1 }, [1]))).toMatchObject({ distinct: 3, complete: true });
    const most = sometimes<{ losses: number }>('two are lost', ({ losses }) => losses > 1);
    expect(exploreMachines({ ...pair({ lossy: 1 }), properties: [most] }).properties[0]!.outcome).toBe('violated');
    expect(() => exploreMachines(pair({ lossy: 16 }))).toThrow(/network.lossy is 16/);
  });

  it('repeat as many messages as they may', () => {
    expect(received(pair({ duplicating: 1 }, [1]))).toEqual(['', '1', '11']);
    expect(received(pair({ duplicating: 2 }, [1]))).toEqual(['', '1', '11', '111']);
    expect(received(pair({ ordered: true, duplicating: 1 }))).toEqual(['', '1', '11', '112', '12', '122']);
    expect(() => exploreMachines(pair({ duplicating: -1 }))).toThrow(/network.duplicating is -1/);
  });

  it('repeat messages', () => {
    expect(received(pair({ duplicating: true }, [1]))).toEqual(['', '1', '11', '111', '1111']);
    expect(received(pair({ ordered: true, duplicating: true })).filter((list) => list.length === 3)).toEqual(
      ['111', '112', '122', '222'].filter((list) => list.startsWith('1')),
    );
  });

  it('have no step for a message that is ignored, unless others wait behind it', () => {
    expect(exploreMachines(pair({}, [0, 1]))).toMatchObject({ distinct: 2, generated: 2 });
    expect(exploreMachines(pair({ ordered: true }, [0, 1]))).toMatchObject({ distinct: 3, generated: 3 });
  });

  it('hold a limited number of messages', () => {
    expect(() => exploreMachines(pair({ maxInFlight: 1 }))).toThrow(
      /within is false; it must be true for at least one/,
    );
    expect(exploreMachines(pair({ maxInFlight: 2 })).distinct).toBe(5);
  });
});

/** A machine with two timers: each may ring once. `both` is drawn when the second rings. */
interface Alarm {
  timers: Record<string, number>;
  random: RandomState;
  rung: string[];
}

class AlarmMachine implements Machine<never, never, never, never, Alarm> {
  readonly #state: Alarm;

  constructor(state: Alarm) {
    this.#state = state;
  }

  get wakeAt(): number {
    return Math.min(...Object.values(this.#state.timers));
  }

  step(_input: unknown, now: number): void {
    const { timers, rung, random } = this.#state;
    if (timers['early'] === -Infinity) {
      timers['early'] = now + 10;
      timers['late'] = now + 1000;
    }
    for (const name of Object.keys(timers)) {
      if (timers[name]! > now) continue;
      timers[name] = Infinity;
      rung.push(rung.length === 0 ? name : `${name} ${nextRandom(random) < 0.5 ? 'heads' : 'tails'}`);
    }
  }

  take(): typeof NOTHING {
    return NOTHING;
  }

  state(): Alarm {
    return this.#state;
  }
}

function alarm(draws?: readonly number[]): MachineModel<never, never, never, never, Alarm> {
  return {
    nodes: ['n'],
    initialState: () => ({ timers: { early: -Infinity, late: Infinity }, random: seedRandom(1), rung: [] }),
    create: (_, state) => new AlarmMachine(state),
    ...(draws === undefined ? {} : { draws }),
  };
}

function ends(model: ReturnType<typeof alarm>): string[] {
  const seen: string[] = [];
  exploreMachines({
    ...model,
    properties: [
      always<MachinesState<never, Alarm, null>>('note', ({ nodes }) => {
        if (nodes.n!.state.rung.length === 2) seen.push(nodes.n!.state.rung.join());
        return true;
      }),
    ],
  });
  return seen.sort();
}

describe('timers and draws', () => {
  it('lets any armed timer come due, whatever its deadline', () => {
    expect(ends(alarm())).toEqual(['early,late tails', 'late,early tails']);
  });

  it('lets only those come due that the model allows', () => {
    expect(ends({ ...alarm(), mayFire: (_, timer, { rung }) => timer === 'early' || rung.length > 0 })).toEqual([
      'early,late tails',
    ]);
  });

  it('wakes a machine that has no named timers when it wants', () => {
    const machine = (state: { at: number; wakes: number }): Machine<never, never, never, never, typeof state> => ({
      wakeAt: state.at,
      step: (_, now) => {
        if (now < state.at) throw new Error('too early');
        state.at = state.wakes === 3 ? Infinity : now + 10;
        state.wakes++;
      },
      take: () => NOTHING,
      state: () => state,
    });
    const model: MachineModel<never, never, never, never, { at: number; wakes: number }> = {
      nodes: ['n'],
      initialState: () => ({ at: -Infinity, wakes: 0 }),
      create: (_, state) => machine(state),
    };
    expect(exploreMachines(model)).toMatchObject({ distinct: 4, depth: 4, complete: true });
    expect(exploreMachines({ ...model, mayFire: (_, timer) => timer !== 'wake' }).distinct).toBe(1);
  });

  it('tries every value that a draw may have', () => {
    expect(ends(alarm([0, 0.9]))).toEqual([
      'early,late heads',
      'early,late tails',
      'late,early heads',
      'late,early tails',
    ]);
  });

  it('makes the generator draw what it is told', () => {
    for (const [first, second] of [
      [0, 0.5],
      [0.999, 0],
      [0.25, 0.75],
    ] as const) {
      const state = scriptedRandom(first, second);
      expect(nextRandom(state)).toBeCloseTo(first, 9);
      expect(drawsTaken(state)).toBe(1);
      expect(nextRandom(state)).toBeCloseTo(second, 9);
      expect(drawsTaken(state)).toBe(2);
    }
  });
});

/** Adds numbers up: a command is written down, and told once it is durable. */
interface Sum {
  total: number;
  writes: number;
}

interface SumOptions {
  /** Tells before it is durable. */
  readonly hasty?: boolean;
}

class SumMachine implements Machine<never, number, number, number, Sum> {
  readonly #state: Sum;
  readonly #hasty: boolean;
  #writes: number[] = [];

  constructor(state: Sum, { hasty = false }: SumOptions) {
    this.#state = state;
    this.#hasty = hasty;
  }

  readonly wakeAt = Infinity;

  step(input: { type: string; command?: number }): void {
    if (input.type !== 'command') return;
    this.#state.total += input.command!;
    this.#state.writes += 2;
    this.#writes.push(input.command!, 0); // two records, of which a crash may leave the first
  }

  take(): ReturnType<Machine<never, number, number, number, Sum>['take']> {
    if (this.#writes.length === 0) return NOTHING;
    const writes = this.#writes;
    this.#writes = [];
    return {
      writes,
      messages: [],
      outputs: [{ output: this.#state.total, after: this.#hasty ? 0 : this.#state.writes }],
    };
  }

  state(): Sum {
    return this.#state;
  }
}

type SumState = MachinesState<never, Sum, number>;
type SumModel = MachineModel<never, number, number, number, Sum, number>;

function sum(options: SumOptions & Partial<SumModel> = {}): SumModel {
  const { hasty = false, ...model } = options;
  return {
    nodes: ['n'],
    initialState: () => ({ total: 0, writes: 0 }),
    create: (_, state) => new SumMachine(state, { hasty }),
    replay: (state, record) => void (state.total += record),
    storage: 'later',
    crashes: 1,
    commands: () => [1],
    maxCommands: 2,
    renumber: (state, by) => void (state.writes -= by),
    history: { initial: 0, output: (told, _, total) => Math.max(told, total) },
    properties: [
      always('what was told is not forgotten', ({ nodes, history }) => nodes.n!.state.total >= history),
      sometimes('something was told', ({ history }) => history === 2),
      sometimes('a crash keeps what was never told', ({ nodes, history, crashes, messages }) => {
        return crashes === 1 && messages.length === 0 && nodes.n!.state.total > history;
      }),
      sometimes('a crash loses what was under way', ({ nodes, commands }) => nodes.n!.state.total < commands),
    ],
    ...model,
  };
}

describe('storage and crashes', () => {
  it('holds back what waits for a write, and loses or keeps writes under way', () => {
    const result = exploreMachines(sum());
    expect(result.properties.map(({ outcome }) => outcome)).toEqual(['holds', 'holds', 'holds', 'holds']);
    expect(result.complete).toBe(true);
    expect(formatPath(result.properties[2]!.path!)).toMatch(/n: crash and restart, \d of 2 writes under way kept/);
  });

  it('catches a machine that tells too early', () => {
    const { violation } = exploreMachines(sum({ hasty: true }));
    expect(violation!.path!.map(({ action }) => action)).toEqual([
      'start',
      'n: command 1',
      'n: crash and restart, 0 of 2 writes under way kept',
    ]);
  });

  it('is blind to that when writes are durable at once', () => {
    expect(exploreMachines(sum({ hasty: true, storage: 'atOnce', properties: [] })).complete).toBe(true);
    const { properties } = sum();
    const result = exploreMachines(sum({ hasty: true, storage: 'atOnce', properties: properties!.slice(0, 2) }));
    expect(result.violation).toBeNull();
  });

  it('takes states that differ in write numbers for one when it can renumber them', () => {
    const { renumber: _renumber, ...plain } = sum({ crashes: 0, properties: [], storage: 'atOnce', maxCommands: 1 });
    const reset: SumModel = { ...plain, normalize: (state) => void (state.total = 0) };
    expect(exploreMachines(reset).distinct).toBe(2);
    const numbered = exploreMachines({
      ...reset,
      properties: [always<SumState>('', ({ nodes }) => nodes.n!.written === 0)],
    });
    expect(numbered.violation).not.toBeNull();
    const renumbered = { ...reset, renumber: sum().renumber! };
    expect(
      exploreMachines({ ...renumbered, properties: [always<SumState>('', ({ nodes }) => nodes.n!.written === 0)] })
        .violation,
    ).toBeNull();
  });

  it('answers outputs within the step', () => {
    const model = sum({ crashes: 0, storage: 'atOnce', maxCommands: 1, properties: [] });
    const totals: number[] = [];
    exploreMachines({
      ...model,
      answer: (_, total) => (total < 5 ? [1] : []),
      properties: [always<SumState>('note', ({ nodes }) => totals.push(nodes.n!.state.total) > 0)],
    });
    expect(totals).toEqual([0, 5]);
  });
});

describe('mistakes', () => {
  it('refuses wrong models', () => {
    expect(() => exploreMachines({ ...sum(), nodes: [] })).toThrow(
      /nodes is an array; it must be at least one node id/,
    );
    expect(() => exploreMachines({ ...sum(), nodes: ['a', 'a'] })).toThrow(/each different/);
    expect(() => exploreMachines({ ...sum(), crashes: -1 })).toThrow(/crashes is -1/);
    expect(() => exploreMachines({ ...sum(), storage: 'never' as 'later' })).toThrow(/storage is "never"/);
    expect(() => exploreMachines({ ...sum(), draws: [1] })).toThrow(/draws is 1/);
    expect(() => exploreMachines({ ...sum(), draws: [] })).toThrow(/draws/);
    expect(() => exploreMachines({ ...sum(), network: { maxInFlight: -1 } })).toThrow(/network.maxInFlight is -1/);
  });

  it('says when a machine does not come to rest', () => {
    expect(() => exploreMachines(sum({ storage: 'atOnce', answer: () => [1] }))).toThrow(/n does not come to rest/);
  });
});
