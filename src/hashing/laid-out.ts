import { checkNumber } from '../core/index.js';
import { checkNode, type ConsistentHash, type Nodes } from './consistent-hash.js';
import type { Key, KeyHash } from './key.js';
import { sortedNames } from './names.js';

/** Where keys belong, by their hash, among at least one node. Nodes are numbered in order of name. */
export interface Layout {
  /** The number of the node of a key. */
  first(hash: number): number;
  /** Different nodes in order of preference, beginning with `first`: as many as wanted, which is at most all. */
  preferred(hash: number, wanted: number): Iterable<number>;
}

const EMPTY: Layout = { first: () => 0, preferred: () => [] };

/**
 * What algorithms have in common whose placement follows from the names and weights alone: it is computed at the first
 * lookup after a change, from the nodes in order of name, so that the order in which they came cannot matter, and many
 * changes cost no more than one. Nodes of weight 0 take no part.
 */
export abstract class LaidOut implements ConsistentHash {
  readonly #weights = new Map<string, number>();
  readonly #hash: KeyHash;
  /** Of the layout: those that have a weight, in order. */
  #names: readonly string[] = [];
  #layout: Layout | null = null;
  /** How many nodes have a weight above 0. */
  #active = 0;

  constructor(hash: KeyHash) {
    this.#hash = hash;
  }

  /** Computes the placement on nodes in order of name, at least one, all with weights above 0. @internal */
  protected abstract layOut(names: readonly string[], weights: readonly number[]): Layout;

  /**
   * Refuses what this algorithm cannot place, before anything changes. A name and a weight that are none are refused first.
   *
   * @internal
   */
  protected admit(_node: string, _weight: number): void {}

  /** Adds the nodes that the constructor was given; after the options are set, which `admit` may need. @internal */
  protected addAll(nodes: Nodes): void {
    for (const node of nodes) this.add(...checkNode(node));
  }

  get nodes(): readonly string[] {
    return sortedNames(this.#weights.keys());
  }

  add(node: string, weight = 1): void {
    checkNode([node, weight]);
    this.admit(node, weight);
    this.#active = this.activeWith(node, weight);
    this.#weights.set(node, weight);
    this.#layout = null;
  }

  remove(node: string): boolean {
    this.#active = this.activeWith(node, 0);
    if (!this.#weights.delete(node)) return false;
    this.#layout = null;
    return true;
  }

  /** How many nodes would have a weight above 0 if this one had that weight. @internal */
  protected activeWith(node: string, weight: number): number {
    return this.#active - (this.#weights.get(node) ? 1 : 0) + (weight > 0 ? 1 : 0);
  }

  get(key: Key): string | undefined {
    const layout = this.#layout ?? this.#laidOut();
    return this.#names[layout.first(this.#hash(key) >>> 0)];
  }

  getN(key: Key, count: number): string[] {
    checkNumber('count', count, { min: 0 });
    const layout = this.#layout ?? this.#laidOut();
    const wanted = Math.min(count, this.#names.length);
    if (wanted === 0) return [];
    return Array.from(layout.preferred(this.#hash(key) >>> 0, wanted), (node) => this.#names[node]!);
  }

  #laidOut(): Layout {
    const names = this.nodes.filter((node) => this.#weights.get(node)! > 0);
    const weights = names.map((node) => this.#weights.get(node)!);
    this.#layout = names.length === 0 ? EMPTY : this.layOut(names, weights);
    this.#names = names;
    return this.#layout;
  }
}
