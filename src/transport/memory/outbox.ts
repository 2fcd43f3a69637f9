import type { MemoryNetworkCore } from './core.js';

/** A message on its way: as it is, or encoded when the network has a codec. */
export interface Parcel {
  readonly channel: string;
  readonly content: unknown;
}

/**
 * Messages on their way from one node to another. All that wait arrive together: in the next microtask, or after the
 * latency, timed by one timer.
 */
export class Outbox {
  readonly #network: Pick<MemoryNetworkCore, 'latencyMs' | 'clock' | 'maxQueuedMessages'>;
  readonly #deliver: (parcel: Parcel) => void;
  #waiting: Waiting[] = [];
  /** How many at the front have arrived; they are cut off together. */
  #arrived = 0;
  #scheduled = false;

  constructor(
    network: Pick<MemoryNetworkCore, 'latencyMs' | 'clock' | 'maxQueuedMessages'>,
    deliver: (parcel: Parcel) => void,
  ) {
    this.#network = network;
    this.#deliver = deliver;
  }

  /** Encoded bytes on their way; 0 when the network has no codec. */
  get queuedBytes(): number {
    let bytes = 0;
    for (let i = this.#arrived; i < this.#waiting.length; i++) {
      const { content } = this.#waiting[i]!.parcel;
      if (content instanceof Uint8Array) bytes += content.length;
    }
    return bytes;
  }

  /** Returns false when too many are on their way. */
  add(parcel: Parcel): boolean {
    const { latencyMs, clock, maxQueuedMessages } = this.#network;
    if (this.#waiting.length - this.#arrived >= maxQueuedMessages) return false;
    this.#waiting.push({ parcel, dueAt: latencyMs > 0 ? clock!.now() + latencyMs : 0 });
    this.#schedule();
    return true;
  }

  /** Loses all that is on its way. */
  clear(): void {
    this.#waiting = [];
    this.#arrived = 0;
  }

  #schedule(): void {
    const first = this.#waiting[this.#arrived];
    if (this.#scheduled || first === undefined) return;
    this.#scheduled = true;
    const { latencyMs, clock } = this.#network;
    if (latencyMs === 0) queueMicrotask(() => this.#arrive(0));
    else clock!.after(first.dueAt - clock!.now(), () => this.#arrive(clock!.now()));
  }

  /** Delivers what is due, and stops where a listener cuts the link. What is sent meanwhile waits for the next time. */
  #arrive(now: number): void {
    this.#scheduled = false;
    const waiting = this.#waiting;
    const end = waiting.length;
    while (this.#waiting === waiting && this.#arrived < end && waiting[this.#arrived]!.dueAt <= now) {
      this.#deliver(waiting[this.#arrived++]!.parcel);
    }
    if (this.#arrived * 2 >= this.#waiting.length) {
      this.#waiting.splice(0, this.#arrived);
      this.#arrived = 0;
    }
    this.#schedule();
  }
}

interface Waiting {
  readonly parcel: Parcel;
  /** By the clock of the network; 0 without latency. */
  readonly dueAt: number;
}
