import type { Cancel, Clock } from '../../src/core/index.js';

/** A clock that knows how many of its timers are armed. */
export class CountingClock implements Clock {
  readonly #clock: Clock;
  /** Timers that have neither fired nor been cancelled. */
  armed = 0;
  /** Timers that were ever armed. */
  total = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  wall(): number {
    return this.#clock.wall();
  }

  after(ms: number, callback: () => void): Cancel {
    let live = true;
    const end = (): void => {
      if (live) this.armed--;
      live = false;
    };
    this.armed++;
    this.total++;
    const cancel = this.#clock.after(ms, () => {
      end();
      callback();
    });
    return () => {
      end();
      cancel();
    };
  }
}
