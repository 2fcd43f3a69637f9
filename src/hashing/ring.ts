import { checkNumber } from '../core/index.js';
import type { Nodes } from './consistent-hash.js';
import { hashKey32, type KeyHash } from './key.js';
import { LaidOut, type Layout } from './laid-out.js';
import { PointList, type Points } from './points.js';

/**
 * What rings have in common: each node has points on a circle of hashes, and a key belongs to the node of the first point
 * that is not before its own hash (Karger et al. 1997). The points are laid out at the first lookup after a change, so
 * that many changes cost no more than one.
 */
export abstract class Ring extends LaidOut {
  #points = 0;

  constructor(nodes: Nodes, hash: KeyHash) {
    super(hash);
    this.addAll(nodes);
  }

  /** Adds the points of all nodes that have a weight, each under the number of its node in `nodes`. */
  protected abstract addPoints(nodes: readonly string[], weights: readonly number[], points: PointList): void;

  /** How many points there are. */
  get points(): number {
    return this.get('') === undefined ? 0 : this.#points; // a lookup lays them out
  }

  /** @internal */
  protected layOut(nodes: readonly string[], weights: readonly number[]): Layout {
    const list = new PointList();
    this.addPoints(nodes, weights, list);
    const points = list.sorted();
    this.#points = points.length;
    return new Circle(points);
  }
}

/** There may be no points although there are nodes: of weights too small for one. Then no node is found. */
class Circle implements Layout {
  readonly #points: Points;

  constructor(points: Points) {
    this.#points = points;
  }

  first(hash: number): number {
    const points = this.#points;
    return points.length === 0 ? -1 : points.node(points.next(hash));
  }

  preferred(hash: number, wanted: number): Iterable<number> {
    const points = this.#points;
    const found = new Set<number>();
    for (let step = 0, at = points.next(hash); step < points.length && found.size < wanted; step++) {
      found.add(points.node(at));
      at = at + 1 === points.length ? 0 : at + 1;
    }
    return found;
  }
}

/** Options of {@link HashRing}. */
export interface HashRingOptions {
  /**
   * How many points a node of weight 1 has.
   *
   * @defaultValue 160: the fullest of ten nodes then has about 12 % more than the average. Four times as many halve that
   */
  readonly pointsPerNode?: number;
  /** Hashes keys, and the texts from which points come. @defaultValue `hashKey32` */
  readonly hash?: KeyHash;
}

/**
 * A ring with virtual nodes (Karger et al. 1997). When a node comes or goes, only keys to or from that node move. A node
 * of weight w has w times `pointsPerNode` points, whatever weights others have.
 *
 * O(1) on average a lookup, 10 bytes a point, O(points log points) at the first lookup after a change. Not when shares
 * must be closer to equal than a few percent: `Maglev` or rendezvous; not to agree with others on memcached: `KetamaRing`.
 *
 * @throws InvalidOptionError
 */
export class HashRing extends Ring {
  readonly #pointsPerNode: number;
  readonly #pointHash: KeyHash;

  constructor(nodes: Nodes = [], options: HashRingOptions = {}) {
    const { pointsPerNode = 160, hash = hashKey32 } = options;
    super(nodes, hash);
    this.#pointHash = hash;
    this.#pointsPerNode = checkNumber('pointsPerNode', pointsPerNode, { min: 1, max: 65_536 });
  }

  /** @internal */
  protected addPoints(nodes: readonly string[], weights: readonly number[], points: PointList): void {
    nodes.forEach((node, number) => {
      const count = Math.round(weights[number]! * this.#pointsPerNode);
      for (let i = 0; i < count; i++) points.add(this.#pointHash(`${node}#${i}`) >>> 0, number);
    });
  }
}
