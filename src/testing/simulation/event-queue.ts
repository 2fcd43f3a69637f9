/**
 * A priority queue of events by time; events of equal time come out in the order in which they were added, so that a
 * simulation is reproducible. A binary heap: O(log n) to add and to take.
 */
export class EventQueue<T> {
  // One heap in three arrays, so that an event costs no object of its own here.
  readonly #times: number[] = [];
  readonly #orders: number[] = [];
  readonly #events: T[] = [];
  #added = 0;

  /** How many events wait. */
  get size(): number {
    return this.#times.length;
  }

  /** The time of the earliest event; `Infinity` when there is none. */
  get nextAt(): number {
    return this.#times.length === 0 ? Infinity : this.#times[0]!;
  }

  /** Adds an event. O(log n). */
  add(at: number, event: T): void {
    const order = this.#added++;
    let place = this.#times.length;
    this.#put(place, at, order, event);
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (this.#times[parent]! <= at) break; // equal times: the parent came first
      this.#move(parent, place);
      place = parent;
    }
    this.#put(place, at, order, event);
  }

  /** Removes and returns the earliest event, `undefined` when there is none. O(log n). */
  take(): T | undefined {
    if (this.#times.length === 0) return undefined;
    const first = this.#events[0];
    const at = this.#times.pop()!;
    const order = this.#orders.pop()!;
    const event = this.#events.pop() as T;
    if (this.#times.length > 0) this.#siftDown(at, order, event);
    return first;
  }

  #siftDown(at: number, order: number, event: T): void {
    const size = this.#times.length;
    let place = 0;
    for (let child = 1; child < size; child = 2 * place + 1) {
      if (child + 1 < size && this.#before(child + 1, this.#times[child]!, this.#orders[child]!)) child++;
      if (!this.#before(child, at, order)) break;
      this.#move(child, place);
      place = child;
    }
    this.#put(place, at, order, event);
  }

  #before(place: number, at: number, order: number): boolean {
    const other = this.#times[place]!;
    return other < at || (other === at && this.#orders[place]! < order);
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#times[from]!, this.#orders[from]!, this.#events[from]!);
  }

  #put(place: number, at: number, order: number, event: T): void {
    this.#times[place] = at;
    this.#orders[place] = order;
    this.#events[place] = event;
  }
}
