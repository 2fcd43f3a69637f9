import { checkNumber } from '../../core/index.js';
import type {
  Channel,
  ChannelOptions,
  ChannelListener,
  ChannelSupport,
  Clock,
  NodeId,
  Transport,
  TransportStatus,
} from '../../core/index.js';
import { formatEvent, formatHeader, parseRecording, type RecordedEvent, type Recording } from './recording.js';

/** Options of a {@link RecordingTransport}. */
export interface RecordingOptions {
  /** Times the events, from now on. */
  readonly clock: Clock;
  /**
   * How many events are kept. Beyond it nothing more is recorded: a replay needs the beginning.
   * @defaultValue 100000
   */
  readonly maxEvents?: number;
  /**
   * How many characters of recorded lines are kept.
   * @defaultValue 64 Mi: what a test can hold in memory without harm
   */
  readonly maxCharacters?: number;
}

/**
 * Wraps a transport and records what passes: give it to a node in the place of the transport. Messages are turned into
 * text at once, so a recording does not change when somebody else does. Not for production: it costs a JSON text for
 * each message, and keeps it.
 */
export class RecordingTransport implements Transport {
  readonly id: NodeId;
  readonly #inner: Transport;
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #maxEvents: number;
  readonly #maxCharacters: number;
  readonly #channels = new Map<string, Channel>();
  readonly #lines: string[] = [];
  #characters = 0;
  #cut = false;

  /** @throws InvalidOptionError */
  constructor(transport: Transport, options: RecordingOptions) {
    this.id = transport.id;
    this.#inner = transport;
    this.#clock = options.clock;
    this.#startedAt = options.clock.now();
    this.#maxEvents = checkNumber('maxEvents', options.maxEvents ?? 100_000, { min: 1 });
    this.#maxCharacters = checkNumber('maxCharacters', options.maxCharacters ?? 64 * 1024 * 1024, { min: 1 });
  }

  /** What has passed so far. */
  recording(): Recording {
    return parseRecording(this.toText());
  }

  /** What has passed so far, as JSON lines. */
  toText(): string {
    const lines = [formatHeader(this.id), ...this.#lines, ...(this.#cut ? ['{"type":"cut"}'] : [])];
    return `${lines.join('\n')}\n`;
  }

  channel(name: string, options?: ChannelOptions): Channel {
    const known = this.#channels.get(name);
    if (known !== undefined) return known;
    const note = (event: NewEvent): void => this.#note(event);
    const channel = new RecordingChannel(this.#inner.channel(name, options), note);
    this.#channels.set(name, channel);
    return channel;
  }

  setAddress(id: NodeId, address: string | null): void {
    this.#inner.setAddress(id, address);
  }

  status(): TransportStatus {
    return this.#inner.status();
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  /** Closes the wrapped transport: for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #note(event: NewEvent): void {
    if (this.#cut) return;
    const line = formatEvent({ at: this.#clock.now() - this.#startedAt, ...event });
    this.#characters += line.length;
    this.#cut = this.#lines.length >= this.#maxEvents || this.#characters > this.#maxCharacters;
    if (!this.#cut) this.#lines.push(line);
  }
}

type NewEvent = RecordedEvent extends infer Event ? (Event extends RecordedEvent ? Omit<Event, 'at'> : never) : never;

class RecordingChannel implements Channel {
  readonly #inner: Channel;
  readonly #note: (event: NewEvent) => void;

  constructor(inner: Channel, note: (event: NewEvent) => void) {
    this.#inner = inner;
    this.#note = note;
  }

  get name(): string {
    return this.#inner.name;
  }

  get supports(): ChannelSupport {
    return this.#inner.supports;
  }

  send(to: NodeId, message: unknown): boolean {
    const taken = this.#inner.send(to, message);
    this.#note({ type: 'send', channel: this.name, peer: to, message, taken });
    return taken;
  }

  listen(listener: ChannelListener): () => void {
    const channel = this.name;
    return this.#inner.listen({
      message: (from, message) => {
        this.#note({ type: 'receive', channel, peer: from, message });
        listener.message(from, message);
      },
      peer: (id, up) => {
        this.#note({ type: 'peer', channel, peer: id, up });
        listener.peer?.(id, up);
      },
    });
  }
}
