const MISSING = -1;
const SMALLEST_CAPACITY = 16;

/**
 * Where the log entries of one group are: twelve bytes an entry. Indexes are contiguous, and positions grow with them,
 * because an entry that replaces another discards all behind it.
 */
export class EntryTable {
  #positions = new Float64Array(0);
  #sizes = new Uint32Array(0);
  /** Slot of the first entry. */
  #start = 0;
  #count = 0;
  #first = 1;
  /** Whether a snapshot still uses the arrays: then filled slots must not be written again. */
  #shared = false;

  /** Index of the first entry; without meaning when there is none. */
  get first(): number {
    return this.#first;
  }

  /** Index of the last entry; below {@link EntryTable.first} when there is none. */
  get last(): number {
    return this.#first + this.#count - 1;
  }

  /** Position of an entry in the journal; -1 when it is not there. */
  positionOf(index: number): number {
    if (index < this.#first || index > this.last) return MISSING;
    return this.#positions[this.#start + index - this.#first] ?? MISSING;
  }

  /** Size of the frame of an entry that is there. */
  sizeOf(index: number): number {
    return this.#sizes[this.#start + index - this.#first] ?? 0;
  }

  /** Whether an entry with this index would leave no gap. */
  takes(index: number): boolean {
    return this.#count === 0 || index <= this.last + 1;
  }

  /** Adds an entry, at most one behind the last; one at or below the last discards that and all behind it. */
  put(index: number, position: number, size: number): void {
    if (this.#count === 0 || index < this.#first) this.reserve(index, index - 1);
    else if (index <= this.last) this.#cut(index - this.#first);
    if (this.#start + this.#count === this.#positions.length) this.#move(this.#count * 2);
    this.#count += 1;
    this.fill(index, position, size);
  }

  /** Empties the table and makes room for the entries `first` to `last`, which count as missing until filled. */
  reserve(first: number, last: number): void {
    this.#first = first;
    this.#start = 0;
    this.#count = last - first + 1;
    this.#shared = false;
    const capacity = Math.max(SMALLEST_CAPACITY, this.#count);
    this.#positions = new Float64Array(capacity).fill(MISSING, 0, this.#count);
    this.#sizes = new Uint32Array(capacity);
  }

  /** Says where a reserved entry is; the last word counts. */
  fill(index: number, position: number, size: number): void {
    const slot = this.#start + index - this.#first;
    this.#positions[slot] = position;
    this.#sizes[slot] = size;
  }

  /** The first entry that was reserved and never filled, or -1. */
  firstMissing(): number {
    const slot = this.#positions.subarray(this.#start, this.#start + this.#count).indexOf(MISSING);
    return slot < 0 ? -1 : this.#first + slot;
  }

  /** Forgets the entries that are below `keepFrom` and were appended before `boundary`. */
  drop(keepFrom: number, boundary: number): void {
    const old = this.countBefore(boundary);
    const dropped = Math.min(old, Math.max(0, keepFrom - this.#first));
    if (dropped === 0) return;
    this.#first += dropped;
    this.#start += dropped;
    this.#count -= dropped;
    if (this.#count < this.#positions.length / 4) this.#move(this.#count * 2);
  }

  /** How many entries lie before a position. O(log n). */
  countBefore(position: number): number {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#positions[this.#start + middle] ?? 0) < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** `positionOf` as it is now, whatever happens to the table later. O(1); the next replacement copies the table. */
  snapshot(): (index: number) => number {
    this.#shared = true;
    const positions = this.#positions;
    const [start, first, count] = [this.#start, this.#first, this.#count];
    return (index) =>
      index < first || index >= first + count ? MISSING : (positions[start + index - first] ?? MISSING);
  }

  #cut(count: number): void {
    if (this.#shared) this.#move(this.#positions.length);
    this.#count = count;
  }

  #move(capacity: number): void {
    const positions = this.#positions.subarray(this.#start, this.#start + this.#count);
    const sizes = this.#sizes.subarray(this.#start, this.#start + this.#count);
    const room = Math.max(SMALLEST_CAPACITY, capacity, this.#count);
    this.#positions = new Float64Array(room);
    this.#positions.set(positions);
    this.#sizes = new Uint32Array(room);
    this.#sizes.set(sizes);
    this.#start = 0;
    this.#shared = false;
  }
}
