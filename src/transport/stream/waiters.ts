import type { NodeId } from '../../core/index.js';

interface Waiter {
  resolve(): void;
  reject(reason: unknown): void;
}

/** Callers that wait for a peer to be connected. */
export class Waiters {
  readonly #waiting = new Map<NodeId, Set<Waiter>>();

  /** Resolves at the next `release` of that peer; rejects when the signal aborts or `rejectAll` is called. */
  async wait(id: NodeId, signal: AbortSignal | undefined): Promise<void> {
    const waiters = this.#waiting.get(id) ?? new Set();
    this.#waiting.set(id, waiters);
    let waiter: Waiter | undefined;
    const abort = (): void => waiter?.reject(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    try {
      await new Promise<void>((resolve, reject) => waiters.add((waiter = { resolve, reject })));
    } finally {
      signal?.removeEventListener('abort', abort);
      waiters.delete(waiter!);
      if (waiters.size === 0 && this.#waiting.get(id) === waiters) this.#waiting.delete(id);
    }
  }

  release(id: NodeId): void {
    for (const waiter of this.#waiting.get(id) ?? []) waiter.resolve();
  }

  rejectAll(reason: Error): void {
    for (const waiters of this.#waiting.values()) for (const waiter of waiters) waiter.reject(reason);
  }
}
