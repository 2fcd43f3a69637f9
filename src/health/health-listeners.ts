/** Who wants to know of changes of health. */
export type HealthListener = (node: string, healthy: boolean) => void;

/** Calls listeners in the order in which they came; one that throws keeps none of the others from hearing. */
export class HealthListeners {
  readonly #listeners = new Set<{ readonly listener: HealthListener }>();

  /** Returns what removes the listener. */
  add(listener: HealthListener): () => void {
    const entry = { listener };
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  }

  tell(node: string, healthy: boolean): void {
    for (const { listener } of [...this.#listeners]) {
      try {
        listener(node, healthy);
      } catch {
        // What goes wrong in one is no concern of the checks.
      }
    }
  }
}
