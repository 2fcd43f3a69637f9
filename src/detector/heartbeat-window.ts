import { checkNumber, InvalidOptionError } from '../core/index.js';
import { checkTime } from './failure-detector.js';

/** 64 KiB of numbers. */
const MOST_SHARED = 8192;
let memory = /* @__PURE__ */ new Float64Array(0);
let used = 0;

/** Where things are in the row; samples come behind them, and then the numbers of the owner. */
const FROM = 0;
const ARRIVAL = 1;
const HIGHEST = 2;
const COUNT = 3;
const SHIFT = 4;
const SUM = 5;
const SQUARES = 6;
const LAP_SUM = 7;
const LAP_SQUARES = 8;
const SAMPLES = 9;

/**
 * What a detector remembers of heartbeats: when the last one came, and samples of the last ones, such as the intervals
 * between them, with mean and variance in constant time.
 *
 * Sums are of distances from a shift near the mean, so that squares do not cancel out. What is added to a sum and taken
 * away again leaves a rounding error behind; therefore a second pair of sums only adds, from the beginning of each lap around
 * the window, and replaces the first at its end, when both cover the same samples. So errors are those of one lap, however
 * many samples there were.
 *
 * All numbers are in a row of an array of up to 64 KiB that windows share, since an array for each would cost 200 bytes more.
 * As with the pool of Node's buffers, a row keeps the memory of its neighbours.
 */
export class HeartbeatWindow {
  readonly #memory: Float64Array;
  readonly #start: number;
  readonly #size: number;
  readonly #length: number;

  /**
   * @param owned - how many numbers the owner keeps here, 0 at first
   * @throws InvalidOptionError
   */
  constructor(windowSize: number, owned = 0) {
    this.#size = checkNumber('windowSize', windowSize, { min: 1, max: 0x10_0000 });
    const length = (this.#length = SAMPLES + windowSize + owned);
    if (used + length > memory.length) {
      memory = new Float64Array(Math.max(length, Math.min(2 * memory.length, MOST_SHARED)));
      used = 0;
    }
    this.#memory = memory;
    this.#start = used;
    used += length;
    memory[this.#start + FROM] = memory[this.#start + ARRIVAL] = -Infinity;
    memory[this.#start + HIGHEST] = -1;
  }

  /** Since when the next heartbeat is awaited: the last arrival, or the time that was set; `-Infinity` at first. */
  get from(): number {
    return this.#memory[this.#start + FROM]!;
  }

  /** When the last heartbeat came; `-Infinity` before the first, and when nothing may be learned from the time since then. */
  get arrival(): number {
    return this.#memory[this.#start + ARRIVAL]!;
  }

  /** The highest sequence number; -1 before the first. */
  get highest(): number {
    return this.#memory[this.#start + HIGHEST]!;
  }

  /** Takes note of a heartbeat; `false`, and nothing else, when it was overtaken or repeated. @throws InvalidOptionError */
  arrive(at: number, sequence: number): boolean {
    if (!(sequence > this.highest)) return false;
    this.expectFrom(at);
    this.#memory[this.#start + ARRIVAL] = at;
    this.#memory[this.#start + HIGHEST] = sequence;
    return true;
  }

  /** @throws InvalidOptionError */
  expectFrom(at: number): void {
    this.#memory[this.#start + FROM] = checkTime(at, this.from);
    this.#memory[this.#start + ARRIVAL] = -Infinity;
  }

  /** Adds a sample, and drops the oldest of a full window. */
  add(sample: number): void {
    const row = this.#memory;
    const start = this.#start;
    const count = row[start + COUNT]!;
    if (count === 0) row[start + SHIFT] = sample;
    const place = start + SAMPLES + (count % this.#size);
    const shift = row[start + SHIFT]!;
    const added = sample - shift;
    const dropped = count < this.#size ? 0 : row[place]! - shift;
    row[place] = sample;
    row[start + SUM]! += added - dropped;
    row[start + SQUARES]! += added * added - dropped * dropped;
    row[start + LAP_SUM]! += added;
    row[start + LAP_SQUARES]! += added * added;
    row[start + COUNT] = count + 1;
    if ((count + 1) % this.#size === 0) this.#completeLap();
  }

  /** Takes over the sums of the lap, with their mean as the shift. */
  #completeLap(): void {
    const row = this.#memory;
    const start = this.#start;
    const offset = row[start + LAP_SUM]! / this.#size;
    row[start + SHIFT]! += offset;
    row[start + SQUARES] = row[start + LAP_SQUARES]! - offset * row[start + LAP_SUM]!;
    row[start + SUM] = row[start + LAP_SUM] = row[start + LAP_SQUARES] = 0;
  }

  /** How many samples there are: at most the size of the window. */
  get count(): number {
    return Math.min(this.#memory[this.#start + COUNT]!, this.#size);
  }

  /** The mean of the samples; NaN when there are none. */
  get mean(): number {
    return this.#memory[this.#start + SHIFT]! + this.#memory[this.#start + SUM]! / this.count;
  }

  /** The standard deviation of the samples, as a population; NaN when there are none. */
  get standardDeviation(): number {
    const { count } = this;
    const offset = this.#memory[this.#start + SUM]! / count;
    return Math.sqrt(Math.max(0, this.#memory[this.#start + SQUARES]! / count - offset * offset));
  }

  /** The sample that came so many before the last one; 0 for the last. Must be below `count`. */
  sample(before: number): number {
    return this.#memory[this.#start + SAMPLES + ((this.#memory[this.#start + COUNT]! - 1 - before) % this.#size)]!;
  }

  /** The number of the owner's with this index. */
  get(index: number): number {
    return this.#memory[this.#start + SAMPLES + this.#size + index]!;
  }

  /** Sets a number of the owner's. */
  set(index: number, value: number): void {
    this.#memory[this.#start + SAMPLES + this.#size + index] = value;
  }

  /** All numbers. O(window). */
  state(): number[] {
    return Array.from(this.#row());
  }

  /** Goes on from a state. @throws InvalidOptionError for that of another window, or of another owner */
  restore(state: readonly number[]): void {
    const row = this.#row();
    if (state.length !== row.length) throw new InvalidOptionError('state', state, `${row.length} numbers`);
    row.set(state);
  }

  #row(): Float64Array {
    return this.#memory.subarray(this.#start, this.#start + this.#length);
  }
}
