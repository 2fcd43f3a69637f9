import type { Nodes } from './consistent-hash.js';
import { hashKey32, type KeyHash } from './key.js';
import { LaidOut, type Layout } from './laid-out.js';
import { minusLog, unitOf } from './logarithm.js';
import { mix32 } from './mix.js';

/** Options of {@link RendezvousHash}. */
export interface RendezvousHashOptions {
  /** Hashes keys and, with the seeds 0 and 1, names. @defaultValue `hashKey32` */
  readonly hash?: KeyHash;
}

/**
 * Rendezvous hashing, or highest random weight (Thaler & Ravishankar 1998): each node has a random number u in (0, 1) for
 * each key, and a key belongs to the node with the highest score -w / ln u, where w is the weight (Schindelhauer &
 * Schomaker 2005). A tie goes to the name that comes first.
 *
 * Shares are as the weights say, but for chance: the fullest of ten equal nodes has 1 % more than the average, of a
 * hundred 3 %. When a node comes or goes or changes its weight, only keys to or from that node move. `getN` is in order of
 * score, so that what is second becomes first when the first goes.
 *
 * O(nodes) a lookup, about 3 ns for each while weights are equal; O(nodes log nodes) for `getN`; 16 bytes a node. Not for
 * more than some hundred nodes: `Maglev` or `HashRing`.
 *
 * @throws InvalidOptionError
 */
export class RendezvousHash extends LaidOut {
  readonly #nodeHash: KeyHash;

  constructor(nodes: Nodes = [], options: RendezvousHashOptions = {}) {
    const { hash = hashKey32 } = options;
    super(hash);
    this.#nodeHash = hash;
    this.addAll(nodes);
  }

  /** @internal */
  protected layOut(names: readonly string[], weights: readonly number[]): Layout {
    const hashes = Uint32Array.from(names, (name) => this.#nodeHash(name, 0));
    // A second hash sets nodes apart whose first ones collide: one of them would have no keys at all.
    const offsets = Uint32Array.from(names, (name) => this.#nodeHash(name, 1));
    const equal = weights.every((weight) => weight === weights[0]);
    return equal ? new EqualScores(hashes, offsets) : new Scores(hashes, offsets, Float64Array.from(weights));
  }
}

/** Scores while all weights are equal: the higher the random bits, the higher the score. */
class EqualScores implements Layout {
  readonly #hashes: Uint32Array;
  readonly #offsets: Uint32Array;

  constructor(hashes: Uint32Array, offsets: Uint32Array) {
    this.#hashes = hashes;
    this.#offsets = offsets;
  }

  first(hash: number): number {
    const hashes = this.#hashes;
    const offsets = this.#offsets;
    let best = 0;
    let most = 0; // and not -1: all values are then unsigned integers, which are compared faster than doubles
    for (let node = 0; node < hashes.length; node++) {
      const bits = mix32((hash ^ hashes[node]!) + offsets[node]!);
      if (bits <= most) continue;
      best = node;
      most = bits;
    }
    return best;
  }

  preferred(hash: number, wanted: number): Iterable<number> {
    return byCost(
      this.#hashes.map((own, node) => 2 ** 32 - 1 - mix32((hash ^ own) + this.#offsets[node]!)),
      wanted,
    );
  }
}

/** Scores by weight. The highest score -w / ln u is the lowest cost -ln u / w. */
class Scores implements Layout {
  readonly #hashes: Uint32Array;
  readonly #offsets: Uint32Array;
  readonly #weights: Float64Array;

  constructor(hashes: Uint32Array, offsets: Uint32Array, weights: Float64Array) {
    this.#hashes = hashes;
    this.#offsets = offsets;
    this.#weights = weights;
  }

  first(hash: number): number {
    let best = 0;
    let least = Infinity;
    for (let node = 0; node < this.#hashes.length; node++) {
      const bits = mix32((hash ^ this.#hashes[node]!) + this.#offsets[node]!);
      const weight = this.#weights[node]!;
      // 1 - u is a lower bound of -ln u, also as computed: of n nodes about ln n need the logarithm.
      if ((1 - unitOf(bits)) / weight >= least) continue;
      const cost = minusLog(bits) / weight;
      if (cost >= least) continue;
      best = node;
      least = cost;
    }
    return best;
  }

  preferred(hash: number, wanted: number): Iterable<number> {
    const costs = Float64Array.from(
      this.#hashes,
      (own, node) => minusLog(mix32((hash ^ own) + this.#offsets[node]!)) / this.#weights[node]!,
    );
    return byCost(costs, wanted);
  }
}

/** The numbers of the lowest costs; of equal ones, which may be infinite, the lower number comes first. */
function byCost(costs: Float64Array | Uint32Array, wanted: number): number[] {
  const compare = (a: number, b: number): number => (costs[a]! < costs[b]! ? -1 : costs[a]! > costs[b]! ? 1 : a - b);
  return Array.from(costs, (_, node) => node)
    .sort(compare)
    .slice(0, wanted);
}
