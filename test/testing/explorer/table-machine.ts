import fc from 'fast-check';
import {
  NOTHING,
  nextRandom,
  seedRandom,
  type Effects,
  type Input,
  type Machine,
  type RandomState,
} from '../../../src/core/index.js';
import type { NaiveModel } from './naive-node.js';

/** What a {@link TableMachine} does on an input: everything that a machine can do, in small. */
interface Reaction {
  /** What its value becomes; a draw may add one. */
  readonly value: number;
  readonly draws: boolean;
  readonly writes: readonly number[];
  /** Messages to the node so many places further, and whether each waits for all writes. */
  readonly sends: readonly { readonly step: number; readonly message: number; readonly waits: boolean }[];
  readonly outputs: readonly { readonly output: number; readonly waits: boolean }[];
  /** The timers that are armed afterwards; `null` leaves them. */
  readonly timers: readonly ('a' | 'b')[] | null;
}

interface TableState {
  value: number;
  writes: number;
  /** Changes all the time and means nothing. */
  noise: number;
  timers: Record<'a' | 'b', number>;
  random: RandomState;
}

/** Reactions by the kind of the input and the value: whatever is not in it is ignored. */
export type Table = Readonly<Record<string, readonly (Reaction | null)[]>>;

const VALUES = 3;

/** The command with which the host answers the output 1. */
const ANSWER = 1;

/** A machine that does what a table says, so that a property test can try machines of every kind. */
class TableMachine implements Machine<unknown, unknown, unknown, unknown, TableState> {
  readonly #table: Table;
  readonly #place: number;
  readonly #state: TableState;
  #writes: unknown[] = [];
  #messages: { to: string; message: unknown; after: number }[] = [];
  #outputs: { output: unknown; after: number }[] = [];

  constructor(table: Table, place: number, state: TableState) {
    this.#table = table;
    this.#place = place;
    this.#state = state;
  }

  get wakeAt(): number {
    return Math.min(...Object.values(this.#state.timers));
  }

  step(input: Input<unknown, unknown>, now: number): void {
    this.#state.noise++;
    if (input.type === 'message') this.#react(`message ${String(input.message)}`);
    // Answers of the host and of the disk lead to no more of them, so that it comes to rest.
    else if (input.type === 'command') this.#react(`command ${String(input.command)}`, input.command === ANSWER);
    else if (input.type === 'stored') this.#react('stored', true);
    else if (input.type === 'peer') this.#react(`peer ${input.up ? 'up' : 'down'}`);
    else if (input.type === 'wake') this.#wake(now);
  }

  take(): Effects<unknown, unknown, unknown> {
    const effects = { writes: this.#writes, messages: this.#messages, outputs: this.#outputs };
    if (effects.writes.length + effects.messages.length + effects.outputs.length === 0) return NOTHING;
    this.#writes = [];
    this.#messages = [];
    this.#outputs = [];
    return effects;
  }

  state(): TableState {
    return this.#state;
  }

  #wake(now: number): void {
    const { timers } = this.#state;
    for (const name of ['a', 'b'] as const) {
      if (timers[name] > now) continue;
      const isFirst = timers[name] === -Infinity;
      timers[name] = Infinity;
      this.#react(isFirst ? 'start' : `timer ${name}`);
    }
  }

  #react(kind: string, quiet = false): void {
    const reaction = this.#table[kind]?.[this.#state.value];
    if (reaction === undefined || reaction === null) return;
    const { value, draws, writes, sends, outputs, timers } = reaction;
    const state = this.#state;
    state.value = (value + Number(draws && nextRandom(state.random) >= 0.5)) % VALUES;
    if (timers !== null) {
      state.timers = { a: timers.includes('a') ? 9 : Infinity, b: timers.includes('b') ? 9 : Infinity };
    }
    if (!quiet) this.#writes.push(...writes);
    if (!quiet) state.writes += writes.length;
    const after = (waits: boolean): number => (waits ? state.writes : 0);
    for (const { step, message, waits } of sends) {
      this.#messages.push({ to: `n${this.#place + step}`, message, after: after(waits) });
    }
    if (quiet) return;
    for (const { output, waits } of outputs) this.#outputs.push({ output, after: after(waits) });
  }
}

const flag = fc.boolean();
const reaction: fc.Arbitrary<Reaction> = fc.record({
  value: fc.nat(VALUES - 1),
  draws: flag,
  writes: fc.array(fc.nat(VALUES - 1), { maxLength: 2 }),
  sends: fc.array(fc.record({ step: fc.integer({ min: -1, max: 1 }), message: fc.nat(1), waits: flag }), {
    maxLength: 2,
  }),
  outputs: fc.array(fc.record({ output: fc.nat(1), waits: flag }), { maxLength: 1 }),
  timers: fc.option(fc.subarray<'a' | 'b'>(['a', 'b'])),
});
const reactions = fc.array(fc.option(reaction, { freq: 3 }), { minLength: VALUES, maxLength: VALUES });

/** Tables in which most inputs have a reaction. */
export const tables: fc.Arbitrary<Table> = fc.record({
  start: reactions,
  'message 0': reactions,
  'message 1': reactions,
  'command 0': reactions,
  [`command ${ANSWER}`]: reactions,
  stored: reactions,
  'timer a': reactions,
  'timer b': reactions,
  'peer up': reactions,
  'peer down': reactions,
});

/** What may be switched on in a {@link tableModel}. */
export interface TableOptions {
  readonly nodes: number;
  readonly network: NonNullable<NaiveModel['network']>;
  readonly storage: 'atOnce' | 'later';
  readonly crashes: number;
  readonly maxCommands: number;
  readonly peerNotices: number;
  readonly draws: readonly number[];
  readonly replays: boolean;
  readonly renumbers: boolean;
  readonly normalizes: boolean;
  readonly remembers: boolean;
  readonly picky: boolean;
}

/** All combinations of what a model may allow. */
export const tableOptions: fc.Arbitrary<TableOptions> = fc.record({
  nodes: fc.integer({ min: 1, max: 2 }),
  network: fc.record({
    ordered: flag,
    lossy: fc.constantFrom(false, true, 1, 2),
    duplicating: fc.constantFrom(false, true, 1, 2),
    maxInFlight: fc.constantFrom(2, 3, Infinity),
  }),
  storage: fc.constantFrom('atOnce', 'later'),
  crashes: fc.nat(1),
  maxCommands: fc.nat(2),
  peerNotices: fc.nat(2),
  draws: fc.constantFrom([0.5], [0, 0.9]),
  replays: flag,
  renumbers: flag,
  normalizes: flag,
  remembers: flag,
  picky: flag,
});

/** A model of table machines. */
export function tableModel(table: Table, options: TableOptions): NaiveModel {
  const { nodes, network, storage, crashes, maxCommands, peerNotices, draws } = options;
  const model = {
    nodes: Array.from({ length: nodes }, (_, i) => `n${i}`),
    initialState: (): TableState => ({
      value: 0,
      writes: 0,
      noise: 0,
      timers: { a: -Infinity, b: Infinity },
      random: seedRandom(1),
    }),
    create: (id: string, state: TableState) => new TableMachine(table, Number(id.slice(1)), state),
    ...{ network, storage, crashes, maxCommands, peerNotices, draws },
    commands: (id: string, { value }: TableState, given: number) => (value === given || id === 'n0' ? [0] : []),
    answer: (_: string, output: unknown) => (output === 1 ? [ANSWER] : []),
    ...(options.replays && { replay: (state: TableState, write: number) => void (state.value = write) }),
    ...(options.renumbers && { renumber: (state: TableState, by: number) => void (state.writes -= by) }),
    ...(options.normalizes && { normalize: (state: TableState) => void (state.noise = 0) }),
    ...(options.picky && { mayFire: (_: string, timer: string, { value }: TableState) => timer === 'a' || value > 0 }),
    ...(options.picky && { mayNotice: (_: string, peer: string, up: boolean) => up || peer === 'n0' }),
    ...(options.remembers && { history }),
  };
  return model;
}

/** The last thing of each kind. */
const history: NonNullable<NaiveModel['history']> = {
  initial: {},
  received: (known, { to, message }) => ({ ...(known as object), received: [to, message] }),
  sent: (known, { from, message }) => ({ ...(known as object), sent: [from, message] }),
  output: (known, id, output) => ({ ...(known as object), output: [id, output] }),
};
