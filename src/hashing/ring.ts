import { checkNumber } from '../core/index.js';
import { checkNode, type ConsistentHash, type Nodes } from './consistent-hash.js';
import { hashKey32, type Key, type KeyHash } from './key.js';
import { PointList, type Points } from './points.js';

/**
 * What rings have in common: each node has points on a circle of hashes, and a key belongs to the node of the first point
 * that is not before its own hash (Karger et al. 1997). The points are laid out at the first lookup after a change, so
 * that many changes cost no more than one.
 */
export abstract class Ring implements ConsistentHash {
  readonly #weights = new Map<string, number>();
  readonly #hash: KeyHash;
  #nodes: readonly string[] = [];
  #points: Points | null = null;

  constructor(nodes: Nodes, hash: KeyHash) {
    this.#hash = hash;
    for (const node of nodes) this.#weights.set(...checkNode(node));
  }

  /** Adds the points of all nodes, each under the number of its node in `nodes`. */
  protected abstract layOut(nodes: readonly string[], weights: readonly number[], points: PointList): void;

  get nodes(): readonly string[] {
    return [...this.#weights.keys()].sort(); // by the units of UTF-16, which is the same everywhere
  }

  /** How many points there are. */
  get points(): number {
    return this.#laidOut().length;
  }

  add(node: string, weight = 1): void {
    this.#weights.set(...checkNode([node, weight]));
    this.#points = null;
  }

  remove(node: string): boolean {
    this.#points = null;
    return this.#weights.delete(node);
  }

  get(key: Key): string | undefined {
    const points = this.#points ?? this.#laidOut();
    if (points.length === 0) return undefined;
    return this.#nodes[points.node(points.next(this.#hash(key)))];
  }

  getN(key: Key, count: number): string[] {
    checkNumber('count', count, { min: 0 });
    const points = this.#laidOut();
    const found = new Set<number>();
    const wanted = Math.min(count, this.#nodes.length);
    for (let step = 0, at = points.next(this.#hash(key)); step < points.length && found.size < wanted; step++) {
      found.add(points.node(at));
      at = at + 1 === points.length ? 0 : at + 1;
    }
    return Array.from(found, (node) => this.#nodes[node]!);
  }

  #laidOut(): Points {
    if (this.#points !== null) return this.#points;
    const list = new PointList();
    this.#nodes = this.nodes;
    this.layOut(
      this.#nodes,
      this.#nodes.map((node) => this.#weights.get(node)!),
      list,
    );
    return (this.#points = list.sorted());
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

  protected layOut(nodes: readonly string[], weights: readonly number[], points: PointList): void {
    nodes.forEach((node, number) => {
      const count = Math.round(weights[number]! * this.#pointsPerNode);
      for (let i = 0; i < count; i++) points.add(this.#pointHash(`${node}#${i}`) >>> 0, number);
    });
  }
}
