import type { Channel, Clock, NodeId } from '../../core/index.js';
import { show } from '../compare.js';
import { ConformanceError } from './case.js';

/** How long a case waits for what must happen. */
export interface Patience {
  readonly clock: Clock;
  readonly timeoutMs: number;
}

/** What a channel handed to its listener, in order, and a way to wait for it. */
export class Watch {
  /** The messages, with their senders. */
  readonly messages: { readonly from: NodeId; readonly message: unknown }[] = [];
  /** What was told of peers, as `b up` and `b down`. */
  readonly notices: string[] = [];
  /** Stops listening. */
  readonly stop: () => void;
  readonly #patience: Patience;
  readonly #waiters = new Set<() => void>();

  /** Begins to listen. @param onMessage - called for each message before anybody who waits */
  constructor(channel: Channel, patience: Patience, onMessage: (from: NodeId, message: unknown) => void = () => {}) {
    this.#patience = patience;
    this.stop = channel.listen({
      message: (from, message) => {
        this.messages.push({ from, message });
        onMessage(from, message);
        this.#changed();
      },
      peer: (id, up) => {
        this.notices.push(`${id} ${up ? 'up' : 'down'}`);
        this.#changed();
      },
    });
  }

  /** The messages without their senders. */
  get contents(): unknown[] {
    return this.messages.map(({ message }) => message);
  }

  /** Resolves once so many messages have come. */
  async count(messages: number): Promise<void> {
    await this.until(`${messages} messages`, () => this.messages.length >= messages);
  }

  /** Resolves once the listener was told that. */
  async noticed(notice: string): Promise<void> {
    await this.until(`the notice "${notice}"`, () => this.notices.includes(notice));
  }

  /** Resolves when the condition holds, which is looked at after each event. */
  until(expected: string, condition: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const { clock, timeoutMs } = this.#patience;
      const cancel = clock.after(timeoutMs, () => {
        this.#waiters.delete(look);
        reject(new ConformanceError(`expected ${expected} within ${timeoutMs} ms; saw ${this.#seen()}`));
      });
      const look = (): void => {
        if (!condition()) return;
        cancel();
        this.#waiters.delete(look);
        resolve();
      };
      this.#waiters.add(look);
      look();
    });
  }

  #seen(): string {
    const last = this.messages.length === 0 ? '' : `, the last ${show(this.contents.at(-1))}`;
    return `${this.messages.length} messages${last}, and the notices ${show(this.notices)}`;
  }

  #changed(): void {
    for (const look of this.#waiters) look();
  }
}

/** Resolves after that long. */
export function pause({ clock }: Patience, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.after(ms, resolve));
}
