import type { PutReply } from './protocol.js';

/** An acknowledged write: who acknowledged it, and when (`performance.now()`). */
export interface Acknowledgement extends PutReply {
  readonly at: number;
}

interface Waiter {
  readonly fits: (ack: Acknowledgement) => boolean;
  readonly resolve: (ack: Acknowledgement) => void;
}

/**
 * How far the run is. Those who write report here and are held back where the kill schedule wants it; those who kill
 * wait here for what they want to see.
 */
export class Progress {
  /** How many writes there are in all. */
  readonly total: number;
  #acknowledged = 0;
  #limit = Infinity;
  #waiters: Waiter[] = [];
  #lifted: (() => void)[] = [];

  constructor(total: number) {
    this.total = total;
  }

  /** How many writes are acknowledged. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** A write was acknowledged. */
  acknowledge(ack: Acknowledgement): void {
    this.#acknowledged++;
    if (this.#waiters.length === 0) return;
    const waiters = this.#waiters;
    this.#waiters = waiters.filter(({ fits }) => !fits(ack));
    for (const { fits, resolve } of waiters) if (fits(ack)) resolve(ack);
  }

  /** The first acknowledgement from now on that fits. */
  next(fits: (ack: Acknowledgement) => boolean): Promise<Acknowledgement> {
    return new Promise((resolve) => this.#waiters.push({ fits, resolve }));
  }

  /** Resolves at the acknowledgement that makes it so many. */
  async reached(count: number): Promise<void> {
    if (this.#acknowledged < count) await this.next(() => this.#acknowledged >= count);
  }

  /** No write with that number or a higher one begins before the limit is raised. */
  limit(index: number): void {
    this.#limit = index;
    for (const lifted of this.#lifted.splice(0)) lifted();
  }

  /** Resolves when the write with that number may begin. */
  async admitted(index: () => number): Promise<void> {
    while (index() >= this.#limit) await new Promise<void>((resolve) => this.#lifted.push(resolve));
  }
}
