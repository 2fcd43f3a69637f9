interface Scheduled<T> {
  readonly at: number;
  readonly order: number;
  readonly event: T;
}

/**
 * A priority queue of events by time; events of equal time come out in the order in which they were added, so that a
 * simulation is reproducible. A binary heap: O(log n) to add and to take.
 */
export class EventQueue<T> {
  readonly #heap: Scheduled<T>[] = [];
  #added = 0;

  /** How many events wait. */
  get size(): number {
    return this.#heap.length;
  }

  /** The time of the earliest event; `Infinity` when there is none. */
  get nextAt(): number {
    return this.#heap[0]?.at ?? Infinity;
  }

  /** Adds an event. O(log n). */
  add(at: number, event: T): void {
    const heap = this.#heap;
    const item = { at, order: this.#added++, event };
    let i = heap.length;
    heap.push(item);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!before(item, heap[parent]!)) break;
      heap[i] = heap[parent]!;
      i = parent;
    }
    heap[i] = item;
  }

  /** Removes and returns the earliest event, `undefined` when there is none. O(log n). */
  take(): T | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined) return undefined;
    if (heap.length > 0) this.#siftDown(last);
    return first.event;
  }

  #siftDown(item: Scheduled<T>): void {
    const heap = this.#heap;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, item)) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = item;
  }
}

function before(a: Scheduled<unknown>, b: Scheduled<unknown>): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
