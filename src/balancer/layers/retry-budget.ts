import { checkNumber, systemNow } from '../../core/index.js';

/** Options of {@link RetryBudget}. */
export interface RetryBudgetOptions {
  /** How many retries a request pays for. @defaultValue 0.2, as in Finagle: load grows by a fifth at most when all fails */
  readonly ratio?: number;
  /** Retries a second that are always allowed, so that few requests can be retried, too. @defaultValue 10, as in Finagle */
  readonly minPerSecond?: number;
  /** For how long a request pays. @defaultValue 10000, as in Finagle */
  readonly windowMs?: number;
  /** Monotonic milliseconds. @defaultValue that of the platform */
  readonly now?: () => number;
}

/** Parts of the window, each of which is forgotten as a whole. */
const PARTS = 10;

/**
 * How many retries may be made, as Finagle's `RetryBudget`: a part of the requests of the last seconds, and some a second. When
 * much fails, retries multiply the load just then; a limit of attempts for each request does not prevent that, a budget for all
 * requests does. One for everything that goes to the same servers, hedges included.
 *
 * Gone with time, so that no long good run pays for a storm. O(1).
 */
export class RetryBudget {
  readonly #ratio: number;
  readonly #reserve: number;
  readonly #partMs: number;
  readonly #now: () => number;
  /** Balances of the parts of the window: what requests paid in, less retries. */
  readonly #parts = new Float64Array(PARTS);
  #part = 0;

  /** @throws InvalidOptionError */
  constructor(options: RetryBudgetOptions = {}) {
    const { ratio = 0.2, minPerSecond = 10, windowMs = 10_000, now = systemNow } = options;
    this.#ratio = checkNumber('ratio', ratio, { min: 0, max: 1000, integer: false });
    checkNumber('minPerSecond', minPerSecond, { min: 0, integer: false });
    checkNumber('windowMs', windowMs, { min: 1, integer: false });
    this.#reserve = (minPerSecond * windowMs) / 1000;
    this.#partMs = windowMs / PARTS;
    this.#now = now;
    this.#part = Math.floor(now() / this.#partMs);
  }

  /** How many retries could be made now. */
  get balance(): number {
    this.#forget();
    return Math.floor(this.#reserve + this.#parts.reduce((a, b) => a + b, 0) + 1e-9);
  }

  /** A request is made, which pays for retries. Not to be called for retries themselves. */
  deposit(): void {
    this.#forget();
    this.#parts[this.#part % PARTS]! += this.#ratio;
  }

  /** Whether a retry may be made, which is then paid. */
  withdraw(): boolean {
    if (this.balance < 1) return false;
    this.#parts[this.#part % PARTS]! -= 1;
    return true;
  }

  #forget(): void {
    const part = Math.floor(this.#now() / this.#partMs);
    for (let gone = Math.min(part - this.#part, PARTS); gone > 0; gone--) this.#parts[(part - gone + 1) % PARTS] = 0;
    this.#part = Math.max(part, this.#part);
  }
}
