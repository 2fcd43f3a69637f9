import { checkNumber, InvalidOptionError } from '../../core/index.js';
import type { ExploreOptions, ExploreProgress, StopReason } from './result.js';

/** How often the clock is read and progress is told, in states: a power of two. */
const PERIOD = 4096;

/** What a search may use, and why it had to stop. */
export class Budget {
  readonly maxStates: number;
  readonly maxDepth: number;
  /** Set once; the search ends as soon as it sees it. */
  stopped: StopReason | null = null;
  readonly #maxMs: number;
  readonly #now: () => number;
  readonly #start: number;
  readonly #onProgress: ((progress: ExploreProgress) => void) | undefined;
  readonly #memory: (() => number) | undefined;
  readonly #memoryBefore: number;
  #ticks = 0;

  /** @throws InvalidOptionError naming the option, the value and what is allowed */
  constructor(options: ExploreOptions) {
    this.maxStates = checkNumber('maxStates', options.maxStates ?? 10_000_000, { min: 1, max: 2 ** 31 });
    this.maxDepth = checkLimit('maxDepth', options.maxDepth, 1);
    this.#maxMs = checkLimit('maxMs', options.maxMs, 0);
    if (this.#maxMs < Infinity && options.now === undefined) {
      throw new InvalidOptionError('now', undefined, 'a clock when maxMs is set');
    }
    this.#now = options.now ?? ((): number => 0);
    this.#onProgress = options.onProgress;
    this.#memory = options.memory;
    this.#memoryBefore = this.#memory?.() ?? 0;
    this.#start = this.#now();
  }

  /** Since the search began. */
  get elapsedMs(): number {
    return this.#now() - this.#start;
  }

  /** What the search has taken in memory so far; `null` when it is not measured. */
  memoryUsed(): number | null {
    return this.#memory === undefined ? null : this.#memory() - this.#memoryBefore;
  }

  /** Stops the search. The first reason is the one that is told. */
  stop(reason: StopReason): void {
    this.stopped ??= reason;
  }

  /** To be called for each state that is gone on from. */
  tick(progress: () => Omit<ExploreProgress, 'elapsedMs'>): void {
    if ((++this.#ticks & (PERIOD - 1)) !== 0) return;
    const { elapsedMs } = this;
    if (elapsedMs >= this.#maxMs) this.stop('maxMs');
    this.#onProgress?.({ ...progress(), elapsedMs });
  }
}

function checkLimit(name: string, value: number | undefined, min: number): number {
  return value === undefined || value === Infinity ? Infinity : checkNumber(name, value, { min });
}
