import { checkNumber } from '../core/index.js';
import type { Nodes } from './consistent-hash.js';
import { hashKey32, type KeyHash } from './key.js';
import { LaidOut, type Layout } from './laid-out.js';
import { derive32 } from './mix.js';
import { checkEqualWeight } from './names.js';
import { PointList, type Points } from './points.js';

/** Options of {@link MultiProbe}. */
export interface MultiProbeOptions {
  /**
   * How many places on the circle a key is looked up at.
   *
   * @defaultValue 21: shares are then at most 1.05 times the average when there are many nodes, which is what the paper
   * recommends; of ten nodes or a hundred the fullest still has about 1.2 times
   */
  readonly probes?: number;
  /** Hashes keys and names. @defaultValue `hashKey32` */
  readonly hash?: KeyHash;
}

/**
 * Multi-probe consistent hashing (Appleton & O'Reilly 2015): each node has one point on the circle of hashes, each key has
 * `probes` of them, and belongs to the node whose point is the nearest ahead of any; if two are equally near, to the one
 * whose name comes first. When a node comes or goes, only keys to or from that node move. All weights are 1.
 *
 * O(probes) a lookup, however many nodes; 10 bytes a node. `getN` orders all nodes by how near they are, so that what is
 * second becomes first when the first goes: O(probes nodes).
 *
 * The fullest of ten or a hundred nodes has 1.2 times the average, the emptiest may have next to nothing: not for few nodes,
 * nor for what is looked up often; a `HashRing` is faster and more even for more memory.
 *
 * @throws InvalidOptionError
 */
export class MultiProbe extends LaidOut {
  readonly #probes: number;
  readonly #nodeHash: KeyHash;

  constructor(nodes: Nodes = [], options: MultiProbeOptions = {}) {
    const { probes = 21, hash = hashKey32 } = options;
    super(hash);
    this.#nodeHash = hash;
    this.#probes = checkNumber('probes', probes, { min: 1, max: 1024 });
    this.addAll(nodes);
  }

  /** @internal */
  protected override admit(node: string, weight: number): void {
    checkEqualWeight(node, weight, 'MultiProbe');
  }

  /** @internal */
  protected layOut(names: readonly string[]): Layout {
    const list = new PointList();
    names.forEach((name, node) => list.add(this.#nodeHash(name) >>> 0, node));
    return new Probed(list.sorted(), this.#probes);
  }
}

class Probed implements Layout {
  readonly #points: Points;
  readonly #probes: number;

  constructor(points: Points, probes: number) {
    this.#points = points;
    this.#probes = probes;
  }

  first(hash: number): number {
    let best = 0;
    let least = Infinity;
    for (let probe = 0; probe < this.#probes; probe++) {
      const at = derive32(hash, probe);
      const point = this.#points.next(at);
      const distance = this.#points.distance(at, point);
      if (distance > least) continue;
      const node = this.#points.node(point);
      if (distance === least && node > best) continue;
      best = node;
      least = distance;
    }
    return best;
  }

  /** By the distance of each node from its nearest probe. The nearest of all is what `first` finds among successors. */
  preferred(hash: number, wanted: number): Iterable<number> {
    const nearest = new Float64Array(this.#points.length).fill(Infinity);
    for (let probe = 0; probe < this.#probes; probe++) {
      const at = derive32(hash, probe);
      for (let point = 0; point < nearest.length; point++) {
        const node = this.#points.node(point);
        nearest[node] = Math.min(nearest[node]!, this.#points.distance(at, point));
      }
    }
    const nodes = Array.from(nearest, (_, node) => node);
    return nodes.sort((a, b) => nearest[a]! - nearest[b]! || a - b).slice(0, wanted);
  }
}
