import { systemClock } from 'quorate/core';
import type { NodeStatus, Order } from './settings.js';

/** How long anything may take that must happen. */
export const PATIENCE_MS = 10_000;

/** Tells the other side what to do, by HTTP: not by what is tested. */
export class Control {
  readonly #origin: string;

  constructor(origin: string) {
    this.#origin = origin;
  }

  /** What is known there now. */
  status(): Promise<NodeStatus> {
    return this.#order('status');
  }

  /** Breaks all connections with the node, without a goodbye. */
  async cut(): Promise<void> {
    await this.#order('cut');
  }

  /** Closes the node and opens it again at the same address. */
  async restart(): Promise<void> {
    await this.#order('restart');
  }

  /** Asks again and again until the condition holds. */
  async until(expected: string, condition: (status: NodeStatus) => boolean): Promise<void> {
    const end = systemClock.now() + PATIENCE_MS;
    for (let status = await this.status(); !condition(status); status = await this.status()) {
      if (systemClock.now() > end) throw new Error(`expected ${expected}; saw ${JSON.stringify(status)}`);
    }
  }

  async #order(order: Order): Promise<NodeStatus> {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const response = await fetch(`${this.#origin}/${order}`, { method: 'POST', signal });
    if (!response.ok) throw new Error(`the other side failed to ${order}: ${await response.text()}`);
    return (await response.json()) as NodeStatus;
  }
}
