import type { Cancel, Clock } from '../core/index.js';
import { EventQueue } from './simulation/event-queue.js';

interface Timer {
  callback: (() => void) | null;
}

/**
 * A clock whose time moves only when told to. Timers fire in the order of their time, those of equal time in the order
 * in which they were armed. For tests of code that takes a {@link Clock}; not for anything that waits on real I/O.
 */
export class VirtualClock implements Clock {
  #now: number;
  readonly #timers = new EventQueue<Timer>();
  readonly #wallOffset: number;

  /**
   * @param startMs - what `now()` says first
   * @param wallMs - what `wall()` says first
   */
  constructor(startMs = 0, wallMs = 0) {
    this.#now = startMs;
    this.#wallOffset = wallMs - startMs;
  }

  now(): number {
    return this.#now;
  }

  wall(): number {
    return this.#now + this.#wallOffset;
  }

  after(ms: number, callback: () => void): Cancel {
    const timer: Timer = { callback };
    this.#timers.add(this.#now + Math.max(ms, 0), timer);
    return () => {
      timer.callback = null;
    };
  }

  /** Moves time forward by `ms` and fires every timer that comes due on the way. */
  advance(ms: number): void {
    const end = this.#now + ms;
    while (this.#timers.nextAt <= end) this.#fireNext();
    this.#now = end;
  }

  /**
   * Moves time forward by `ms` and lets promises settle before the first timer, between timers and at the end, so that
   * code that awaits goes on as it would in real time.
   */
  async run(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    while (this.#timers.nextAt <= end) {
      this.#fireNext();
      await settle();
    }
    this.#now = end;
  }

  #fireNext(): void {
    this.#now = Math.max(this.#now, this.#timers.nextAt);
    this.#timers.take()!.callback?.();
  }
}

/** Enough microtask turns for chains of promises to come to rest. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 32; turn++) await Promise.resolve();
}
