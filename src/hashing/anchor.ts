import { checkNumber, InvalidOptionError } from '../core/index.js';
import { BucketHash } from './bucket-hash.js';
import { type BucketState, checkBucketState } from './bucket-state.js';
import type { Nodes } from './consistent-hash.js';
import { hashKey32, type KeyHash } from './key.js';
import { derive32, mix32 } from './mix.js';

const MAX_CAPACITY = 0x100_0000;
/** Makes of the hash of a key the one that the next buckets come from. */
const NEXT = 0x3c6e_f372;

/** Options of {@link AnchorHash}. */
export interface AnchorHashOptions {
  /**
   * The greatest number of nodes there will ever be, from 1 to 2^24. Processes that are to agree must have the same, and
   * it cannot change, so there is no default; twice what is expected costs little.
   */
  readonly capacity: number;
  /** Hashes keys. @defaultValue `hashKey32` */
  readonly hash?: KeyHash;
}

/**
 * AnchorHash (Mendelson, Vargaftik, Barabash, Lorenz, Keslassy & Orda 2020): a fixed number of buckets, of which any may be
 * without a node. A key whose bucket is without one is hashed again among the buckets that were in use just after that one
 * was removed, and so on. When a node comes or goes, only keys to or from that node move; shares are equal, but for chance:
 * the fullest of ten nodes has 1 % more than the average, of a hundred 3 %. All weights are 1.
 *
 * About 1 + ln(capacity / nodes) steps a lookup, O(1) to add or remove, 20 bytes for each bucket of the capacity. `getN`
 * asks again with hashes derived from that of the key. Not where nobody can tell how many nodes there will be:
 * `MementoHash`; nor where weights differ: `RendezvousHash`, `Maglev`.
 *
 * Placement depends on which node has which bucket and on the order of removals, not on the names alone: the constructor
 * gives buckets in order of name, `add` takes the one that was removed last (at first, those never used, from the lowest).
 * Processes that see the same changes in the same order agree; a newcomer gets `toJSON()` of one of them for
 * `AnchorHash.from`.
 */
export class AnchorHash extends BucketHash {
  /** The greatest number of nodes. */
  readonly capacity: number;
  // The arrays of the paper. Of bucket b: A[b] is 0 while it is in use, and else how many were just after it was removed;
  // K[b] is the bucket that then took its place, which is b while it is in use; W lists the buckets in use first, and
  // L[b] is where in it b is. R[n] is the bucket whose removal left n in use, a stack with the top at R[used].
  // W and L only keep chains of K short: by longer ones MementoHash finds the same without them.
  readonly #A: Uint32Array;
  readonly #K: Uint32Array;
  readonly #W: Uint32Array;
  readonly #L: Uint32Array;
  readonly #R: Uint32Array;
  #used: number;

  /** @throws InvalidOptionError when something is no option, or there are more nodes than the capacity */
  constructor(nodes: Nodes, options: AnchorHashOptions) {
    super('AnchorHash', options.hash ?? hashKey32);
    this.capacity = checkNumber('capacity', options.capacity, { min: 1, max: MAX_CAPACITY });
    this.#A = new Uint32Array(this.capacity);
    this.#R = new Uint32Array(this.capacity);
    this.#K = Uint32Array.from(this.#A, (_, bucket) => bucket);
    this.#W = this.#K.slice();
    this.#L = this.#K.slice();
    this.#used = this.capacity;
    const names = this.checked(nodes);
    if (names.length > this.capacity) throw this.#full(names.length);
    for (let bucket = this.capacity - 1; bucket >= names.length; bucket--) this.removeBucket(bucket);
    names.forEach((node, bucket) => this.name(bucket, node));
  }

  /**
   * One that places as the one that the state is of.
   *
   * @throws MalformedError when it is no state of an AnchorHash, InvalidOptionError for more buckets than there can be
   */
  static from(state: unknown, options: Omit<AnchorHashOptions, 'capacity'> = {}): AnchorHash {
    const checked = checkBucketState(state, 'anchor');
    const hash = new AnchorHash([], { ...options, capacity: checked.buckets });
    // A new one has removed all, from the last to the first: put them back, then remove those of the state in its order.
    for (let bucket = 0; bucket < checked.buckets; bucket++) hash.addBucket();
    for (const bucket of checked.removed) hash.removeBucket(bucket);
    hash.nameAll(checked);
    return hash;
  }

  /** The state as plain data, for {@link AnchorHash.from}. */
  toJSON(): BucketState {
    // From the first removal, which left the most in use, to the last.
    const removed = Array.from(this.#R.subarray(this.#used)).reverse();
    return { algorithm: 'anchor', buckets: this.capacity, nodes: this.nodesByBucket(), removed };
  }

  /** @internal */
  protected addBucket(): number {
    if (this.#used === this.capacity) throw this.#full(this.capacity + 1);
    const count = this.#used++;
    const bucket = this.#R[count]!;
    this.#A[bucket] = 0;
    // What had taken its place goes back to the end of the list.
    this.#L[this.#W[count]!] = count;
    this.#W[this.#L[bucket]!] = bucket;
    this.#K[bucket] = bucket;
    return bucket;
  }

  /** @internal */
  protected removeBucket(bucket: number): void {
    const count = --this.#used;
    this.#R[count] = bucket;
    this.#A[bucket] = count;
    // The last of the list takes its place.
    const last = this.#W[count]!;
    this.#W[this.#L[bucket]!] = last;
    this.#K[bucket] = last;
    this.#L[last] = this.#L[bucket]!;
  }

  /** @internal */
  protected bucketOf(hash: number): number {
    let bucket = hash % this.capacity;
    const other = mix32(hash ^ NEXT);
    for (let count = this.#A[bucket]!; count > 0; count = this.#A[bucket]!) {
      let next = derive32(other, bucket) % count;
      // Who was at this place when `bucket` was removed: whoever had been removed by then has been replaced.
      while (this.#A[next]! >= count) next = this.#K[next]!;
      bucket = next;
    }
    return bucket;
  }

  #full(count: number): InvalidOptionError {
    const allowed = `at least ${count}, the number of nodes: move to an AnchorHash with more, or to a MementoHash, which has no limit`;
    return new InvalidOptionError('capacity', this.capacity, allowed);
  }
}
