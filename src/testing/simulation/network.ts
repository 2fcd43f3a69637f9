import type { NodeId } from '../../core/index.js';
import type { Link, Range } from './faults.js';

/** How network, disks and clocks are all the time, apart from faults. */
export interface Conditions {
  /** How long a message travels. */
  readonly latencyMs: Range;
  /** The share of messages that take `delayMs` longer, so that others overtake them. */
  readonly delayed: number;
  readonly delayMs: Range;
  /** The share of messages that are lost. */
  readonly loss: number;
  /** The share of messages that arrive twice. */
  readonly duplication: number;
  /** How long a disk operation takes. */
  readonly diskMs: Range;
  /** How much faster or slower clocks may run, as a share. */
  readonly clockDrift: number;
}

/** Nothing is reliable, and most of it works. */
export const defaultConditions: Conditions = {
  latencyMs: [1, 10],
  delayed: 0.03,
  delayMs: [20, 300],
  loss: 0.03,
  duplication: 0.02,
  diskMs: [0.1, 10],
  clockDrift: 0.05,
};

/** A good network and good disks: what every protocol must work on, and what is left when all heals. */
export const calmConditions: Conditions = {
  latencyMs: [1, 10],
  delayed: 0,
  delayMs: [0, 0],
  loss: 0,
  duplication: 0,
  diskMs: [0.1, 2],
  clockDrift: 0,
};

/** A message on its way. */
export interface Delivery {
  readonly from: NodeId;
  readonly to: NodeId;
  arrive(): void;
}

/** Who can reach whom, and what is held up. */
export class SimulatedNetwork {
  readonly #cut = new Map<string, number>();
  readonly #clogged = new Map<string, Delivery[]>();

  /** Whether messages pass a link now. */
  connected(from: NodeId, to: NodeId): boolean {
    return this.#cut.size === 0 || !this.#cut.has(keyOf(from, to));
  }

  /** Delivers a message that has arrived: now, later when its link is clogged, or never when it is cut. */
  deliver(delivery: Delivery): void {
    const { from, to } = delivery;
    if (!this.connected(from, to)) return;
    const held = this.#clogged.size === 0 ? undefined : this.#clogged.get(keyOf(from, to));
    if (held === undefined) delivery.arrive();
    else held.push(delivery);
  }

  /** Cuts links; the function that is returned mends them. Links that are cut twice must be mended twice. */
  cut(links: readonly Link[]): () => void {
    for (const [from, to] of links) this.#cut.set(keyOf(from, to), (this.#cut.get(keyOf(from, to)) ?? 0) + 1);
    return () => {
      for (const [from, to] of links) this.#mend(keyOf(from, to));
    };
  }

  #mend(key: string): void {
    const left = (this.#cut.get(key) ?? 0) - 1;
    if (left > 0) this.#cut.set(key, left);
    else this.#cut.delete(key);
  }

  /** Holds up what passes links; the function that is returned lets it go. */
  clog(links: readonly Link[]): () => void {
    const fresh = links.filter(([from, to]) => !this.#clogged.has(keyOf(from, to)));
    for (const [from, to] of fresh) this.#clogged.set(keyOf(from, to), []);
    return () => {
      for (const [from, to] of fresh) this.#unclog(keyOf(from, to));
    };
  }

  #unclog(key: string): void {
    const held = this.#clogged.get(key) ?? [];
    this.#clogged.delete(key);
    for (const delivery of held) this.deliver(delivery);
  }

  /** Mends all links and lets everything go. */
  heal(): void {
    this.#cut.clear();
    for (const key of [...this.#clogged.keys()]) this.#unclog(key);
  }
}

function keyOf(from: NodeId, to: NodeId): string {
  return `${from} ${to}`;
}
