import type { NodeId } from '../../core/index.js';
import { findDifference, show } from '../compare.js';
import type { RecordedEvent } from './recording.js';
import type { ReplayRules } from './rules.js';

type Sent = RecordedEvent & { readonly type: 'send' };

interface Wanted {
  readonly at: number;
  readonly value: unknown;
  /** Its place among the recorded events. */
  readonly place: number;
}

/** What is expected in one order. */
interface Expected {
  /** To whom and where, as a person reads it. */
  readonly name: string;
  readonly messages: Wanted[];
  next: number;
}

/** What the node must send, in order for each peer, channel and stream, and what it has sent of that. */
export class Expectations {
  readonly #rules: ReplayRules;
  readonly #expected = new Map<string, Expected>();
  /** The number of each recorded message among those of its stream. */
  readonly #ordinals = new Map<RecordedEvent, number>();
  #horizon = Infinity;
  #ended = false;
  #compared = 0;
  #mismatch: string | null = null;

  /** @param events - those that a peer would see: what was not taken is not among them */
  constructor(events: readonly RecordedEvent[], rules: ReplayRules) {
    this.#rules = rules;
    for (const [place, event] of events.entries()) if (event.type === 'send' && event.taken) this.#expect(event, place);
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
  has(event: Sent): boolean {
    return (this.#expected.get(this.#key(event))?.next ?? 0) >= (this.#ordinals.get(event) ?? 0);
  }

  /**
   * The node has been told nothing from that place of the recording on, so no message covers one that it answered later:
   * an acknowledgement of what was never sent is found.
   */
  toldUpTo(place: number): void {
    this.#horizon = place;
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
    const seen = this.#normalise(channel, peer, message);
    if (seen === undefined) return;
    const expected = this.#expected.get(this.#key({ channel, peer, message }));
    if (expected !== undefined) this.#skipCovered(expected, seen);
    const wanted = expected?.messages[expected.next];
    if (expected === undefined || wanted === undefined) {
      if (this.#ended) return;
      this.#mismatch = `expected no more messages to ${peer} on channel ${channel}, got ${show(seen)}`;
      return;
    }
    const difference = findDifference(wanted.value, seen);
    if (difference === null) {
      expected.next++;
      this.#compared++;
    } else if (!this.#covers(wanted.value, seen)) {
      const where = `message ${expected.next + 1} ${expected.name} (at ${wanted.at} ms)`;
      this.#mismatch = `${where}: expected ${show(wanted.value)}, got ${show(seen)}; ${difference}`;
    }
  }

  /** Takes note that what is expected did not come in time. */
  missed(waitedMs: number): void {
    for (const { name, messages, next } of this.#expected.values()) {
      const wanted = messages[next];
      if (wanted === undefined || this.#mismatch !== null) continue;
      const where = `message ${next + 1} ${name} (at ${wanted.at} ms)`;
      this.#mismatch = `${where}: expected ${show(wanted.value)}, got nothing within ${waitedMs} ms`;
    }
  }

  /** Messages that the one that has come covers need not come, if that is what came of them in the recording too. */
  #skipCovered(expected: Expected, seen: unknown): void {
    let next = expected.next;
    while (next < expected.messages.length && this.#covers(seen, expected.messages[next]!.value)) next++;
    const reached = expected.messages[next];
    if (reached !== undefined && reached.place < this.#horizon) expected.next = next;
  }

  #expect(event: Sent, place: number): void {
    const { channel, peer, message, at } = event;
    const value = this.#normalise(channel, peer, message);
    if (value === undefined) return;
    const stream = this.#stream(event);
    const name = `to ${peer} on channel ${channel}${stream === '' ? '' : `, stream ${stream}`}`;
    const known = this.#expected.get(this.#key(event)) ?? { name, messages: [], next: 0 };
    known.messages.push({ at, value, place });
    this.#ordinals.set(event, known.messages.length);
    this.#expected.set(this.#key(event), known);
  }

  #normalise(channel: string, peer: NodeId, message: unknown): unknown {
    return this.#rules.normalise === undefined ? message : this.#rules.normalise(message, channel, peer);
  }

  #covers(later: unknown, earlier: unknown): boolean {
    return this.#rules.covers?.(later, earlier) ?? false;
  }

  #stream({ channel, peer, message }: Pick<Sent, 'channel' | 'peer' | 'message'>): string {
    return this.#rules.stream?.(message, channel, peer) ?? '';
  }

  /** Neither channels nor ids hold spaces. */
  #key(sent: Pick<Sent, 'channel' | 'peer' | 'message'>): string {
    return `${sent.channel} ${sent.peer} ${this.#stream(sent)}`;
  }
}
