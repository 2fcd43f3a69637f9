/** How many of those that were refused are remembered: some hundred kilobytes. */
const MAX_REMEMBERED = 1024;

/**
 * Remembers what was told of whom, so that a peer that is refused again and again does not fill the log. When there are
 * too many it forgets the one that it has remembered for longest.
 */
export class Told {
  /** The reasons that are code, never from outside, so that each set is small. */
  readonly #reasons = new Map<string, Set<string>>();
  readonly #limit: number;

  constructor(limit: number = MAX_REMEMBERED) {
    this.#limit = limit;
  }

  /** Whether that reason is new since the other side was last connected. */
  isNews(who: string, reason: string): boolean {
    const reasons = this.#reasons.get(who) ?? this.#remember(who);
    if (reasons.has(reason)) return false;
    reasons.add(reason);
    return true;
  }

  /** The other side is connected: what happens to it from now on is news. */
  connected(who: string): void {
    this.#reasons.delete(who);
  }

  #remember(who: string): Set<string> {
    const [oldest] = this.#reasons.keys();
    if (this.#reasons.size >= this.#limit && oldest !== undefined) this.#reasons.delete(oldest);
    const reasons = new Set<string>();
    this.#reasons.set(who, reasons);
    return reasons;
  }
}
