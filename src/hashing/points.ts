/** Names of nodes have numbers below this: number and hash share a float64 while points are sorted. */
const MAX_NODES = 0x10_0000;

/** The points of all nodes while a ring is built. */
export class PointList {
  readonly #packed: number[] = [];

  /** Adds a point of the node with this number. */
  add(hash: number, node: number): void {
    this.#packed.push(hash * MAX_NODES + node);
  }

  /** In order of hash, and of node where hashes are equal. */
  sorted(): Points {
    return new Points(Float64Array.from(this.#packed).sort());
  }
}

/** The points of a ring in two typed arrays, 8 bytes each, and a table of where to begin a search, at most 2 more. */
export class Points {
  readonly length: number;
  readonly #hashes: Uint32Array;
  readonly #nodes: Uint32Array;
  /** For each value of the highest bits: the first point whose hash has at least these. */
  readonly #starts: Uint32Array;
  readonly #shift: number;

  constructor(packed: Float64Array) {
    const { length } = packed;
    this.length = length;
    this.#hashes = new Uint32Array(length);
    this.#nodes = new Uint32Array(length);
    // A loop, and no remainder: what goes through an iterator, or divides floats, takes longer than sorting.
    for (let point = 0; point < length; point++) {
      const hash = Math.floor(packed[point]! / MAX_NODES);
      this.#hashes[point] = hash;
      this.#nodes[point] = packed[point]! - hash * MAX_NODES;
    }
    // One start for two to four points: a search then stays within a line of the cache.
    const bits = Math.max(1, 30 - Math.clz32(length));
    this.#shift = 32 - bits;
    this.#starts = new Uint32Array(2 ** bits);
    for (let start = 0, point = 0; start < this.#starts.length; start++) {
      while (point < length && this.#hashes[point]! >>> this.#shift < start) point++;
      this.#starts[start] = point;
    }
  }

  /** The number of the node of a point. */
  node(point: number): number {
    return this.#nodes[point]!;
  }

  /** How far ahead of a hash a point is, around the circle. */
  distance(hash: number, point: number): number {
    return (this.#hashes[point]! - hash) >>> 0;
  }

  /** The first point whose hash is at least this; behind the last one the first: it is a ring. */
  next(hash: number): number {
    let point = this.#starts[hash >>> this.#shift]!;
    while (point < this.length && this.#hashes[point]! < hash) point++;
    return point === this.length ? 0 : point;
  }
}
