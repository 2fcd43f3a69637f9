import { BucketHash } from './bucket-hash.js';
import { type BucketState, checkBucketState } from './bucket-state.js';
import type { Nodes } from './consistent-hash.js';
import { jumpOfHash } from './jump.js';
import { hashKey32, type KeyHash } from './key.js';
import { derive32, mix32 } from './mix.js';

/** Makes of the hash of a key the one that the next buckets come from. */
const NEXT = 0x510e_527f;

/** Options of {@link MementoHash}. */
export interface MementoHashOptions {
  /** Hashes keys. @defaultValue `hashKey32` */
  readonly hash?: KeyHash;
}

/**
 * MementoHash (Coluzzi, Brocco, Antonucci & Leidi 2023): jump consistent hashing that remembers which buckets are without a
 * node. A key whose bucket is without one is hashed again among the buckets that were in use just after that one was
 * removed, and so on. While nothing is removed, it is {@link JumpHash}. When a node comes or goes, only keys to or from that
 * node move; shares are equal, but for chance: the fullest of ten nodes has 1 % more than the average, of a hundred 3 %.
 * All weights are 1.
 *
 * O(ln nodes) a lookup, and with r of n removed about ln^2(n / (n - r)) steps more; O(1) to add or remove; memory for the
 * removed buckets only, which are never more than there were nodes at once. `getN` asks again with hashes derived from
 * that of the key. Not where most nodes stay away for long: make a new one; nor where weights differ: `RendezvousHash`,
 * `Maglev`.
 *
 * Placement depends on which node has which bucket and on the order of removals, not on the names alone: the constructor
 * gives buckets in order of name, `add` takes the one that was removed last. Processes that see the same changes in the
 * same order agree; a newcomer gets `toJSON()` of one of them for `MementoHash.from`.
 */
export class MementoHash extends BucketHash {
  /** How many buckets there are, with those without a node. */
  #buckets = 0;
  /** Of each bucket without a node: how many were in use just after it was removed. */
  readonly #left = new Map<number, number>();
  /** The buckets without a node in the order of their removal. */
  readonly #removed: number[] = [];

  /** @throws InvalidOptionError */
  constructor(nodes: Nodes = [], options: MementoHashOptions = {}) {
    super('MementoHash', options.hash ?? hashKey32);
    for (const node of this.checked(nodes)) this.name(this.addBucket(), node);
  }

  /**
   * One that places as the one that the state is of.
   *
   * @throws MalformedError when it is no state of a MementoHash
   */
  static from(state: unknown, options: MementoHashOptions = {}): MementoHash {
    const checked = checkBucketState(state, 'memento');
    const hash = new MementoHash([], options);
    hash.#buckets = checked.buckets;
    for (const bucket of checked.removed) hash.#forget(bucket);
    hash.nameAll(checked);
    return hash;
  }

  /** The state as plain data, for {@link MementoHash.from}. */
  toJSON(): BucketState {
    const removed = [...this.#removed];
    return { algorithm: 'memento', buckets: this.#buckets, nodes: this.nodesByBucket(), removed };
  }

  /** @internal */
  protected addBucket(): number {
    const bucket = this.#removed.pop();
    if (bucket === undefined) return this.#buckets++;
    this.#left.delete(bucket);
    return bucket;
  }

  /** @internal */
  protected removeBucket(bucket: number): void {
    if (this.#removed.length === 0 && bucket === this.#buckets - 1) this.#buckets--;
    else this.#forget(bucket);
  }

  /** @internal */
  protected bucketOf(hash: number): number {
    let bucket = jumpOfHash(hash, this.#buckets);
    if (this.#left.size === 0) return bucket;
    const other = mix32(hash ^ NEXT);
    for (let count = this.#left.get(bucket); count !== undefined; count = this.#left.get(bucket)) {
      let next = derive32(other, bucket) % count;
      // Who was at this place when `bucket` was removed: whoever had been removed by then was replaced by the bucket
      // that was last in the list then, whose place has the number of those that were left.
      for (let left = this.#left.get(next); left !== undefined && left >= count; left = this.#left.get(next))
        next = left;
      bucket = next;
    }
    return bucket;
  }

  #forget(bucket: number): void {
    this.#removed.push(bucket);
    this.#left.set(bucket, this.#buckets - this.#removed.length);
  }
}
