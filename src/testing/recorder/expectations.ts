import type { NodeId } from '../../core/index.js';
import { findDifference, show } from '../compare.js';
import type { RecordedEvent } from './recording.js';

/**
 * What of a message is compared; `undefined` leaves it out on both sides, as if it had never been sent.
 *
 * @param peer - whom the node sends it to
 */
export type Normalise = (message: unknown, channel: string, peer: NodeId) => unknown;

type Sent = RecordedEvent & { readonly type: 'send' };

interface Expected {
  readonly channel: string;
  readonly peer: NodeId;
  readonly messages: { readonly at: number; readonly value: unknown }[];
  next: number;
}

/** What the node must send, in order for each peer and channel, and what it has sent of that. */
export class Expectations {
  readonly #normalise: Normalise;
  readonly #expected = new Map<string, Expected>();
  /** The number of each recorded message among those of its peer and channel. */
  readonly #ordinals = new Map<RecordedEvent, number>();
  #ended = false;
  #compared = 0;
  #mismatch: string | null = null;

  /** @param events - those that a peer would see: what was not taken is not among them */
  constructor(events: readonly RecordedEvent[], normalise: Normalise) {
    this.#normalise = normalise;
    for (const event of events) if (event.type === 'send' && event.taken) this.#expect(event);
  }

  /** How many messages were as expected. */
  get compared(): number {
    return this.#compared;
  }

  /** What was first not as expected, as a sentence; `null` while all is. */
  get mismatch(): string | null {
    return this.#mismatch;
  }

  /** Whether the message of a recorded event has come, or need not come. */
  has(event: RecordedEvent): boolean {
    return (this.#expected.get(key(event.channel, event.peer))?.next ?? 0) >= (this.#ordinals.get(event) ?? 0);
  }

  /** The recording is over: what the node sends beyond it is its own business. */
  end(): void {
    this.#ended = true;
  }

  /** Whether all have come. */
  get complete(): boolean {
    return [...this.#expected.values()].every(({ messages, next }) => next >= messages.length);
  }

  /** Compares a message that has come with the next one that is expected. */
  came(channel: string, peer: NodeId, message: unknown): void {
    if (this.#mismatch !== null) return;
    const seen = this.#normalise(message, channel, peer);
    if (seen === undefined) return;
    const expected = this.#expected.get(key(channel, peer));
    const wanted = expected?.messages[expected.next];
    const where = `message ${(expected?.next ?? 0) + 1} to ${peer} on channel ${channel}`;
    if (expected === undefined || wanted === undefined) {
      if (this.#ended) return;
      this.#mismatch = `expected no more messages to ${peer} on channel ${channel}, got ${show(seen)}`;
      return;
    }
    const difference = findDifference(wanted.value, seen);
    if (difference !== null) {
      this.#mismatch = `${where} (at ${wanted.at} ms): expected ${show(wanted.value)}, got ${show(seen)}; ${difference}`;
      return;
    }
    expected.next++;
    this.#compared++;
  }

  /** Takes note that what is expected did not come in time. */
  missed(waitedMs: number): void {
    for (const { channel, peer, messages, next } of this.#expected.values()) {
      const wanted = messages[next];
      if (wanted === undefined || this.#mismatch !== null) continue;
      const where = `message ${next + 1} to ${peer} on channel ${channel} (at ${wanted.at} ms)`;
      this.#mismatch = `${where}: expected ${show(wanted.value)}, got nothing within ${waitedMs} ms`;
    }
  }

  #expect(event: Sent): void {
    const { channel, peer, message, at } = event;
    const value = this.#normalise(message, channel, peer);
    if (value === undefined) return;
    const known = this.#expected.get(key(channel, peer)) ?? { channel, peer, messages: [], next: 0 };
    known.messages.push({ at, value });
    this.#ordinals.set(event, known.messages.length);
    this.#expected.set(key(channel, peer), known);
  }
}

/** Neither channels nor ids hold spaces. */
function key(channel: string, peer: NodeId): string {
  return `${channel} ${peer}`;
}
