import type { Nodes } from './consistent-hash.js';
import { jumpOfHash } from './jump.js';
import { hashKey32, type KeyHash } from './key.js';
import { LaidOut, type Layout } from './laid-out.js';
import { checkEqualWeight } from './names.js';
import { rehashed } from './rehash.js';

/** Options of {@link JumpHash}. */
export interface JumpHashOptions {
  /** Hashes keys. @defaultValue `hashKey32` */
  readonly hash?: KeyHash;
}

/**
 * Jump consistent hashing (Lamping & Veach 2014) on nodes in order of name: the first has bucket 0. Shares are equal, but
 * for chance: the fullest of ten nodes has 1 % more than the average, of a hundred 3 %. All weights are 1.
 *
 * O(ln nodes) a lookup, no memory but the names. `getN` asks again with hashes derived from that of the key.
 *
 * Only a node whose name sorts last comes or goes with the least movement. Any other shifts the buckets of all that follow
 * it, and most of their keys move: that is for shards with numbers, padded to one length. `MementoHash` places alike,
 * and any node may go.
 *
 * @throws InvalidOptionError
 */
export class JumpHash extends LaidOut {
  constructor(nodes: Nodes = [], options: JumpHashOptions = {}) {
    super(options.hash ?? hashKey32);
    this.addAll(nodes);
  }

  /** @internal */
  protected override admit(node: string, weight: number): void {
    checkEqualWeight(node, weight, 'JumpHash');
  }

  /** @internal */
  protected layOut({ length }: readonly string[]): Layout {
    const first = (hash: number): number => jumpOfHash(hash, length);
    const all = (): number[] => Array.from({ length }, (_, bucket) => bucket);
    return { first, preferred: (hash, wanted) => rehashed(hash, wanted, length, first, all) };
  }
}
