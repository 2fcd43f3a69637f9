/** No level. */
const NONE = -1;

// An arc is four numbers side by side, and the arcs from a vertex are neighbours: a search reads memory in order. Arcs are
// named by their place; TWIN is that of the other direction.
const ARC = 4;
const TO = 0;
const TWIN = 1;
const CAPACITY = 2;
const COST = 3;

/**
 * A network for maximum flows of least cost: successive shortest paths (Busacker and Gowen 1960), where all paths of
 * one length are filled together, level by level (Dinic 1970). Costs are
 * whole numbers of at least 0. Which of several equal flows is found depends on the order of the edges only.
 */
export class FlowNetwork {
  readonly #vertices: number;
  /** Four numbers an edge, as they were added: from, to, capacity, cost. */
  readonly #edges: Int32Array;
  readonly #arcs: Int32Array;
  /** By edge: its arc. */
  readonly #arcOf: Int32Array;
  /** By vertex: its first arc. The arcs end where those of the next vertex begin. */
  readonly #first: Int32Array;
  #count = 0;

  readonly #distance: Float64Array;
  readonly #level: Int32Array;
  readonly #current: Int32Array;
  readonly #queue: Int32Array;

  constructor(vertices: number, edges: number) {
    this.#vertices = vertices;
    this.#edges = new Int32Array(4 * edges);
    this.#arcs = new Int32Array(2 * ARC * edges);
    this.#arcOf = new Int32Array(edges);
    this.#first = new Int32Array(vertices + 1);
    const vertexArray = (): Int32Array => new Int32Array(vertices);
    this.#level = vertexArray();
    [this.#current, this.#queue] = [vertexArray(), vertexArray()];
    this.#distance = new Float64Array(vertices);
  }

  /** Adds an edge and returns its number. No more edges than the constructor was told. */
  edge(from: number, to: number, capacity: number, cost: number): number {
    this.#edges.set([from, to, capacity, cost], 4 * this.#count);
    return this.#count++;
  }

  /** How much flows through an edge after `run`. */
  flow(edge: number): number {
    return this.#arcs[this.#arcs[this.#arcOf[edge]! + TWIN]! + CAPACITY]!;
  }

  /** Sends as much as can be sent, at the least cost, and returns how much it is. */
  run(source: number, sink: number): number {
    this.#connect();
    let sent = 0;
    while (this.#measure(source, sink)) {
      while (this.#layer(source, sink)) sent += this.#fill(source, sink);
    }
    return sent;
  }

  /** Lays the arcs out, in the order of their vertices. */
  #connect(): void {
    const edges = this.#edges.subarray(0, 4 * this.#count);
    const first = this.#first.fill(0);
    for (let edge = 0; edge < edges.length; edge += 4) {
      first[edges[edge]! + 1]! += ARC;
      first[edges[edge + 1]! + 1]! += ARC;
    }
    for (let vertex = 0; vertex < this.#vertices; vertex++) first[vertex + 1]! += first[vertex]!;
    const end = first.slice();
    for (let edge = 0; edge < edges.length; edge += 4) {
      const [from, to, capacity, cost] = [edges[edge]!, edges[edge + 1]!, edges[edge + 2]!, edges[edge + 3]!];
      const arc = end[from]!;
      end[from]! += ARC;
      const twin = end[to]!;
      end[to]! += ARC;
      this.#setArc(arc, to, twin, capacity, cost);
      this.#setArc(twin, from, arc, 0, -cost);
      this.#arcOf[edge / 4] = arc;
    }
  }

  #setArc(arc: number, to: number, twin: number, capacity: number, cost: number): void {
    this.#arcs[arc + TO] = to;
    this.#arcs[arc + TWIN] = twin;
    this.#arcs[arc + CAPACITY] = capacity;
    this.#arcs[arc + COST] = cost;
  }

  /** The least costs from the source, by a queue, since arcs back cost less than nothing. Whether the sink is reached. */
  #measure(source: number, sink: number): boolean {
    const [arcs, first] = [this.#arcs, this.#first];
    const distance = this.#distance.fill(Infinity);
    const queue = this.#queue;
    const waiting = new Uint8Array(this.#vertices);
    distance[source] = 0;
    queue[0] = source;
    // Each vertex waits once at most, so that a ring of that many places has room.
    for (let head = 0, length = 1; length > 0; length--) {
      const at = queue[head]!;
      head = head + 1 === this.#vertices ? 0 : head + 1;
      waiting[at] = 0;
      for (let arc = first[at]!, end = first[at + 1]!; arc < end; arc += ARC) {
        if (arcs[arc + CAPACITY] === 0) continue;
        const to = arcs[arc + TO]!;
        const cost = distance[at]! + arcs[arc + COST]!;
        if (cost >= distance[to]!) continue;
        distance[to] = cost;
        if (waiting[to] === 1) continue;
        waiting[to] = 1;
        queue[(head + length++ - 1) % this.#vertices] = to;
      }
    }
    return distance[sink]! < Infinity;
  }

  /** Numbers the vertices by their steps from the source along shortest paths. Whether the sink is still reached. */
  #layer(source: number, sink: number): boolean {
    const [arcs, first] = [this.#arcs, this.#first];
    const level = this.#level.fill(NONE);
    const queue = this.#queue;
    level[source] = 0;
    queue[0] = source;
    for (let head = 0, tail = 1; head < tail && level[sink] === NONE; head++) {
      const at = queue[head]!;
      for (let arc = first[at]!, end = first[at + 1]!; arc < end; arc += ARC) {
        const to = arcs[arc + TO]!;
        if (level[to] !== NONE || !this.#isShortest(at, arc)) continue;
        level[to] = level[at]! + 1;
        queue[tail++] = to;
      }
    }
    return level[sink] !== NONE;
  }

  /** Fills paths whose every step leads one level on, until there is none. */
  #fill(source: number, sink: number): number {
    this.#current.set(this.#first.subarray(0, this.#vertices));
    const path: number[] = [];
    let sent = 0;
    for (let at = source; ;) {
      if (at === sink) {
        sent += this.#send(path);
        path.length = 0;
        at = source;
      }
      const arc = this.#nextArc(at);
      if (arc < this.#first[at + 1]!) {
        path.push(arc);
        at = this.#arcs[arc + TO]!;
      } else if (at === source) {
        return sent;
      } else {
        this.#level[at] = NONE; // a dead end
        at = this.#arcs[this.#arcs[path.pop()! + TWIN]! + TO]!;
      }
    }
  }

  /** The first arc that is left from here to the next level; behind the last one when there is none. */
  #nextArc(at: number): number {
    const end = this.#first[at + 1]!;
    let arc = this.#current[at]!;
    while (arc < end) {
      if (this.#level[this.#arcs[arc + TO]!] === this.#level[at]! + 1 && this.#isShortest(at, arc)) break;
      arc += ARC;
    }
    return (this.#current[at] = arc);
  }

  #isShortest(from: number, arc: number): boolean {
    const arcs = this.#arcs;
    if (arcs[arc + CAPACITY] === 0) return false;
    return this.#distance[arcs[arc + TO]!] === this.#distance[from]! + arcs[arc + COST]!;
  }

  #send(path: readonly number[]): number {
    const amount = path.reduce((least, arc) => Math.min(least, this.#arcs[arc + CAPACITY]!), Infinity);
    for (const arc of path) {
      this.#arcs[arc + CAPACITY]! -= amount;
      this.#arcs[this.#arcs[arc + TWIN]! + CAPACITY]! += amount;
    }
    return amount;
  }
}
