/** Counts by reason. The reasons come from the code, never from outside, so their number is bounded. */
export class Counters {
  readonly #counts = new Map<string, number>();

  add(reason: string): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
  }

  toRecord(): Record<string, number> {
    return Object.fromEntries(this.#counts);
  }
}
