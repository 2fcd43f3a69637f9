import { checkNumber, InvalidOptionError } from '../core/index.js';
import type { Nodes } from './consistent-hash.js';
import { hashKey32, type KeyHash } from './key.js';
import { LaidOut, type Layout } from './laid-out.js';
import { mix32 } from './mix.js';
import { checkPrime } from './prime.js';

const MAX_TABLE_SIZE = 0x100_0000;
/** Makes of the hash of a name the one that its skip comes from. */
const SKIP = 0xbb67_ae85;
const FREE = -1;

/** In which order a node would like to have the slots: `offset`, then `skip` further each time, around the table. */
export interface MaglevPermutation {
  /** From 0 to the table's size - 1. */
  readonly offset: number;
  /** From 1 to the table's size - 1. */
  readonly skip: number;
}

/** Options of {@link Maglev}. */
export interface MaglevOptions {
  /**
   * How many slots the table has: a prime, at most 2^24, not below the number of nodes and better a hundred times that.
   *
   * @defaultValue 65537, the smaller one of the paper: shares differ by 1 % while there are at most some 650 nodes
   */
  readonly tableSize?: number;
  /** Hashes keys and names. @defaultValue `hashKey32` */
  readonly hash?: KeyHash;
  /**
   * The permutation of a node, to agree with tables that others make. The same for the same name at any time.
   *
   * @defaultValue from one hash of the name
   */
  readonly permutation?: (node: string, tableSize: number) => MaglevPermutation;
}

/**
 * Maglev hashing (Eisenbud et al. 2016, section 3.4): nodes take turns to take a slot of a table, each the next free one in
 * its own permutation of the slots; a key belongs to the node in the slot of its hash. Of unequal weights the highest takes
 * a slot at every turn and the others as much more seldom as they are lower (as Envoy does), but each at least one.
 *
 * One division and one look into the table a lookup; 4 bytes a slot. The table is filled at the first lookup after a
 * change, in about 10 ms for the default size. The share of each of ten or a hundred nodes is right to a slot.
 *
 * When a node comes or goes, a few keys move between others: of ten nodes with the default size 0.3 % of all keys, of a
 * hundred 0.6 %; with ten times the slots a fourth of that. Not where no others may move: `RendezvousHash`,
 * `HashRing`. `getN` walks on in the table: O(nodes) for few, but the whole table for all nodes of very unequal weights.
 *
 * @throws InvalidOptionError
 */
export class Maglev extends LaidOut {
  /** How many slots the table has. */
  readonly tableSize: number;
  readonly #permutation: (node: string, tableSize: number) => MaglevPermutation;

  constructor(nodes: Nodes = [], options: MaglevOptions = {}) {
    const { tableSize = 65_537, hash = hashKey32, permutation = permutationBy(hash) } = options;
    super(hash);
    this.tableSize = checkPrime('tableSize', tableSize, MAX_TABLE_SIZE);
    this.#permutation = permutation;
    this.addAll(nodes);
  }

  /** @internal */
  protected override admit(node: string, weight: number): void {
    const count = this.activeWith(node, weight);
    if (count > this.tableSize) {
      const allowed = `a prime of at least ${count}, the number of nodes, and better a hundred times that`;
      throw new InvalidOptionError('tableSize', this.tableSize, allowed);
    }
    this.#permutationOf(node);
  }

  /** @internal */
  protected layOut(names: readonly string[], weights: readonly number[]): Layout {
    const permutations = names.map((node) => this.#permutationOf(node));
    return new Slots(filled(this.tableSize, permutations, weights));
  }

  #permutationOf(node: string): MaglevPermutation {
    const permutation = this.#permutation(node, this.tableSize);
    checkNumber(`offset of ${node}`, permutation.offset, { min: 0, max: this.tableSize - 1 });
    checkNumber(`skip of ${node}`, permutation.skip, { min: 1, max: this.tableSize - 1 });
    return permutation;
  }
}

function permutationBy(hash: KeyHash): (node: string, tableSize: number) => MaglevPermutation {
  return (node, size) => {
    const own = hash(node) >>> 0;
    return { offset: own % size, skip: (mix32(own ^ SKIP) % (size - 1)) + 1 };
  };
}

/** The number of the node in each slot. At most as many nodes as slots, so that each has one after the first turn. */
function filled(size: number, permutations: readonly MaglevPermutation[], weights: readonly number[]): Int32Array {
  const table = new Int32Array(size).fill(FREE);
  const skips = Int32Array.from(permutations, ({ skip }) => skip);
  const slots = Int32Array.from(permutations, ({ offset }) => offset);
  const highest = weights.reduce((a, b) => Math.max(a, b));
  // What each has taken, in units of the highest weight: a node waits until its own weight, times the turns, is as much.
  const due = new Float64Array(permutations.length);
  for (let turn = 1, free = size; ; turn++) {
    for (let node = 0; node < permutations.length; node++) {
      if (turn * weights[node]! < due[node]!) continue;
      due[node] = due[node]! + highest;
      // The size is prime, so the walk meets every slot, and one is free.
      let slot = slots[node]!;
      while (table[slot] !== FREE) slot = next(slot, skips[node]!, size);
      table[slot] = node;
      slots[node] = next(slot, skips[node]!, size);
      if (--free === 0) return table;
    }
  }
}

function next(slot: number, skip: number, size: number): number {
  return slot + skip < size ? slot + skip : slot + skip - size;
}

class Slots implements Layout {
  readonly #table: Int32Array;

  constructor(table: Int32Array) {
    this.#table = table;
  }

  first(hash: number): number {
    return this.#table[hash % this.#table.length]!;
  }

  preferred(hash: number, wanted: number): Iterable<number> {
    const table = this.#table;
    const found = new Set<number>();
    for (let slot = hash % table.length; found.size < wanted; slot = next(slot, 1, table.length))
      found.add(table[slot]!);
    return found;
  }
}
