import { checkNumber } from '../core/index.js';
import type { BucketState } from './bucket-state.js';
import { checkNode, type ConsistentHash, type Nodes } from './consistent-hash.js';
import type { Key, KeyHash } from './key.js';
import { checkEqualWeight, sortedNames } from './names.js';
import { rehashed } from './rehash.js';

/**
 * What algorithms have in common that place keys in numbered buckets of which any may be removed: who has which bucket.
 * The buckets of the first nodes are in order of name, so that equal lists agree.
 */
export abstract class BucketHash implements ConsistentHash {
  /** By bucket; undefined where there is no node. */
  readonly #nodes: (string | undefined)[] = [];
  readonly #buckets = new Map<string, number>();
  readonly #hash: KeyHash;
  readonly #name: string;

  constructor(name: string, hash: KeyHash) {
    this.#name = name;
    this.#hash = hash;
  }

  /** Puts a bucket to use: the one that was removed last, or else a new one. @internal */
  protected abstract addBucket(): number;
  /** Removes a bucket that is in use. @internal */
  protected abstract removeBucket(bucket: number): void;
  /** The bucket of a key, by its hash. Only called while some bucket is in use. @internal */
  protected abstract bucketOf(hash: number): number;

  get nodes(): readonly string[] {
    return sortedNames(this.#buckets.keys());
  }

  add(node: string, weight = 1): void {
    checkNode([node, weight]);
    checkEqualWeight(node, weight, this.#name);
    if (!this.#buckets.has(node)) this.name(this.addBucket(), node);
  }

  remove(node: string): boolean {
    const bucket = this.#buckets.get(node);
    if (bucket === undefined) return false;
    this.removeBucket(bucket);
    this.#buckets.delete(node);
    this.#nodes[bucket] = undefined;
    return true;
  }

  get(key: Key): string | undefined {
    if (this.#buckets.size === 0) return undefined;
    return this.#nodes[this.bucketOf(this.#hash(key) >>> 0)];
  }

  getN(key: Key, count: number): string[] {
    checkNumber('count', count, { min: 0 });
    const { size } = this.#buckets;
    const wanted = Math.min(count, size);
    if (wanted === 0) return [];
    const place = (hash: number): string => this.#nodes[this.bucketOf(hash)]!;
    return [...rehashed(this.#hash(key) >>> 0, wanted, size, place, () => this.nodes)];
  }

  /** The nodes that a constructor was given, checked, each once and in order of name. @internal */
  protected checked(nodes: Nodes): string[] {
    const names = Array.from(nodes, (node) => {
      const [name, weight] = checkNode(node);
      checkEqualWeight(name, weight, this.#name);
      return name;
    });
    return sortedNames(new Set(names));
  }

  /** Gives a bucket to a node. @internal */
  protected name(bucket: number, node: string): void {
    this.#nodes[bucket] = node;
    this.#buckets.set(node, bucket);
  }

  /** Gives the buckets that are not removed to the nodes of a state, in order. @internal */
  protected nameAll({ buckets, nodes, removed }: BucketState): void {
    const without = new Set(removed);
    for (let bucket = 0, next = 0; bucket < buckets; bucket++)
      if (!without.has(bucket)) this.name(bucket, nodes[next++]!);
  }

  /** The nodes in order of their buckets. @internal */
  protected nodesByBucket(): string[] {
    return this.#nodes.filter((node) => node !== undefined);
  }
}
