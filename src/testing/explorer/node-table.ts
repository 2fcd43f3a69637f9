import type { Input, NodeId } from '../../core/index.js';
import { Interner } from './interner.js';
import type { Envelope, ExploredNode, MachineModel } from './machine-model.js';
import { armedTimers, makeDue, NodeRun, withoutRandom, type Event } from './node-run.js';
import { clonePlain } from './plain.js';
import { scriptedRandom } from './scripted-random.js';
import { TupleTable } from './tuple-table.js';

/** What may happen to one node. */
export type NodeInput =
  | { readonly type: 'message'; readonly envelope: number }
  | { readonly type: 'command'; readonly command: number }
  | { readonly type: 'timer'; readonly timer: number }
  | { readonly type: 'peer'; readonly notice: number }
  | { readonly type: 'store' }
  | { readonly type: 'crash'; readonly keep: number }
  | { readonly type: 'start' };

/** Where a step of a node leads. */
export interface Outcome<Message, Output> {
  /** Its number among all outcomes. */
  readonly id: number;
  /** The node afterwards. */
  readonly node: number;
  /** Envelopes that it sent. */
  readonly sent: readonly number[];
  /** All that left it, in order. */
  readonly events: readonly Event<Message, Output>[];
}

/** The one timer of a machine that does not keep its deadlines in `timers`. */
const WAKE = 'wake';

const KINDS = ['message', 'command', 'timer', 'peer', 'store', 'crash', 'start'] as const;

/**
 * Nodes, messages and commands by number, and what steps of a node lead to. A step depends on the node's state and its
 * input only, so each is taken once and remembered: systems have millions of states that are made of a few thousand
 * states of their nodes.
 */
export class NodeTable<Message, Command, Output, Write, State, History> {
  readonly interner = new Interner(true);
  readonly #model: MachineModel<Message, Command, Output, Write, State, History>;
  readonly #places: ReadonlyMap<NodeId, number>;
  readonly #envelopes = new TupleTable();
  readonly #tuple = new Uint32Array(4);
  readonly #steps = new TupleTable();
  readonly #outcomes: (readonly Outcome<Message, Output>[])[] = [];
  readonly #timerNames: string[] = [];
  /** For each node at each place, its timers that may come due. */
  readonly #timers: (readonly number[])[] = [];
  readonly #notices: (readonly number[])[] = [];
  #outcomeCount = 0;

  constructor(model: MachineModel<Message, Command, Output, Write, State, History>) {
    this.#model = model;
    this.#places = new Map(model.nodes.map((id, place) => [id, place]));
  }

  /** A node by its number. */
  node(id: number): ExploredNode<State> {
    return this.interner.value(id) as ExploredNode<State>;
  }

  /** The number of a node that has not started yet. */
  unborn(id: NodeId): number {
    return this.#born(this.#model.initialState(id));
  }

  /** An envelope by its number. */
  envelope(number: number): Envelope<Message> {
    const start = this.#envelopes.start(number);
    const { words } = this.#envelopes;
    const { nodes } = this.#model;
    const message = this.interner.value(words[start + 2]!) as Message;
    return { from: nodes[words[start]!]!, to: nodes[words[start + 1]!]!, message };
  }

  /** The place of the node that an envelope goes to. */
  destination(number: number): number {
    return this.#envelopes.words[this.#envelopes.start(number) + 1]!;
  }

  /** The pair of nodes that an envelope goes between, as a number. */
  pair(number: number): number {
    const start = this.#envelopes.start(number);
    return this.#envelopes.words[start]! * this.#model.nodes.length + this.#envelopes.words[start + 1]!;
  }

  /** The armed timers of a node that may come due, by the number of their names. */
  timers(place: number, node: number): readonly number[] {
    const key = node * this.#model.nodes.length + place;
    return (this.#timers[key] ??= this.#findTimers(place, node));
  }

  #findTimers(place: number, node: number): readonly number[] {
    const { state } = this.node(node);
    const id = this.#model.nodes[place]!;
    const armed = armedTimers(state) ?? (this.#wakeAt(place, node) < Infinity ? [WAKE] : []);
    const names = armed.filter((name) => this.#model.mayFire?.(id, name, state) ?? true);
    return names.map((name) => {
      const known = this.#timerNames.indexOf(name);
      return known >= 0 ? known : this.#timerNames.push(name) - 1;
    });
  }

  /** When a machine in that state would wake. */
  #wakeAt(place: number, node: number): number {
    return this.#model.create(this.#model.nodes[place]!, clonePlain(this.node(node).state)).wakeAt;
  }

  /** The name of a timer. */
  timerName(timer: number): string {
    return this.#timerNames[timer]!;
  }

  /** The commands that a node may be given, by number. */
  commands(place: number, node: number, given: number): readonly number[] {
    const commands = this.#model.commands?.(this.#model.nodes[place]!, this.node(node).state, given) ?? [];
    return commands.map((command) => this.interner.id(command));
  }

  /** What a node may be told of the others, by number: {@link peerOf} says what. */
  notices(place: number, node: number): readonly number[] {
    const key = node * this.#model.nodes.length + place;
    return (this.#notices[key] ??= this.#findNotices(place, node));
  }

  #findNotices(place: number, node: number): readonly number[] {
    const { nodes } = this.#model;
    const { state } = this.node(node);
    const all = nodes.flatMap((_, peer) => (peer === place ? [] : [2 * peer, 2 * peer + 1]));
    return all.filter((notice) => {
      const { id, up } = this.peerOf(notice);
      return this.#model.mayNotice?.(nodes[place]!, id, up, state) ?? true;
    });
  }

  /** The peer that a notice is about, and whether it came. */
  peerOf(notice: number): { readonly id: NodeId; readonly up: boolean } {
    return { id: this.#model.nodes[notice >> 1]!, up: (notice & 1) === 1 };
  }

  /** Where an input may lead: one outcome for each way that random draws can go. */
  step(place: number, node: number, input: NodeInput): readonly Outcome<Message, Output>[] {
    this.#tuple[0] = place;
    this.#tuple[1] = node;
    this.#tuple[2] = KINDS.indexOf(input.type);
    this.#tuple[3] = argument(input);
    const key = this.#steps.add(this.#tuple, 4);
    return (this.#outcomes[key] ??= this.#explore(place, node, input));
  }

  #explore(place: number, node: number, input: NodeInput): readonly Outcome<Message, Output>[] {
    const { draws = [0.5] } = this.#model;
    const [first] = draws;
    const run = this.#run(place, node, input, first!, first!);
    const drawn = run.drawn(); // before the outcome is in its normal form, which has no trace of it
    const outcomes = [this.#outcome(run)];
    if (drawn === 0 || draws.length === 1) return outcomes;
    for (const one of draws) {
      for (const two of draws) {
        const other = this.#outcome(this.#run(place, node, input, one, two));
        if (!outcomes.some((known) => sameOutcome(known, other))) outcomes.push(other);
      }
    }
    return outcomes;
  }

  #outcome(run: NodeRun<Message, Command, Output, Write, State, History>): Outcome<Message, Output> {
    const node = this.interner.id(run.finish());
    const events = run.events.filter((event) => event.type === 'output' || this.#places.has(event.envelope.to));
    const sent = events.flatMap((event) => (event.type === 'sent' ? [this.envelopeId(event.envelope)] : []));
    return { id: this.#outcomeCount++, node, sent, events };
  }

  /** The number of an envelope. */
  envelopeId({ from, to, message }: Envelope<Message>): number {
    this.#tuple[0] = this.#places.get(from)!;
    this.#tuple[1] = this.#places.get(to)!;
    this.#tuple[2] = this.interner.id(message);
    return this.#envelopes.add(this.#tuple, 3);
  }

  #run(
    place: number,
    node: number,
    input: NodeInput,
    first: number,
    second: number,
  ): NodeRun<Message, Command, Output, Write, State, History> {
    const id = this.#model.nodes[place]!;
    const before = this.#prepared(this.node(node), input);
    const run = new NodeRun(this.#model, id, before, scriptedRandom(first, second));
    if (input.type === 'timer' && before === this.node(node)) run.now = Math.max(0, this.#wakeAt(place, node));
    if (input.type === 'start' || input.type === 'crash') run.start();
    else if (input.type === 'store') run.storeOldest();
    else run.input(this.#inputOf(input));
    return run;
  }

  /** The node that takes the input in: with a timer that is due, or anew after a crash. */
  #prepared(node: ExploredNode<State>, input: NodeInput): ExploredNode<State> {
    if (input.type === 'timer') {
      if (armedTimers(node.state) === undefined) return node; // its own time will come
      return { ...node, state: makeDue(node.state, this.#timerNames[input.timer]!) };
    }
    if (input.type !== 'crash') return node;
    const durable = clonePlain(node.durable)!;
    const kept = node.pending.flat().slice(0, input.keep) as Write[];
    for (const write of kept) this.#model.replay?.(durable, clonePlain(write));
    return this.node(this.#born(durable));
  }

  #born(state: State): number {
    const durable = (this.#model.crashes ?? 0) > 0 ? withoutRandom(clonePlain(state)) : null;
    return this.interner.id({ state, durable, pending: [], held: [], written: 0, stored: 0 });
  }

  #inputOf(input: NodeInput): Input<Message, Command> {
    if (input.type === 'command') return { type: 'command', command: this.interner.value(input.command) as Command };
    if (input.type === 'peer') return { type: 'peer', ...this.peerOf(input.notice) };
    if (input.type !== 'message') return { type: 'wake' };
    const { from, message } = this.envelope(input.envelope);
    return { type: 'message', from, message };
  }
}

function argument(input: NodeInput): number {
  switch (input.type) {
    case 'message':
      return input.envelope;
    case 'command':
      return input.command;
    case 'timer':
      return input.timer;
    case 'peer':
      return input.notice;
    case 'crash':
      return input.keep;
    default:
      return 0;
  }
}

/** Whether two outcomes are one: `sent` and the node decide, and outputs by what they say. */
function sameOutcome<Message, Output>(a: Outcome<Message, Output>, b: Outcome<Message, Output>): boolean {
  if (a.node !== b.node || a.events.length !== b.events.length) return false;
  return JSON.stringify(a.events) === JSON.stringify(b.events);
}
