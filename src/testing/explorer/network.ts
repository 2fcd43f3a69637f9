import type { NetworkModel } from './machine-model.js';
import { TupleTable } from './tuple-table.js';

/**
 * Networks by number: each is a list of envelopes' numbers. Unordered ones are sorted, so that equal multisets (or, when
 * it duplicates, sets) are equal lists; ordered ones hold the messages of each pair of nodes in sequence, pair by pair.
 */
export class Networks {
  readonly #ordered: boolean;
  /** Any number of times: how often it may happen in a run is not for one state of the network to know. */
  readonly #duplicating: boolean;
  /** The pair of nodes of each envelope. */
  readonly #pairOf: (envelope: number) => number;
  readonly #lists = new TupleTable();
  #scratch = new Uint32Array(64);

  constructor(options: NetworkModel, pairOf: (envelope: number) => number) {
    this.#ordered = options.ordered ?? false;
    this.#duplicating = options.duplicating === true;
    this.#pairOf = pairOf;
  }

  /** The network without messages. */
  empty(): number {
    return this.#lists.add(this.#scratch, 0);
  }

  /** How many messages are under way. */
  size(network: number): number {
    return this.#lists.length(network);
  }

  /** The envelopes under way, repeated ones too. */
  envelopes(network: number): Uint32Array {
    return this.#lists.get(network);
  }

  /** Those that may arrive next, each once. */
  deliverable(network: number): readonly number[] {
    const list = this.#lists.get(network);
    const differs = (envelope: number, i: number): boolean => {
      if (i === 0) return true;
      const before = list[i - 1]!;
      return this.#ordered ? this.#pairOf(before) !== this.#pairOf(envelope) : before !== envelope;
    };
    return Array.from(list).filter(differs);
  }

  /** Whether a node that ignores a message makes way for the next one. */
  get ordered(): boolean {
    return this.#ordered;
  }

  /** What the network may be after an envelope was delivered. */
  afterDelivery(network: number, envelope: number): readonly number[] {
    if (!this.#duplicating) return [this.without(network, envelope)];
    return this.#ordered ? [this.without(network, envelope), network] : [network];
  }

  /** The network with one fewer of an envelope. */
  without(network: number, envelope: number): number {
    const list = this.#lists.get(network);
    const place = list.indexOf(envelope);
    list.copyWithin(place, place + 1);
    return this.#lists.add(list, list.length - 1);
  }

  /** The network with an envelope sent. */
  with(network: number, envelope: number): number {
    const start = this.#lists.start(network);
    const length = this.#lists.length(network);
    if (this.#scratch.length < length + 1) this.#scratch = new Uint32Array(2 * length + 2);
    const { words } = this.#lists;
    let place = length;
    while (place > 0 && this.#goesBefore(envelope, words[start + place - 1]!)) place--;
    if (this.#duplicating && !this.#ordered && place > 0 && words[start + place - 1] === envelope) return network;
    for (let i = 0; i < place; i++) this.#scratch[i] = words[start + i]!;
    this.#scratch[place] = envelope;
    for (let i = place; i < length; i++) this.#scratch[i + 1] = words[start + i]!;
    return this.#lists.add(this.#scratch, length + 1);
  }

  #goesBefore(added: number, there: number): boolean {
    return this.#ordered ? this.#pairOf(added) < this.#pairOf(there) : added < there;
  }
}
