import { NOTHING, QuorateError, type Input, type Machine, type NodeId, type RandomState } from '../../core/index.js';
import { compareValues } from './compare.js';
import type { Envelope, ExploredNode, MachineModel, NetworkModel } from './machine-model.js';
import { clonePlain } from './plain.js';
import { drawsTaken, IDLE_RANDOM } from './scripted-random.js';

/** How often a machine may have effects after one input before it counts as spinning. */
const MAX_TURNS = 1000;

/** The deadline of every armed timer while a machine rests: not yet. */
const ARMED = 1e15;

/** What leaves a node during a step, in order. */
export type Event<Message, Output> =
  | { readonly type: 'sent'; readonly envelope: Envelope<Message> }
  | { readonly type: 'output'; readonly output: Output };

/** An effect that waits for the write numbered `after`. */
export interface Held<Message, Output> {
  readonly after: number;
  readonly event: Event<Message, Output>;
}

/** What machines keep in their states by convention. */
interface Conventions {
  timers?: Record<string, number>;
  random?: RandomState;
}

/**
 * One step of one node: a machine made from a copy of its state takes an input in and is driven until it rests. The
 * machine is then thrown away; its state and what waits in its host are the new node.
 */
export class NodeRun<Message, Command, Output, Write, State, History> {
  /** The time at which it takes inputs in. */
  now = 0;
  /** What left the node. */
  readonly events: Event<Message, Output>[] = [];
  readonly #model: MachineModel<Message, Command, Output, Write, State, History>;
  readonly #id: NodeId;
  readonly #machine: Machine<Message, Command, Output, Write, State>;
  readonly #durable: State | null;
  #pending: (readonly Write[])[];
  #held: Held<Message, Output>[];
  #written: number;
  #stored: number;
  readonly #inputs: Input<Message, Command>[] = [];

  constructor(
    model: MachineModel<Message, Command, Output, Write, State, History>,
    id: NodeId,
    node: ExploredNode<State>,
    random: RandomState,
  ) {
    this.#model = model;
    this.#id = id;
    const state = clonePlain(node.state);
    const conventions = state as Conventions | null;
    if (conventions?.random !== undefined) conventions.random = random;
    this.#machine = model.create(id, state);
    this.#durable = clonePlain(node.durable);
    this.#pending = [...node.pending] as (readonly Write[])[];
    this.#held = [...node.held] as Held<Message, Output>[];
    this.#written = node.written;
    this.#stored = node.stored;
  }

  /** Takes an input in. */
  input(input: Input<Message, Command>): void {
    this.#inputs.push(input);
    let turns = 0;
    for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift()) {
      if (++turns > MAX_TURNS) throw new QuorateError('does-not-rest', `${this.#id} does not come to rest`);
      this.#machine.step(next, this.now);
      this.#drain();
    }
  }

  /** The first wake of an incarnation, which arms its timers. */
  start(): void {
    if (this.#machine.wakeAt <= 0) this.input({ type: 'wake' });
    else this.#drain();
  }

  /** The oldest write under way, with all that was issued together with it, becomes durable. */
  storeOldest(): void {
    const writes = this.#pending.shift()!;
    this.#keep(writes);
    this.#onStored(this.#stored + writes.length);
    this.input({ type: 'stored', upTo: this.#stored });
  }

  /** How many random numbers the machine drew. */
  drawn(): number {
    const random = (this.#machine.state() as Conventions | null)?.random;
    return random === undefined ? 0 : drawsTaken(random);
  }

  /** The node after the step, in its normal form. */
  finish(): ExploredNode<State> {
    const state = this.#machine.state();
    const by = this.#model.renumber === undefined ? 0 : this.#stored;
    if (by > 0) this.#model.renumber!(state, by);
    rest(state as Conventions);
    this.#model.normalize?.(state);
    const held = by === 0 ? this.#held : this.#held.map(({ after, event }) => ({ after: after - by, event }));
    return {
      state,
      durable: this.#durable,
      pending: this.#pending,
      held: inAnyOrder(this.#model, held),
      written: this.#written - by,
      stored: this.#stored - by,
    };
  }

  #drain(): void {
    let turns = 0;
    for (let effects = this.#machine.take(); effects !== NOTHING; effects = this.#machine.take()) {
      if (++turns > MAX_TURNS) throw new QuorateError('does-not-rest', `${this.#id} does not come to rest`);
      if (effects.writes.length > 0) this.#write(effects.writes);
      for (const { to, message, after } of effects.messages) {
        this.#emit(after, { type: 'sent', envelope: { from: this.#id, to, message } });
      }
      for (const { output, after } of effects.outputs) this.#emit(after, { type: 'output', output });
    }
  }

  #write(writes: readonly Write[]): void {
    this.#written += writes.length;
    if (this.#model.storage === 'later') {
      this.#pending.push(writes);
      return;
    }
    this.#keep(writes);
    this.#onStored(this.#written);
    this.#inputs.push({ type: 'stored', upTo: this.#stored });
  }

  #keep(writes: readonly Write[]): void {
    if (this.#durable !== null) for (const write of writes) this.#model.replay?.(this.#durable, clonePlain(write));
  }

  #onStored(upTo: number): void {
    this.#stored = upTo;
    const ready = this.#held.filter(({ after }) => after <= upTo);
    this.#held = this.#held.filter(({ after }) => after > upTo);
    for (const { event } of ready) this.#release(event);
  }

  #emit(after: number, event: Event<Message, Output>): void {
    if (after <= this.#stored) this.#release(event);
    else this.#held.push({ after, event });
  }

  #release(event: Event<Message, Output>): void {
    this.events.push(event);
    if (event.type !== 'output') return;
    for (const command of this.#model.answer?.(this.#id, event.output) ?? []) {
      this.#inputs.push({ type: 'command', command });
    }
  }
}

/**
 * Effects that wait, in their normal form. The order in which messages were sent shows neither in a network that does not
 * keep it nor in a history that is not told of it, so they are sorted and come last; outputs stay in their order.
 */
export function inAnyOrder<Message, Output>(
  { network, history }: { readonly network?: NetworkModel; readonly history?: { readonly sent?: unknown } },
  held: readonly Held<Message, Output>[],
): Held<Message, Output>[] {
  if (network?.ordered === true || history?.sent !== undefined) return [...held];
  const messages = held.filter(({ event }) => event.type === 'sent');
  return [...held.filter(({ event }) => event.type !== 'sent'), ...messages.sort(compareValues)];
}

/** Makes a timer of a state come due. */
export function makeDue<State>(state: State, timer: string): State {
  const { timers } = state as Conventions;
  return { ...state, timers: { ...timers, [timer]: 0 } };
}

/** The armed timers of a state; `undefined` when it does not keep its deadlines in `timers`. */
export function armedTimers(state: unknown): readonly string[] | undefined {
  const timers = (state as Conventions | null)?.timers;
  return timers === undefined ? undefined : Object.keys(timers).filter((name) => timers[name]! < Infinity);
}

/** What a machine that rests has in its timers and its generator: whether they are armed, and nothing else. */
function rest(state: Conventions | null): void {
  if (typeof state !== 'object' || state === null) return;
  const { timers } = state;
  if (timers !== undefined) {
    for (const name of Object.keys(timers)) if (timers[name]! < Infinity) timers[name] = ARMED;
  }
  withoutRandom(state);
}

/** Takes the generator's position from a state: where a step draws from is decided at its beginning. */
export function withoutRandom<State>(state: State): State {
  const conventions = state as Conventions | null;
  if (conventions?.random !== undefined) conventions.random = { ...IDLE_RANDOM };
  return state;
}
