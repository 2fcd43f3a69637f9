import { checkNumber, InvalidOptionError } from '../core/index.js';
import { checkNode, type ConsistentHash, type Nodes } from './consistent-hash.js';
import type { Key } from './key.js';
import { sortedNames } from './names.js';
import { HashRing } from './ring.js';

/** A place on a node, until it is done with. */
export interface Lease {
  /** The node. */
  readonly node: string;
  /** Gives the place back. More than once is harmless, as is after the node was removed. */
  readonly done: () => void;
}

/** Options of {@link BoundedLoads}. */
export interface BoundedLoadsOptions {
  /**
   * How much more than its share a node may have at a time: 0.25 is a quarter more. The lower, the more even, and the more
   * keys are on another node than the one they prefer.
   *
   * @defaultValue 0.25
   */
  readonly epsilon?: number;
  /**
   * Makes the algorithm that says which nodes a key prefers.
   *
   * @defaultValue `(nodes) => new HashRing(nodes)`
   */
  readonly placement?: (nodes: Nodes) => ConsistentHash;
}

interface Member {
  weight: number;
  load: number;
}

/**
 * Consistent hashing with bounded loads (Mirrokni, Thorup & Zadimoghaddam 2018): a key goes to the first of the nodes that
 * it prefers that has room, so that no node is given more than 1 + epsilon times its share of what is under way, however many
 * requests have the same key. With m leases out, a node with the share s of all weights has room for
 * ceil((1 + epsilon) (m + 1) s); together there is always room for one more.
 *
 * A lookup of the placement, and of as many preferences as nodes are full on the way: O(1 / epsilon^2) on average for keys
 * that are spread, O(nodes) at worst. Memory for the nodes only: a lease is held by who has it.
 *
 * What a node has depends on what is under way, so two processes agree on a key only while nodes have room. Not where a key
 * must always find the same node (its data is there and nowhere else), nor where nobody tells when a request is over.
 */
export class BoundedLoads {
  readonly #epsilon: number;
  readonly #placement: ConsistentHash;
  readonly #members = new Map<string, Member>();
  #totalLoad = 0;
  #totalWeight = 0;

  /** @throws InvalidOptionError */
  constructor(nodes: Nodes = [], options: BoundedLoadsOptions = {}) {
    const { epsilon = 0.25, placement = (initial) => new HashRing(initial) } = options;
    this.#epsilon = checkNumber('epsilon', epsilon, { min: 0, max: 1000, integer: false });
    const list = Array.from(nodes, checkNode);
    this.#placement = placement(list);
    for (const [node, weight] of list) this.#members.set(node, { weight, load: 0 });
    if (this.#placement.nodes.join() !== sortedNames(this.#members.keys()).join())
      throw new InvalidOptionError(
        'placement',
        placement,
        'a function that makes an algorithm with the nodes that it is given',
      );
    this.#weigh();
  }

  /** The nodes, in ascending order. */
  get nodes(): readonly string[] {
    return this.#placement.nodes;
  }

  /** How many leases of each node are out, as of now, in order of name. */
  get loads(): ReadonlyMap<string, number> {
    return new Map(sortedNames(this.#members.keys()).map((node) => [node, this.#members.get(node)!.load]));
  }

  /** Adds a node, or changes the weight of one, which keeps its load. @throws InvalidOptionError */
  add(node: string, weight = 1): void {
    this.#placement.add(node, weight);
    const member = this.#members.get(node);
    // Leases have the member in hand, so it stays the same one.
    if (member === undefined) this.#members.set(node, { weight, load: 0 });
    else member.weight = weight;
    this.#weigh();
  }

  /** Removes a node and forgets its load. Returns whether it was there. */
  remove(node: string): boolean {
    if (!this.#placement.remove(node)) return false;
    this.#totalLoad -= this.#members.get(node)!.load;
    this.#members.delete(node);
    this.#weigh();
    return true;
  }

  /** The node that {@link BoundedLoads.acquire} would choose now; undefined when no node has a weight. */
  peek(key: Key): string | undefined {
    const first = this.#placement.get(key);
    if (first === undefined || this.#hasRoom(first)) return first;
    // Twice as many at a time, since fewer preferences are the beginning of more.
    for (let seen = 1, count = 2; ; seen = count, count *= 2) {
      const preferred = this.#placement.getN(key, count);
      const found = preferred.slice(seen).find((node) => this.#hasRoom(node));
      if (found !== undefined) return found;
      // The room left is on nodes that the placement gives no keys to, such as one too light for a point of a ring.
      if (preferred.length < count) return first;
    }
  }

  /** Takes a place on the first node with room that the key prefers; undefined when no node has a weight. */
  acquire(key: Key): Lease | undefined {
    const node = this.peek(key);
    if (node === undefined) return undefined;
    const member = this.#members.get(node)!;
    member.load++;
    this.#totalLoad++;
    let over = false;
    const done = (): void => {
      if (over) return;
      over = true;
      // Of a node that was removed, or removed and added again, nothing is left to give back.
      if (this.#members.get(node) !== member) return;
      member.load--;
      this.#totalLoad--;
    };
    return { node, done };
  }

  #hasRoom(node: string): boolean {
    const { weight, load } = this.#members.get(node)!;
    return load < Math.ceil((1 + this.#epsilon) * (this.#totalLoad + 1) * (weight / this.#totalWeight));
  }

  /** In order of name, so that rounding cannot depend on the order of changes. */
  #weigh(): void {
    this.#totalWeight = sortedNames(this.#members.keys()).reduce(
      (sum, node) => sum + this.#members.get(node)!.weight,
      0,
    );
  }
}
