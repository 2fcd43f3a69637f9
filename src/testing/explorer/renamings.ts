import { InvalidOptionError, type NodeId } from '../../core/index.js';
import type { Envelope, MachineModel } from './machine-model.js';
import { renameBy, type Rename } from './machine-symmetry.js';
import type { Networks } from './network.js';
import { inAnyOrder, type Held } from './node-run.js';
import type { NodeTable } from './node-table.js';

/** More would take longer than the states that they save. */
const MAX_RENAMINGS = 5040;

/** A way to exchange names, and what came of what it was applied to, by number. */
interface Renaming {
  readonly rename: Rename;
  /** For each place the one whose node comes there. */
  readonly sources: readonly number[];
  readonly nodes: number[];
  readonly networks: number[];
  readonly histories: number[];
}

/**
 * All ways to exchange the names of nodes that are interchangeable, applied to states as tuples of numbers. A node, a
 * network or a history is renamed once in each way and then looked up.
 */
export class Renamings<Message, Command, Output, Write, State, History> {
  readonly #model: MachineModel<Message, Command, Output, Write, State, History>;
  readonly #nodes: NodeTable<Message, Command, Output, Write, State, History>;
  readonly #networks: Networks;
  /** All but the one that changes nothing. */
  readonly #all: readonly Renaming[];
  readonly #places: number;
  #best: Uint32Array<ArrayBuffer>;
  #candidate: Uint32Array<ArrayBuffer>;

  constructor(
    model: MachineModel<Message, Command, Output, Write, State, History>,
    nodes: NodeTable<Message, Command, Output, Write, State, History>,
    networks: Networks,
    width: number,
  ) {
    this.#model = model;
    this.#nodes = nodes;
    this.#networks = networks;
    this.#places = model.nodes.length;
    this.#best = new Uint32Array(width);
    this.#candidate = new Uint32Array(width);
    const groups = model.symmetry!.groups.map((group) => group.map((id) => model.nodes.indexOf(id)));
    const orders = arrangements(groups, [model.nodes.map((_, place) => place)]);
    this.#all = orders.slice(1).map((sources) => ({
      rename: renameBy(new Map(sources.map((source, place) => [model.nodes[source]!, model.nodes[place]!]))),
      sources,
      nodes: [],
      networks: [],
      histories: [],
    }));
  }

  /** How many ways there are besides leaving everything as it is. */
  get count(): number {
    return this.#all.length;
  }

  /**
   * Replaces a state by the one that stands for its group: the least of all renamed ones, word by word. Numbers never
   * change once they are given, so it does not matter which of the group comes first or when.
   */
  represent(words: Uint32Array): void {
    this.#best.set(words);
    for (let way = 0; way < this.#all.length; way++) {
      if (this.#rename(way, words, this.#best)) [this.#best, this.#candidate] = [this.#candidate, this.#best];
    }
    words.set(this.#best);
  }

  /** A state renamed in one way. */
  renamed(way: number, words: Uint32Array): Uint32Array<ArrayBuffer> {
    this.#rename(way, words, null);
    return this.#candidate.slice();
  }

  /** Leaves a renamed state in the candidate; gives up and returns false as soon as it is not below `bound`. */
  #rename(way: number, words: Uint32Array, bound: Uint32Array | null): boolean {
    const renaming = this.#all[way]!;
    let isLess = bound === null;
    for (let i = 0; i < words.length; i++) {
      const word = this.#word(renaming, words, i);
      if (!isLess && word > bound![i]!) return false;
      isLess ||= word < bound![i]!;
      this.#candidate[i] = word;
    }
    return isLess;
  }

  #word(renaming: Renaming, words: Uint32Array, i: number): number {
    const behind = i - this.#places;
    if (behind < 0) return this.#node(renaming, words[renaming.sources[i]!]!, renaming.sources[i]!);
    if (behind === 0) return (renaming.networks[words[i]!] ??= this.#renameNetwork(renaming, words[i]!));
    if (behind === 1) return (renaming.histories[words[i]!] ??= this.#renameHistory(renaming, words[i]!));
    return words[i]!;
  }

  #node(renaming: Renaming, node: number, place: number): number {
    const key = node * this.#places + place;
    return (renaming.nodes[key] ??= this.#renameNode(renaming, node, this.#model.nodes[place]!));
  }

  #renameNode({ rename }: Renaming, number: number, id: NodeId): number {
    const symmetry = this.#model.symmetry!;
    const rewrite = (state: State): State => symmetry.state?.(state, rename, id) ?? rename(state);
    const { state, durable, pending, held, ...counts } = this.#nodes.node(number);
    const writes = pending as readonly (readonly Write[])[];
    return this.#nodes.interner.id({
      ...counts,
      state: rewrite(state),
      durable: durable === null ? null : rewrite(durable),
      pending: writes.map((batch) => batch.map((write) => symmetry.write?.(write, rename, id) ?? rename(write))),
      held: inAnyOrder(
        this.#model,
        (held as readonly Held<Message, Output>[]).map((waiting) => this.#renameHeld(waiting, id, rename)),
      ),
    });
  }

  #renameHeld({ after, event }: Held<Message, Output>, id: NodeId, rename: Rename): Held<Message, Output> {
    if (event.type === 'sent') {
      return { after, event: { ...event, envelope: this.#renameEnvelope(event.envelope, rename) } };
    }
    const output = this.#model.symmetry!.output?.(event.output, rename, id) ?? rename(event.output);
    return { after, event: { ...event, output } };
  }

  #renameEnvelope(envelope: Envelope<Message>, rename: Rename): Envelope<Message> {
    const { from, to, message } = envelope;
    const renamed = this.#model.symmetry!.message?.(message, rename, envelope) ?? rename(message);
    return { from: rename(from), to: rename(to), message: renamed };
  }

  #renameNetwork({ rename }: Renaming, network: number): number {
    let renamed = this.#networks.empty();
    for (const envelope of this.#networks.envelopes(network)) {
      const other = this.#renameEnvelope(this.#nodes.envelope(envelope), rename);
      renamed = this.#networks.with(renamed, this.#nodes.envelopeId(other));
    }
    return renamed;
  }

  #renameHistory({ rename }: Renaming, number: number): number {
    const { interner } = this.#nodes;
    const history = interner.value(number) as History;
    return interner.id(this.#model.symmetry!.history?.(history, rename) ?? rename(history));
  }
}

/** Every order of the members of each group, in all combinations, the given one first. */
function arrangements(
  groups: readonly (readonly number[])[],
  orders: readonly (readonly number[])[],
): readonly (readonly number[])[] {
  const [group, ...others] = groups;
  if (group === undefined) return orders;
  const all = permutations(group);
  if (all.length * orders.length > MAX_RENAMINGS) {
    throw new InvalidOptionError('symmetry.groups', groups, `groups with ${MAX_RENAMINGS} orders at most`);
  }
  const arranged = orders.flatMap((order) => {
    return all.map((permuted) => order.map((source, place) => permuted[group.indexOf(place)] ?? source));
  });
  return arrangements(others, arranged);
}

function permutations(items: readonly number[]): readonly (readonly number[])[] {
  if (items.length > 7) throw new InvalidOptionError('symmetry.groups', items, 'groups of 7 nodes at most');
  if (items.length === 0) return [[]];
  return items.flatMap((item, i) => permutations(items.toSpliced(i, 1)).map((rest) => [item, ...rest]));
}

/** @throws InvalidOptionError for nodes that are not there, or in two groups */
export function checkGroups(groups: readonly (readonly NodeId[])[], nodes: readonly NodeId[]): void {
  const members = groups.flat();
  if (new Set(members).size === members.length && members.every((id) => nodes.includes(id))) return;
  throw new InvalidOptionError('symmetry.groups', members, 'groups of ids from nodes, each in one group at most');
}
