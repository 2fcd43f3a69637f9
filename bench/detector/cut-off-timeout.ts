import { FixedTimeout, type FailureDetector } from 'quorate/detector';

/**
 * The "simple" detector that Chen, Toueg & Aguilera (2002, section 7) compare theirs with, SFD: a fixed timeout from the last
 * heartbeat on that took no longer than a cut-off; the others are ignored, so that detection takes timeout and cut-off at
 * most. It must know when heartbeats are sent: number i at i intervals.
 */
export class CutOffTimeout implements FailureDetector {
  readonly #timeout: FixedTimeout;
  readonly #intervalMs: number;
  readonly #cutOffMs: number;

  constructor(options: { readonly timeoutMs: number; readonly cutOffMs: number; readonly intervalMs: number }) {
    this.#timeout = new FixedTimeout({ timeoutMs: options.timeoutMs });
    this.#intervalMs = options.intervalMs;
    this.#cutOffMs = options.cutOffMs;
  }

  get threshold(): number {
    return this.#timeout.threshold;
  }

  heartbeat(at: number, sequence: number): void {
    if (at - sequence * this.#intervalMs <= this.#cutOffMs) this.#timeout.heartbeat(at, sequence);
  }

  expectFrom(at: number): void {
    this.#timeout.expectFrom(at);
  }

  suspicion(now: number): number {
    return this.#timeout.suspicion(now);
  }

  isSuspect(now: number): boolean {
    return this.#timeout.isSuspect(now);
  }

  deadline(): number {
    return this.#timeout.deadline();
  }

  state(): readonly number[] {
    return this.#timeout.state();
  }

  restore(state: readonly number[]): void {
    this.#timeout.restore(state);
  }
}
