import { InvalidOptionError } from '../core/index.js';
import type { FailureDetector } from './failure-detector.js';

/** 64 KiB of numbers. */
const MOST_SHARED = 8192;
let memory = /* @__PURE__ */ new Float64Array(0);
let used = 0;

/** The numbers that each detector has; those of subclasses follow. */
export const enum Slot {
  /** Since when the next heartbeat is awaited; `-Infinity` at first. */
  From,
  /** When the last heartbeat came; `-Infinity` when nothing can be learned from how long ago that was. */
  Arrival,
  /** The highest sequence number; -1 at first. */
  Highest,
  /** Where the numbers of subclasses begin. */
  Own,
}

/**
 * What all detectors share: they take heartbeats in order, and suspect from a deadline on.
 *
 * All that changes is in a row of numbers, of an array of up to 64 KiB that detectors share, since an array for each would
 * cost 200 bytes more. As with the pool of Node's buffers, a row keeps the memory of its neighbours.
 */
export abstract class Detector implements FailureDetector {
  // Not private in JavaScript's way: where a program has detectors of many kinds, calls then take three times as long.
  /** @internal */
  protected readonly memory: Float64Array;
  /** Where the row begins. @internal */
  protected readonly start: number;
  /** @internal */
  protected readonly length: number;

  /** @param own - how many numbers a subclass has; 0 at first */
  constructor(own: number) {
    const length = (this.length = Slot.Own + own);
    if (used + length > memory.length) {
      memory = new Float64Array(Math.max(length, Math.min(2 * memory.length, MOST_SHARED)));
      used = 0;
    }
    this.memory = memory;
    this.start = used;
    used += length;
    this.put(Slot.From, -Infinity);
    this.put(Slot.Arrival, -Infinity);
    this.put(Slot.Highest, -1);
  }

  /** The number in this slot. @internal */
  protected at(slot: number): number {
    return this.memory[this.start + slot]!;
  }

  /** Puts a number into this slot. @internal */
  protected put(slot: number, value: number): void {
    this.memory[this.start + slot] = value;
  }

  /** The suspicion from which on the process is suspected. */
  abstract readonly threshold: number;
  /** How strongly the process is suspected: from 0, on a scale of the detector's own on which `threshold` is. */
  abstract suspicion(now: number): number;
  /** The deadline, for a heartbeat that is awaited. @internal */
  protected abstract due(): number;
  /** A new heartbeat arrives; the slots still tell of the one before. @internal */
  protected learn(_at: number, _sequence: number): void {}

  heartbeat(at: number, sequence: number = this.at(Slot.Highest) + 1): void {
    const { memory, start } = this;
    if (!(sequence > memory[start + Slot.Highest]! && sequence < Infinity)) return;
    checkTime(at, memory[start + Slot.From]!);
    this.learn(at, sequence);
    memory[start + Slot.From] = at;
    memory[start + Slot.Arrival] = at;
    memory[start + Slot.Highest] = sequence;
  }

  expectFrom(at: number): void {
    checkTime(at, this.at(Slot.From));
    this.put(Slot.From, at);
    this.put(Slot.Arrival, -Infinity);
  }

  isSuspect(now: number): boolean {
    return now >= this.deadline();
  }

  /** When the process will be suspected unless a heartbeat comes before; `Infinity` while there is nothing to judge by. */
  deadline(): number {
    return this.at(Slot.From) === -Infinity ? Infinity : this.due();
  }

  state(): readonly number[] {
    return Array.from(this.memory.subarray(this.start, this.start + this.length));
  }

  restore(state: readonly number[]): void {
    if (state.length !== this.length) throw new InvalidOptionError('state', state, `${this.length} numbers`);
    this.memory.set(state, this.start);
  }
}

/** @throws InvalidOptionError for a time before the last one, and for what is none */
function checkTime(at: number, last: number): void {
  if (!(at >= last && at < Infinity)) throw new InvalidOptionError('at', at, `a time not before the last, ${last}`);
}

/** A suspicion that begins to grow so many milliseconds before the deadline, and is 1 when that is reached. */
export function evenly(now: number, deadline: number, horizonMs: number): number {
  return Math.max(0, 1 + (now - deadline) / horizonMs);
}
