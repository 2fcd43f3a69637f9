import { checkNumber } from '../../core/index.js';

/** A power of two, so that a rotation is sixteen intervals where a tick is a 64th of one. */
const BUCKETS = 1024;
const WORDS = BUCKETS / 32;
const NONE = -1;

/**
 * Deadlines of many things, of which most are moved before they are due: a timing wheel (Varghese & Lauck 1987, "Hashed and
 * Hierarchical Timing Wheels", scheme 6). Time is cut into ticks; what is due within a tick is a list, and a list serves all
 * ticks that are a rotation apart. Things are numbered from 0, so that lists are links in arrays.
 *
 * Nothing is due early, and nothing later than a tick after its deadline. To set, move or remove a deadline takes constant
 * time, to find the next one as much while it is within a rotation.
 */
export class DeadlineQueue {
  /** How far ahead deadlines should be at most, in milliseconds: beyond that the next one takes longer to find. */
  readonly horizonMs: number;
  /** How many entries and words of the map of buckets were looked at so far: what it cost. */
  looks = 0;
  readonly #tickMs: number;
  /** Infinity for what has none. */
  #deadlines = new Float64Array(0);
  #next = new Int32Array(0);
  #previous = new Int32Array(0);
  readonly #first = new Int32Array(BUCKETS).fill(NONE);
  readonly #last = new Int32Array(BUCKETS).fill(NONE);
  /** A bit for each bucket that is not empty. */
  readonly #occupied = new Int32Array(WORDS);
  #count = 0;
  /** No tick of a deadline is below it. */
  #lowest = 0;
  /** Whether the tick of a deadline is the lowest one. */
  #exact = false;

  /** @throws InvalidOptionError */
  constructor(tickMs: number) {
    this.#tickMs = checkNumber('tickMs', tickMs, { min: 1 });
    this.horizonMs = (BUCKETS - 1) * tickMs;
  }

  /** When the next things are due: a multiple of the tick; `Infinity` when there is no deadline. */
  get nextAt(): number {
    return this.#count === 0 ? Infinity : this.#nextTick() * this.#tickMs;
  }

  /** The deadline of a thing; `Infinity` when it has none. */
  deadline(index: number): number {
    return index < this.#deadlines.length ? this.#deadlines[index]! : Infinity;
  }

  /** Sets or moves the deadline of a thing; `Infinity` removes it. */
  set(index: number, deadline: number): void {
    if (index >= this.#deadlines.length) this.#grow(index);
    if (this.#deadlines[index] !== Infinity) this.#unlink(index);
    if (deadline !== Infinity) this.#link(index, deadline);
  }

  /** Takes out what is due, in the order of its ticks, and within a tick in the order in which it was set. */
  take(now: number): number[] {
    const due: number[] = [];
    const tick = Math.floor(now / this.#tickMs);
    while (this.#count > 0 && this.#nextTick() <= tick) this.#takeLowest(due);
    return due;
  }

  #takeLowest(due: number[]): void {
    for (let index = this.#first[bucketOf(this.#lowest)]!; index !== NONE;) {
      const next = this.#next[index]!;
      this.looks++;
      if (this.#tickOf(this.#deadlines[index]!) === this.#lowest) {
        this.#unlink(index);
        due.push(index);
      }
      index = next;
    }
  }

  /** The first tick that is not before the time. */
  #tickOf(deadline: number): number {
    const tick = Math.ceil(deadline / this.#tickMs);
    return tick * this.#tickMs < deadline ? tick + 1 : tick; // the quotient may have been rounded down
  }

  #link(index: number, deadline: number): void {
    const tick = this.#tickOf(deadline);
    const bucket = bucketOf(tick);
    const last = this.#last[bucket]!;
    this.#deadlines[index] = deadline;
    this.#next[index] = NONE;
    this.#previous[index] = last;
    this.#last[bucket] = index;
    if (last === NONE) this.#first[bucket] = index;
    else this.#next[last] = index;
    this.#occupied[bucket >>> 5]! |= 1 << (bucket & 31);
    if (this.#count++ === 0 || tick <= this.#lowest) {
      this.#lowest = tick;
      this.#exact = true;
    }
  }

  #unlink(index: number): void {
    const tick = this.#tickOf(this.#deadlines[index]!);
    const bucket = bucketOf(tick);
    const next = this.#next[index]!;
    const previous = this.#previous[index]!;
    if (previous === NONE) this.#first[bucket] = next;
    else this.#next[previous] = next;
    if (next === NONE) this.#last[bucket] = previous;
    else this.#previous[next] = previous;
    if (next === NONE && previous === NONE) this.#occupied[bucket >>> 5]! &= ~(1 << (bucket & 31));
    this.#deadlines[index] = Infinity;
    this.#count--;
    if (tick === this.#lowest) this.#exact = false;
  }

  #nextTick(): number {
    if (!this.#exact) {
      this.#lowest = this.#withinRotation() ?? this.#lowestOfAll();
      this.#exact = true;
    }
    return this.#lowest;
  }

  /** The lowest tick of all, when it is less than a rotation above the bound: one bit after the other. */
  #withinRotation(): number | null {
    const start = bucketOf(this.#lowest);
    for (let distance = 0; distance < BUCKETS;) {
      const bucket = (start + distance) & (BUCKETS - 1);
      const bits = this.#occupied[bucket >>> 5]! >>> (bucket & 31);
      this.looks++;
      if (bits === 0) {
        distance += 32 - (bucket & 31);
        continue;
      }
      const skipped = 31 - Math.clz32(bits & -bits); // zeros below the lowest bit
      distance += skipped;
      if (distance < BUCKETS && this.#holds(bucket + skipped, this.#lowest + distance)) return this.#lowest + distance;
      distance++;
    }
    return null;
  }

  /** Whether a bucket has an entry of that tick, and not only of later rotations. */
  #holds(bucket: number, tick: number): boolean {
    for (let index = this.#first[bucket]!; index !== NONE; index = this.#next[index]!) {
      this.looks++;
      if (this.#tickOf(this.#deadlines[index]!) === tick) return true;
    }
    return false;
  }

  #lowestOfAll(): number {
    this.looks += this.#deadlines.length;
    return this.#tickOf(this.#deadlines.reduce((a, b) => Math.min(a, b)));
  }

  #grow(index: number): void {
    const length = Math.max(2 * this.#deadlines.length, index + 1, 16);
    const deadlines = new Float64Array(length).fill(Infinity);
    const next = new Int32Array(length);
    const previous = new Int32Array(length);
    deadlines.set(this.#deadlines);
    next.set(this.#next);
    previous.set(this.#previous);
    [this.#deadlines, this.#next, this.#previous] = [deadlines, next, previous];
  }
}

function bucketOf(tick: number): number {
  return tick - Math.floor(tick / BUCKETS) * BUCKETS;
}
