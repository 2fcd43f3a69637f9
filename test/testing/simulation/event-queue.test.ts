import fc from 'fast-check';
import { expect, it } from 'vitest';
import { EventQueue } from '../../../src/testing/index.js';

/** A list that is sorted anew each time; sorting is stable. */
class NaiveQueue {
  #waiting: { readonly at: number; readonly event: number }[] = [];

  add(at: number, event: number): void {
    this.#waiting = [...this.#waiting, { at, event }].sort((a, b) => a.at - b.at);
  }

  take(): number | undefined {
    return this.#waiting.shift()?.event;
  }

  get nextAt(): number {
    return this.#waiting[0]?.at ?? Infinity;
  }

  get size(): number {
    return this.#waiting.length;
  }
}

it('gives events by time, and those of equal time in the order of arrival, as a sorted list does', () => {
  const times = fc.array(fc.option(fc.integer({ min: 0, max: 9 }), { nil: null }), { maxLength: 200 });
  fc.assert(
    fc.property(times, (steps) => {
      const [queue, naive] = [new EventQueue<number>(), new NaiveQueue()];
      steps.forEach((at, event) => {
        if (at === null) expect(queue.take()).toBe(naive.take());
        else for (const each of [queue, naive]) each.add(at, event);
        expect([queue.nextAt, queue.size]).toEqual([naive.nextAt, naive.size]);
      });
      while (naive.size > 0) expect(queue.take()).toBe(naive.take());
    }),
  );
});

it('is empty at first', () => {
  const queue = new EventQueue<number>();
  expect([queue.take(), queue.size, queue.nextAt]).toEqual([undefined, 0, Infinity]);
});
