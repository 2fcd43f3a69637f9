import { QuorateError } from '../../core/index.js';
import { counted, countOf, type Counter } from './counters.js';
import type { Envelope, ExploredNode, MachineModel, MachinesState } from './machine-model.js';
import { Networks } from './network.js';
import { NodeTable, type NodeInput, type Outcome } from './node-table.js';
import { describePlain } from './plain.js';
import { Renamings } from './renamings.js';
import type { Space, Step } from './space.js';
import { SymmetryCheck } from './symmetry-check.js';
import { TupleTable } from './tuple-table.js';

/** A message was delivered, and what took it in is in the outcome. */
const NO_ENVELOPE = 0xffff_ffff;

/**
 * Machines as a search sees them. A state is the numbers of its nodes, of the network and of the history, and how many
 * crashes, commands, notices, losses and duplications there were; a step replaces some of them.
 */
export class MachineSpace<Message, Command, Output, Write, State, History> implements Space<
  MachinesState<Message, State, History>
> {
  readonly width: number;
  readonly found: Uint32Array<ArrayBuffer>;
  readonly #model: MachineModel<Message, Command, Output, Write, State, History>;
  readonly #nodes: NodeTable<Message, Command, Output, Write, State, History>;
  readonly #networks: Networks;
  readonly #histories = new TupleTable();
  readonly #nextHistories: number[] = [];
  readonly #tuple = new Uint32Array(3);
  readonly #maxInFlight: number;
  readonly #maxLosses: number;
  readonly #maxDuplications: number;
  // Places in a state behind the nodes.
  readonly #network: number;
  readonly #history: number;
  readonly #counters: number;
  /** `null` without symmetry. */
  readonly #renamings: Renamings<Message, Command, Output, Write, State, History> | null;
  readonly #check: SymmetryCheck | null;
  /** With symmetry, what `found` was before it was renamed. */
  readonly #actual: Uint32Array<ArrayBuffer>;
  /** What the step did that led to `found`. */
  #label: () => string = () => 'start';

  constructor(model: MachineModel<Message, Command, Output, Write, State, History>) {
    this.#model = model;
    this.#nodes = new NodeTable(model);
    this.#networks = new Networks(model.network ?? {}, (envelope) => this.#nodes.pair(envelope));
    const { maxInFlight = Infinity, lossy = false, duplicating = false } = model.network ?? {};
    this.#maxInFlight = maxInFlight;
    this.#maxLosses = lossy === true ? Infinity : Number(lossy);
    this.#maxDuplications = duplicating === true ? 0 : Number(duplicating); // without a limit it is for the network
    this.#network = model.nodes.length;
    this.#history = this.#network + 1;
    this.#counters = this.#network + 2;
    this.width = model.nodes.length + 3;
    this.found = new Uint32Array(this.width);
    this.#actual = new Uint32Array(this.width);
    const renamings = model.symmetry && new Renamings(model, this.#nodes, this.#networks, this.width);
    this.#renamings = renamings ?? null;
    this.#check = renamings === undefined ? null : new SymmetryCheck(this, renamings);
  }

  initial(found: () => void): void {
    const renamings = this.#renamings;
    if (renamings === null) return this.#starts(found);
    this.#check?.starts((visit) => this.#starts(visit));
    this.#starts(() => this.#represent(found));
  }

  #starts(found: () => void): void {
    const words = new Uint32Array(this.width);
    this.#model.nodes.forEach((id, place) => (words[place] = this.#nodes.unborn(id)));
    words[this.#network] = this.#networks.empty();
    words[this.#history] = this.#nodes.interner.id(this.#model.history?.initial ?? null);
    this.#label = () => 'start';
    this.#startFrom(words, 0, found);
  }

  /** Starts one node after the other. */
  #startFrom(words: Uint32Array, place: number, found: () => void): void {
    if (place === this.#model.nodes.length) {
      this.found.set(words);
      return found();
    }
    for (const outcome of this.#nodes.step(place, words[place]!, { type: 'start' })) {
      this.#apply(words, place, outcome, words[this.#network]!, NO_ENVELOPE);
      this.#startFrom(this.found.slice(), place + 1, found);
    }
  }

  expand(words: Uint32Array, found: () => void): void {
    if (this.#renamings === null) return this.#expand(words, found);
    this.#check?.steps(words, (from, visit) => this.#expand(from, visit));
    this.#expand(words, () => this.#represent(found));
  }

  /** Makes the state in `found` the one that stands for its group. */
  #represent(found: () => void): void {
    this.#actual.set(this.found);
    this.#renamings?.represent(this.found);
    found();
  }

  still(words: Uint32Array): boolean {
    const actual = this.#renamings === null ? this.found : this.#actual;
    return actual.every((word, i) => word === words[i]);
  }

  #expand(words: Uint32Array, found: () => void): void {
    this.#deliver(words, found);
    for (let place = 0; place < this.#model.nodes.length; place++) {
      this.#fire(words, place, found);
      this.#notice(words, place, found);
      this.#store(words, place, found);
      this.#command(words, place, found);
      this.#crash(words, place, found);
    }
  }

  #deliver(words: Uint32Array, found: () => void): void {
    const network = words[this.#network]!;
    const maySpare = countOf(words[this.#counters]!, 'duplications') < this.#maxDuplications;
    for (const envelope of this.#networks.deliverable(network)) {
      const place = this.#nodes.destination(envelope);
      for (const outcome of this.#nodes.step(place, words[place]!, { type: 'message', envelope })) {
        if (!this.#networks.ordered && unchanged(words[place]!, outcome)) continue;
        this.#label = () => this.#describe(envelope);
        for (const next of this.#networks.afterDelivery(network, envelope)) {
          if (next === network && unchanged(words[place]!, outcome)) continue;
          this.#apply(words, place, outcome, next, envelope);
          found();
        }
        if (!maySpare || unchanged(words[place]!, outcome)) continue;
        this.#label = () => `${this.#describe(envelope)}, which stays under way`;
        this.#apply(words, place, outcome, network, envelope);
        this.#counting('duplications', found)();
      }
      this.#lose(words, envelope, found);
    }
  }

  /** Of an ordered pair only the next message: later ones get there by being next. */
  #lose(words: Uint32Array, envelope: number, found: () => void): void {
    if (countOf(words[this.#counters]!, 'losses') >= this.#maxLosses) return;
    this.found.set(words);
    this.found[this.#network] = this.#networks.without(words[this.#network]!, envelope);
    this.#label = () => `lost: ${this.#describe(envelope)}`;
    if (this.#maxLosses === Infinity) found();
    else this.#counting('losses', found)();
  }

  #fire(words: Uint32Array, place: number, found: () => void): void {
    for (const timer of this.#nodes.timers(place, words[place]!)) {
      const label = (): string => `${this.#model.nodes[place]!}: timer ${this.#nodes.timerName(timer)}`;
      this.#step(words, place, { type: 'timer', timer }, label, found);
    }
  }

  #notice(words: Uint32Array, place: number, found: () => void): void {
    if (countOf(words[this.#counters]!, 'notices') >= (this.#model.peerNotices ?? 0)) return;
    for (const notice of this.#nodes.notices(place, words[place]!)) {
      const label = (): string => {
        const { id, up } = this.#nodes.peerOf(notice);
        return `${this.#model.nodes[place]!}: notices that ${id} ${up ? 'came' : 'went'}`;
      };
      this.#step(words, place, { type: 'peer', notice }, label, this.#counting('notices', found));
    }
  }

  /** `found`, for a step that counts. */
  #counting(counter: Counter, found: () => void): () => void {
    return () => {
      this.found[this.#counters] = counted(this.found[this.#counters]!, counter);
      found();
    };
  }

  #store(words: Uint32Array, place: number, found: () => void): void {
    const writes = this.#nodes.node(words[place]!).pending[0];
    if (writes === undefined) return;
    const label = (): string => `${this.#model.nodes[place]!}: stored ${describePlain(writes)}`;
    this.#step(words, place, { type: 'store' }, label, found);
  }

  #command(words: Uint32Array, place: number, found: () => void): void {
    const given = countOf(words[this.#counters]!, 'commands');
    if (this.#model.commands === undefined || given >= (this.#model.maxCommands ?? 1)) return;
    for (const command of this.#nodes.commands(place, words[place]!, given)) {
      const label = (): string =>
        `${this.#model.nodes[place]!}: command ${describePlain(this.#nodes.interner.value(command))}`;
      this.#step(words, place, { type: 'command', command }, label, this.#counting('commands', found));
    }
  }

  #crash(words: Uint32Array, place: number, found: () => void): void {
    if (countOf(words[this.#counters]!, 'crashes') >= (this.#model.crashes ?? 0)) return;
    const underWay = this.#nodes.node(words[place]!).pending.flat().length;
    for (let keep = 0; keep <= underWay; keep++) {
      const label = (): string => {
        const kept = underWay === 0 ? '' : `, ${keep} of ${underWay} writes under way kept`;
        return `${this.#model.nodes[place]!}: crash and restart${kept}`;
      };
      this.#step(words, place, { type: 'crash', keep }, label, this.#counting('crashes', found), true);
    }
  }

  /** A step that no message caused; one that changes nothing is none. */
  #step(
    words: Uint32Array,
    place: number,
    input: NodeInput,
    label: () => string,
    found: () => void,
    always = input.type === 'command',
  ): void {
    for (const outcome of this.#nodes.step(place, words[place]!, input)) {
      if (!always && unchanged(words[place]!, outcome)) continue;
      this.#label = label;
      this.#apply(words, place, outcome, words[this.#network]!, NO_ENVELOPE);
      found();
    }
  }

  /** Leaves in `found` what an outcome makes of a state whose network has become `network`. */
  #apply(
    words: Uint32Array,
    place: number,
    outcome: Outcome<Message, Output>,
    network: number,
    received: number,
  ): void {
    this.found.set(words);
    this.found[place] = outcome.node;
    this.found[this.#network] = outcome.sent.reduce((all, sent) => this.#networks.with(all, sent), network);
    if (this.#model.history === undefined) return;
    this.found[this.#history] = this.#remember(words[this.#history]!, place, outcome, received);
  }

  #remember(history: number, place: number, outcome: Outcome<Message, Output>, received: number): number {
    this.#tuple[0] = history;
    this.#tuple[1] = outcome.id;
    this.#tuple[2] = received;
    const key = this.#histories.add(this.#tuple, 3);
    return (this.#nextHistories[key] ??= this.#nextHistory(history, place, outcome, received));
  }

  #nextHistory(number: number, place: number, outcome: Outcome<Message, Output>, received: number): number {
    const { received: onReceived, sent: onSent, output: onOutput } = this.#model.history!;
    let history = this.#nodes.interner.value(number) as History;
    if (received !== NO_ENVELOPE && onReceived !== undefined) {
      history = onReceived(history, this.#nodes.envelope(received));
    }
    for (const event of outcome.events) {
      if (event.type === 'sent') history = onSent === undefined ? history : onSent(history, event.envelope);
      else if (onOutput !== undefined) history = onOutput(history, this.#model.nodes[place]!, event.output);
    }
    return this.#nodes.interner.id(history);
  }

  within(): boolean {
    if (this.#networks.size(this.found[this.#network]!) > this.#maxInFlight) return false;
    return this.#model.within?.(this.state(this.found)) ?? true;
  }

  state(words: Uint32Array): MachinesState<Message, State, History> {
    const nodes: Record<string, ExploredNode<State>> = {};
    this.#model.nodes.forEach((id, place) => (nodes[id] = this.#nodes.node(words[place]!)));
    const messages: Envelope<Message>[] = [];
    for (const envelope of this.#networks.envelopes(words[this.#network]!)) {
      messages.push(this.#nodes.envelope(envelope));
    }
    const history = this.#nodes.interner.value(words[this.#history]!) as History;
    const counts = words[this.#counters]!;
    return {
      nodes,
      messages,
      history,
      crashes: countOf(counts, 'crashes'),
      commands: countOf(counts, 'commands'),
      notices: countOf(counts, 'notices'),
      losses: countOf(counts, 'losses'),
      duplications: countOf(counts, 'duplications'),
    };
  }

  /** From real state to real state, so that nodes keep their names where `chain` has what stands for a group. */
  follow(chain: readonly Uint32Array[]): readonly Step<MachinesState<Message, State, History>>[] {
    let actual: Uint32Array | undefined;
    return chain.map((words) => {
      let action: string | undefined;
      const from = actual;
      const compare = (): void => {
        if (action !== undefined || !this.found.every((word, i) => word === words[i])) return;
        action = this.#label();
        actual = this.#renamings === null ? words : this.#actual.slice();
      };
      const visit = (): void => this.#represent(compare);
      if (from === undefined) this.#starts(visit);
      else this.#expand(from, visit);
      if (action === undefined) throw new QuorateError('not-deterministic', 'a step of a machine cannot be repeated');
      return { action, state: this.state(actual!) };
    });
  }

  #describe(number: number): string {
    const { from, to, message } = this.#nodes.envelope(number);
    return `${from} -> ${to}: ${this.#model.describe?.(message) ?? describePlain(message)}`;
  }
}

function unchanged<Message, Output>(node: number, outcome: Outcome<Message, Output>): boolean {
  return outcome.node === node && outcome.events.length === 0;
}
