/** No arc, no level. */
const NONE = -1;

// An arc is four numbers side by side, since what a search needs of an arc is then in one line of the cache. Arcs are
// named by their place: the two directions of an edge are neighbours, arc and arc ^ ARC.
const ARC = 4;
const TO = 0;
const AFTER = 1;
const CAPACITY = 2;
const COST = 3;

/**
 * A network for maximum flows of least cost: successive shortest paths (Busacker and Gowen 1960), where all paths of
 * one length are filled together, level by level (Dinic 1970). Costs are
 * whole numbers of at least 0. Which of several equal flows is found depends on the order of the edges only.
 */
export class FlowNetwork {
  readonly #vertices: number;
  readonly #arcs: Int32Array;
  /** By vertex: the arc to look at first. */
  readonly #first: Int32Array;
  #end = 0;

  readonly #distance: Float64Array;
  readonly #level: Int32Array;
  readonly #current: Int32Array;
  readonly #queue: Int32Array;

  constructor(vertices: number, edges: number) {
    this.#vertices = vertices;
    this.#arcs = new Int32Array(2 * ARC * edges);
    const vertexArray = (): Int32Array => new Int32Array(vertices);
    [this.#first, this.#level] = [vertexArray().fill(NONE), vertexArray()];
    [this.#current, this.#queue] = [vertexArray(), vertexArray()];
    this.#distance = new Float64Array(vertices);
  }

  /** Adds an edge and returns its number. No more edges than the constructor was told. */
  edge(from: number, to: number, capacity: number, cost: number): number {
    const number = this.#end / (2 * ARC);
    this.#arc(from, to, capacity, cost);
    this.#arc(to, from, 0, -cost);
    return number;
  }

  /** How much flows through an edge. */
  flow(edge: number): number {
    return this.#arcs[(2 * edge + 1) * ARC + CAPACITY]!;
  }

  /** Sends as much as can be sent, at the least cost, and returns how much it is. */
  run(source: number, sink: number): number {
    let sent = 0;
    while (this.#measure(source, sink)) {
      while (this.#layer(source, sink)) sent += this.#fill(source, sink);
    }
    return sent;
  }

  #arc(from: number, to: number, capacity: number, cost: number): void {
    const arc = this.#end;
    this.#end += ARC;
    this.#arcs.set([to, this.#first[from]!, capacity, cost], arc);
    this.#first[from] = arc;
  }

  /** The least costs from the source, by a queue, since arcs back cost less than nothing. Whether the sink is reached. */
  #measure(source: number, sink: number): boolean {
    const arcs = this.#arcs;
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
      for (let arc = this.#first[at]!; arc !== NONE; arc = arcs[arc + AFTER]!) {
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
    const arcs = this.#arcs;
    const level = this.#level.fill(NONE);
    const queue = this.#queue;
    level[source] = 0;
    queue[0] = source;
    for (let head = 0, tail = 1; head < tail && level[sink] === NONE; head++) {
      const at = queue[head]!;
      for (let arc = this.#first[at]!; arc !== NONE; arc = arcs[arc + AFTER]!) {
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
    this.#current.set(this.#first);
    const path: number[] = [];
    let sent = 0;
    for (let at = source; ;) {
      if (at === sink) {
        sent += this.#send(path);
        path.length = 0;
        at = source;
      }
      const arc = this.#nextArc(at);
      if (arc !== NONE) {
        path.push(arc);
        at = this.#arcs[arc + TO]!;
      } else if (at === source) {
        return sent;
      } else {
        this.#level[at] = NONE; // a dead end
        at = this.#arcs[(path.pop()! ^ ARC) + TO]!;
      }
    }
  }

  /** The first arc that is left from here to the next level. */
  #nextArc(at: number): number {
    let arc = this.#current[at]!;
    while (arc !== NONE) {
      if (this.#level[this.#arcs[arc + TO]!] === this.#level[at]! + 1 && this.#isShortest(at, arc)) break;
      arc = this.#arcs[arc + AFTER]!;
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
      this.#arcs[(arc ^ ARC) + CAPACITY]! += amount;
    }
    return amount;
  }
}
