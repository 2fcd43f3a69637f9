import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextRandom, seedRandom } from '../../../src/core/index.js';
import { DeadlineQueue } from '../../../src/detector/heartbeats/deadline-queue.js';

/** The same, as a list that is sorted whenever somebody looks at it. */
class NaiveQueue {
  readonly #tickMs: number;
  #entries: { readonly index: number; readonly deadline: number; readonly tick: number }[] = [];

  constructor(tickMs: number) {
    this.#tickMs = tickMs;
  }

  get nextAt(): number {
    return Math.min(Infinity, ...this.#entries.map(({ tick }) => tick * this.#tickMs));
  }

  deadline(index: number): number {
    return this.#entries.find((entry) => entry.index === index)?.deadline ?? Infinity;
  }

  set(index: number, deadline: number): void {
    this.#entries = this.#entries.filter((entry) => entry.index !== index);
    if (deadline === Infinity) return;
    let tick = Math.floor(deadline / this.#tickMs) - 1;
    while (tick * this.#tickMs < deadline) tick++;
    this.#entries.push({ index, deadline, tick });
  }

  take(now: number): number[] {
    const due = this.#entries.filter(({ tick }) => tick * this.#tickMs <= now);
    this.#entries = this.#entries.filter((entry) => !due.includes(entry));
    return due.sort((a, b) => a.tick - b.tick).map(({ index }) => index);
  }
}

const tick = fc.integer({ min: 1, max: 100 });
/** Within the tick, within the rotation, some rotations ahead, and in the past. */
const ahead = fc.oneof(
  fc.double({ min: 0, max: 50, noNaN: true }),
  fc.integer({ min: -100, max: 5000 }),
  fc.integer({ min: 0, max: 1_000_000 }),
);
const action = fc.oneof(
  fc.record({ set: fc.nat(30), ahead }),
  fc.record({ set: fc.nat(30), ahead }),
  fc.record({ remove: fc.nat(30) }),
  fc.record({ wait: fc.oneof(fc.double({ min: 0, max: 100, noNaN: true }), fc.integer({ min: 0, max: 200_000 })) }),
  fc.constant({ waitForNext: true }),
);

describe('a queue of deadlines', () => {
  it('does what a sorted list does', () => {
    const run = (tickMs: number, start: number, actions: readonly object[]): void => {
      const [queue, naive] = [new DeadlineQueue(tickMs), new NaiveQueue(tickMs)];
      let now = start;
      for (const one of actions as Partial<Record<'set' | 'ahead' | 'remove' | 'wait' | 'waitForNext', number>>[]) {
        if (one.set !== undefined) for (const each of [queue, naive]) each.set(one.set, now + one.ahead!);
        if (one.remove !== undefined) for (const each of [queue, naive]) each.set(one.remove, Infinity);
        if (one.wait !== undefined) now += one.wait;
        if (one.waitForNext !== undefined && naive.nextAt < Infinity) now = Math.max(now, naive.nextAt);
        if (one.set !== undefined) expect(queue.deadline(one.set)).toBe(naive.deadline(one.set));
        else expect(queue.take(now)).toEqual(naive.take(now));
        expect(queue.nextAt + 0).toBe(naive.nextAt + 0); // -0 is 0
      }
    };
    const start = fc.oneof(fc.constant(0), fc.integer({ min: -1000, max: 1e12 }));
    fc.assert(fc.property(tick, start, fc.array(action, { maxLength: 100 }), run), { numRuns: 1000 });
  });

  it('is never early, and at most a tick late', () => {
    const random = seedRandom(1);
    const queue = new DeadlineQueue(10);
    const deadlines = Array.from({ length: 5000 }, () => 30_000 * nextRandom(random));
    for (const [index, deadline] of deadlines.entries()) queue.set(index, deadline);
    let taken = 0;
    for (let at = queue.nextAt; at < Infinity; at = queue.nextAt) {
      for (const index of queue.take(at)) {
        expect(at).toBeGreaterThanOrEqual(deadlines[index]!);
        expect(at).toBeLessThan(deadlines[index]! + 10);
        taken++;
      }
    }
    expect(taken).toBe(5000);
  });

  it('knows nothing of what was never set', () => {
    const queue = new DeadlineQueue(10);
    expect([queue.nextAt, queue.deadline(7), queue.take(1e9)]).toEqual([Infinity, Infinity, []]);
    queue.set(7, Infinity);
    expect(queue.nextAt).toBe(Infinity);
  });

  it('looks at a few entries and words for each deadline that is set and taken, with 100,000 of them', () => {
    const random = seedRandom(2);
    const queue = new DeadlineQueue(16);
    const count = 100_000;
    for (let index = 0; index < count; index++) queue.set(index, 5000 * nextRandom(random));
    expect(queue.looks).toBe(0);
    // Each is set again for five seconds later whenever it is due, for a minute.
    let [taken, wakes] = [0, 0];
    for (let now = queue.nextAt; now < 60_000; now = queue.nextAt) {
      wakes++;
      for (const index of queue.take(now)) {
        queue.set(index, now + 4000 + 1000 * nextRandom(random));
        taken++;
      }
    }
    expect(taken).toBeGreaterThan(12 * count);
    expect(wakes).toBeLessThanOrEqual(60_000 / 16);
    expect(queue.looks).toBeLessThan(1.1 * taken);
  });

  it('finds the next one among a few within a rotation of words, also when there is one of 100,000', () => {
    const queue = new DeadlineQueue(16);
    queue.set(99_999, 16_000);
    for (let now = 0; now < 15_000; now += 1000) {
      queue.set(5, now + 500);
      expect(queue.take(now + 500)).toEqual([]);
      expect(queue.take(now + 512)).toEqual([5]);
      expect(queue.nextAt).toBe(16_000);
    }
    expect(queue.looks).toBeLessThan(15 * 70);
  });

  it('refuses a tick of no length', () => {
    expect(() => new DeadlineQueue(0)).toThrow('tickMs is 0');
  });
});
