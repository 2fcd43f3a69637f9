import { TimeoutError, type Cancel, type Clock } from '../core/index.js';
import type { CallOptions } from './replicated-log.js';

/** A promise that somebody waits for, with the means to settle it. */
export interface OpenCall<Result> {
  /** Ends the call well. */
  readonly resolve: (result: Result) => void;
  /** Ends the call with an error. */
  readonly reject: (reason: unknown) => void;
  /** When it is given up, on the clock of its {@link OpenCalls}. */
  readonly deadline: number;
}

/**
 * The calls that wait for an answer, by key, all with the same timeout: so they come due in the order in which they were
 * made, and one timer serves them all.
 */
export class OpenCalls<Key, Call extends OpenCall<never>> {
  readonly #calls = new Map<Key, Call>();
  readonly #clock: Clock;
  readonly #what: string;
  readonly #timeoutMs: number;
  #cancelTimer: Cancel | null = null;

  /** @param what - names the calls in the error of those that time out */
  constructor(clock: Clock, what: string, timeoutMs: number) {
    this.#clock = clock;
    this.#what = what;
    this.#timeoutMs = timeoutMs;
  }

  /** How many calls wait. */
  get size(): number {
    return this.#calls.size;
  }

  /** When a call that is made now is given up. */
  deadline(): number {
    return this.#clock.now() + this.#timeoutMs;
  }

  /** Adds a call; its key must be free. */
  add(key: Key, call: Call): void {
    this.#calls.set(key, call);
    if (this.#cancelTimer === null) this.#arm();
  }

  /** Whether a call still waits. */
  has(key: Key): boolean {
    return this.#calls.has(key);
  }

  /** Removes and returns a call. */
  take(key: Key): Call | undefined {
    const call = this.#calls.get(key);
    if (call !== undefined) this.#calls.delete(key);
    return call;
  }

  /** Rejects every call, or those whose key fits. */
  rejectAll(reason: unknown, fits: (key: Key) => boolean = () => true): void {
    for (const [key, call] of this.#calls) {
      if (!fits(key)) continue;
      this.#calls.delete(key);
      call.reject(reason);
    }
  }

  /** Stops the timer; the calls that are left must have been rejected. */
  close(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
  }

  #arm(): void {
    const { value: earliest, done } = this.#calls.values().next();
    this.#cancelTimer = null;
    if (done === true) return;
    this.#cancelTimer = this.#clock.after(earliest.deadline - this.#clock.now(), () => this.#expire());
  }

  #expire(): void {
    const now = this.#clock.now();
    for (const [key, call] of this.#calls) {
      if (call.deadline > now) break;
      this.#calls.delete(key);
      call.reject(new TimeoutError(this.#what, this.#timeoutMs));
    }
    this.#arm();
  }
}

/**
 * Makes a call that the caller may give up through its signal.
 *
 * @param begin - gets the call; what it throws rejects the promise
 */
export function openCall<Result>(
  deadline: number,
  options: CallOptions | undefined,
  begin: (call: OpenCall<Result>) => void,
): Promise<Result> {
  return new Promise<Result>((resolve, reject) => {
    const signal = options?.signal;
    if (signal === undefined) return begin({ resolve, reject, deadline });
    signal.throwIfAborted();
    const abort = (): void => reject(signal.reason);
    const unwatch = (): void => signal.removeEventListener('abort', abort);
    signal.addEventListener('abort', abort, { once: true });
    const call: OpenCall<Result> = {
      resolve: (result) => (unwatch(), resolve(result)),
      reject: (reason) => (unwatch(), reject(reason)),
      deadline,
    };
    try {
      begin(call);
    } catch (error) {
      call.reject(error);
    }
  });
}
