import { checkNumber, ClosedError, OverloadedError, TimeoutError, type Cancel, type Clock } from '../../core/index.js';

/** Options of what waits for its turn. */
export interface WaitOptions {
  /** 0 is served first. @defaultValue 0 */
  readonly priority?: number;
  /** When to give up. @defaultValue that of the queue */
  readonly timeoutMs?: number;
  /** Gives up when it aborts. */
  readonly signal?: AbortSignal;
}

/** How many priorities there are: 0 to 7. */
const PRIORITIES = 8;

interface Waiter<Request, T> {
  readonly request: Request;
  readonly priority: number;
  readonly since: number;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
  readonly signal: AbortSignal | undefined;
  cancel: Cancel;
}

/**
 * Who waits, in order of priority and then of arrival, up to a limit. When it is full the newest of the least important gives
 * way to one that is more important, which takes a look at all of that priority. Nobody waits beyond a deadline. Else O(1), and
 * one timer a waiter.
 */
export class WaitingQueue<Request, T> {
  readonly #what: string;
  readonly #limit: number;
  readonly #timeoutMs: number;
  readonly #clock: Clock;
  /** By priority; a set keeps the order of arrival. */
  readonly #waiting: readonly Set<Waiter<Request, T>>[] = Array.from({ length: PRIORITIES }, () => new Set());
  #length = 0;
  #closed = false;

  /** @param what - the queue, in errors */
  constructor(what: string, limit: number, timeoutMs: number, clock: Clock) {
    this.#what = what;
    this.#limit = limit;
    this.#timeoutMs = timeoutMs;
    this.#clock = clock;
  }

  /** How many wait. */
  get length(): number {
    return this.#length;
  }

  /** How long anybody has been waiting, in milliseconds; 0 when nobody is. */
  get delayMs(): number {
    const now = this.#clock.now();
    let since = now;
    for (const [oldest] of this.#waiting) if (oldest !== undefined) since = Math.min(since, oldest.since);
    return now - since;
  }

  /**
   * Waits until it is served.
   *
   * @throws OverloadedError, TimeoutError with outcome `failed`, ClosedError, the reason of the signal, InvalidOptionError
   */
  wait(request: Request, options: WaitOptions = {}): Promise<T> {
    const { priority = 0, timeoutMs = this.#timeoutMs, signal } = options;
    checkNumber('priority', priority, { min: 0, max: PRIORITIES - 1 });
    checkNumber('timeoutMs', timeoutMs, { min: 0 });
    signal?.throwIfAborted();
    if (this.#closed) throw new ClosedError(this.#what);
    if (this.#length >= this.#limit && !this.shed(priority)) throw new OverloadedError(this.#what, this.#limit);
    return new Promise<T>((resolve, reject) => {
      const waiter: Waiter<Request, T> = {
        request,
        priority,
        since: this.#clock.now(),
        resolve,
        reject,
        signal,
        cancel: () => {},
      };
      const giveUp = (error: unknown): void => {
        this.#remove(waiter);
        reject(error);
      };
      const stopTimer = this.#clock.after(timeoutMs, () =>
        giveUp(new TimeoutError(this.#what, timeoutMs, { outcome: 'failed' })),
      );
      const abort = (): void => giveUp(signal!.reason);
      signal?.addEventListener('abort', abort);
      waiter.cancel = () => {
        stopTimer();
        signal?.removeEventListener('abort', abort);
      };
      this.#waiting[priority]!.add(waiter);
      this.#length++;
    });
  }

  /**
   * Serves those that are next, in order, as long as they can be.
   *
   * @param serve - undefined when nothing can be served by now, null when only this request cannot; what it throws is the answer
   * to that request
   */
  serve(serve: (request: Request) => T | undefined | null): void {
    for (const waiters of this.#waiting)
      for (const waiter of waiters) {
        const { request, resolve, reject, signal } = waiter;
        try {
          signal?.throwIfAborted(); // others may have heard of it before the queue has
          const value = serve(request);
          if (value === undefined) return;
          if (value === null) continue;
          this.#remove(waiter);
          resolve(value);
        } catch (error) {
          this.#remove(waiter);
          reject(error);
        }
      }
  }

  /** Refuses the newest of the least important, if they are less important than that. Returns whether there was one. */
  shed(priority: number): boolean {
    for (let least = PRIORITIES - 1; least > priority; least--) {
      const newest = [...this.#waiting[least]!].at(-1);
      if (newest === undefined) continue;
      this.#remove(newest);
      newest.reject(new OverloadedError(this.#what, this.#limit));
      return true;
    }
    return false;
  }

  /** Refuses all, from now on too. */
  close(): void {
    this.#closed = true;
    for (const waiters of this.#waiting)
      for (const waiter of waiters) {
        this.#remove(waiter);
        waiter.reject(new ClosedError(this.#what));
      }
  }

  #remove(waiter: Waiter<Request, T>): void {
    waiter.cancel();
    if (this.#waiting[waiter.priority]!.delete(waiter)) this.#length--;
  }
}
