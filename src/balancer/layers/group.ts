import type { Balancer } from '../balancer.js';

/** What a group was told of a node. */
interface Told {
  weight: number;
  available: boolean;
}

/** Nodes that belong together, the balancer that chooses among them, and how many can be picked. */
export class Group<Key, Context> {
  readonly key: Key;
  readonly balancer: Balancer<Context>;
  /** Nodes that have a weight. */
  hosts = 0;
  /** Those of them that are available. */
  available = 0;
  #panics = false;
  readonly #told = new Map<string, Told>();

  constructor(key: Key, balancer: Balancer<Context>) {
    this.key = key;
    this.balancer = balancer;
  }

  /** Whether nodes that are not available may be picked as well. */
  get panics(): boolean {
    return this.#panics;
  }

  set panics(panics: boolean) {
    if (this.#panics === panics) return;
    this.#panics = panics;
    for (const [node, { available }] of this.#told) this.balancer.setAvailable(node, available || panics);
  }

  /** Without any node, whether these have weights or not. */
  get empty(): boolean {
    return this.#told.size === 0;
  }

  /** The nodes that are available and have a weight, in the order in which they came. */
  *pickable(): Generator<string> {
    for (const [node, { weight, available }] of this.#told) if (available && weight > 0) yield node;
  }

  /** Whether no node can be picked, but some with a weight of 0 finish what they have. O(nodes). */
  get drains(): boolean {
    return this.available === 0 && [...this.#told.values()].some(({ available }) => available);
  }

  /** Of the nodes that are available, together. O(nodes): a sum that is kept up to date would drift. */
  get availableWeight(): number {
    let sum = 0;
    for (const { weight, available } of this.#told.values()) if (available) sum += weight;
    return Math.min(sum, Number.MAX_VALUE);
  }

  /** Whether a node of the group is available. */
  isAvailable(node: string): boolean {
    return this.#told.get(node)?.available === true;
  }

  /** Adds a node, or changes its weight. Nothing has changed when that is refused. @throws InvalidOptionError */
  add(node: string, weight: number, available: boolean): void {
    this.balancer.add(node, weight);
    const before = this.#told.get(node);
    if (before !== undefined) this.#count(before, -1);
    const told = { weight, available };
    this.#told.set(node, told);
    this.#count(told, 1);
    this.balancer.setAvailable(node, available || this.#panics);
  }

  remove(node: string): void {
    const told = this.#told.get(node);
    if (told === undefined) return;
    this.#count(told, -1);
    this.#told.delete(node);
    this.balancer.remove(node);
  }

  /** Returns whether that is news. */
  setAvailable(node: string, available: boolean): boolean {
    const told = this.#told.get(node);
    if (told === undefined || told.available === available) return false;
    this.#count(told, -1);
    told.available = available;
    this.#count(told, 1);
    this.balancer.setAvailable(node, available || this.#panics);
    return true;
  }

  #count({ weight, available }: Told, by: 1 | -1): void {
    if (weight === 0) return;
    this.hosts += by;
    if (available) this.available += by;
  }
}
