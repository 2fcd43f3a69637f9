import { checkNumber, systemClock, type Clock } from '../../core/index.js';
import { WaitingQueue, type WaitOptions } from './waiting-queue.js';

/** Options of {@link RequestScheduler}. */
export interface RequestSchedulerOptions {
  /** The most requests at a time. */
  readonly maxConcurrent: number;
  /** The most that wait. @defaultValue 1000 */
  readonly maxQueued?: number;
  /** How long one waits at most. @defaultValue 5000: users seldom wait for longer */
  readonly queueTimeoutMs?: number;
  /** When anybody has been waiting for longer, the queue is too long. @defaultValue 100 */
  readonly targetDelayMs?: number;
  /** How long it may be too long: a burst is no overload. @defaultValue 1000 */
  readonly intervalMs?: number;
  /** @defaultValue `systemClock` */
  readonly clock?: Clock;
}

/**
 * Lets so many requests be under way at a time; others wait, the most important first, and when it is overloaded the least
 * important are refused: at once when the queue is full, and one after the other while it stands, that is, while there has been
 * somebody who waits for longer than `targetDelayMs` during all of `intervalMs`. Then one is refused, and the next ones at ever
 * shorter distances, `intervalMs` by the square root of how many were, until the queue is short again: as CoDel does with packets
 * (Nichols & Jacobson 2012, "Controlling Queue Delay"), but from the newest of the least important.
 *
 * Before a balancer, or on a server. What is less important may wait until its deadline as long as there is enough that is more
 * important.
 */
export class RequestScheduler implements AsyncDisposable {
  readonly #maxConcurrent: number;
  readonly #targetDelayMs: number;
  readonly #intervalMs: number;
  readonly #clock: Clock;
  readonly #queue: WaitingQueue<null, () => void>;
  #underWay = 0;
  /** Since when the queue has been too long; `null` while it is not. */
  #since: number | null = null;
  #shed = 0;
  #shedAt = 0;

  /** @throws InvalidOptionError */
  constructor(options: RequestSchedulerOptions) {
    const { maxConcurrent, maxQueued = 1000, queueTimeoutMs = 5000, clock = systemClock } = options;
    const { targetDelayMs = 100, intervalMs = 1000 } = options;
    this.#maxConcurrent = checkNumber('maxConcurrent', maxConcurrent, { min: 1 });
    checkNumber('maxQueued', maxQueued, { min: 0 });
    checkNumber('queueTimeoutMs', queueTimeoutMs, { min: 0 });
    this.#targetDelayMs = checkNumber('targetDelayMs', targetDelayMs, { min: 0 });
    this.#intervalMs = checkNumber('intervalMs', intervalMs, { min: 1 });
    this.#clock = clock;
    this.#queue = new WaitingQueue('the request scheduler', maxQueued, queueTimeoutMs, clock);
  }

  /** How many requests are under way, and how many wait. */
  get underWay(): number {
    return this.#underWay;
  }

  /** How many requests wait. */
  get queued(): number {
    return this.#queue.length;
  }

  /**
   * Waits for its turn. Returns what is to be called when the request is over; more than once is harmless.
   *
   * @throws OverloadedError, TimeoutError with outcome `failed`, ClosedError, the reason of the signal, InvalidOptionError
   */
  async acquire(options: WaitOptions = {}): Promise<() => void> {
    options.signal?.throwIfAborted();
    if (this.#queue.length === 0 && this.#underWay < this.#maxConcurrent) return this.#begin();
    this.#shedIfStanding();
    return await this.#queue.wait(null, options);
  }

  /** Runs a function when it is its turn; rejects as {@link RequestScheduler.acquire} does, or as the function. */
  async run<T>(request: () => T | Promise<T>, options: WaitOptions = {}): Promise<T> {
    const done = await this.acquire(options);
    try {
      return await request();
    } finally {
      done();
    }
  }

  /** Refuses all that wait; what is under way goes on. Twice is harmless. */
  close(): Promise<void> {
    this.#queue.close();
    return Promise.resolve();
  }

  /** The same as {@link RequestScheduler.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #begin(): () => void {
    this.#underWay++;
    let open = true;
    return () => {
      if (!open) return;
      open = false;
      this.#underWay--;
      this.#queue.serve(() => (this.#underWay < this.#maxConcurrent ? this.#begin() : undefined));
      this.#shedIfStanding(); // after that, so that nobody is refused for whom there is a place
    };
  }

  #shedIfStanding(): void {
    const now = this.#clock.now();
    if (this.#queue.delayMs <= this.#targetDelayMs) {
      this.#since = null;
      return;
    }
    if (this.#since === null) {
      this.#since = now;
      this.#shed = 0;
      this.#shedAt = now + this.#intervalMs;
    }
    while (now >= this.#shedAt && this.#queue.shed(-1)) this.#shedAt += this.#intervalMs / Math.sqrt(++this.#shed);
  }
}
