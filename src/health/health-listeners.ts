type HealthListener = (node: string, healthy: boolean) => void;

/**
 * Calls listeners in the order in which they came. Each hears of changes in their order, also of those that another listener
 * makes.
 */
export class HealthListeners {
  readonly #listeners = new Set<{ readonly listener: HealthListener }>();
  readonly #changes: (readonly [node: string, healthy: boolean])[] = [];
  #telling = false;

  /** Returns what removes the listener. */
  add(listener: HealthListener): () => void {
    const entry = { listener };
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  }

  tell(node: string, healthy: boolean): void {
    this.#changes.push([node, healthy]);
    if (this.#telling) return;
    this.#telling = true;
    for (let change = this.#changes.shift(); change !== undefined; change = this.#changes.shift())
      for (const entry of [...this.#listeners]) if (this.#listeners.has(entry)) call(entry.listener, ...change);
    this.#telling = false;
  }
}

/** A listener that throws must not end it all: what it threw surfaces as an uncaught error. */
function call(listener: HealthListener, node: string, healthy: boolean): void {
  try {
    listener(node, healthy);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
