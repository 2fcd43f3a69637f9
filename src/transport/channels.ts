import type { Codec } from '../codec/index.js';
import { InvalidOptionError, QuorateError } from '../core/index.js';
import type { ChannelSupport, NodeId } from '../core/index.js';
import type { Counters } from './counters.js';
import { isChannelName, MAX_CHANNEL_NAME_LENGTH, Port, type PortHost } from './port.js';

/** How many channels a transport has at most: one byte could number them, and a program that makes more leaks them. */
const MAX_CHANNELS = 255;

/** A channel with the codec of its messages. */
export class CodecPort extends Port {
  readonly codec: Codec;

  constructor(name: string, supports: ChannelSupport, codec: Codec, host: PortHost) {
    super(name, supports, host);
    this.codec = codec;
  }

  /** The bytes of a message, valid until this codec encodes the next one. */
  encode(message: unknown): Uint8Array {
    return this.codec.encodeShared?.(message) ?? this.codec.encode(message);
  }
}

/** What the {@link Channels} of a transport need to know of it. */
export interface ChannelsOptions {
  readonly codec: Codec;
  /** Codecs of single channels, by name. */
  readonly codecs: Readonly<Record<string, Codec>>;
  readonly host: PortHost;
  readonly refused: Counters;
  /** What a channel of that name promises. */
  supports(name: string): ChannelSupport;
}

/** The channels of a transport whose messages carry the name of their channel. */
export class Channels {
  readonly #options: ChannelsOptions;
  readonly #ports = new Map<string, CodecPort>();

  constructor(options: ChannelsOptions) {
    this.#options = options;
  }

  /**
   * The channel of that name, made on first use.
   *
   * @throws InvalidOptionError
   * @throws QuorateError with code `too-many-channels`
   */
  open(name: string): CodecPort {
    const known = this.#ports.get(name);
    if (known !== undefined) return known;
    if (!isChannelName(name)) {
      const allowed = `1 to ${MAX_CHANNEL_NAME_LENGTH} printable ASCII characters without spaces`;
      throw new InvalidOptionError('name', name, allowed);
    }
    if (this.#ports.size >= MAX_CHANNELS) {
      throw new QuorateError('too-many-channels', `a transport has at most ${MAX_CHANNELS} channels; reuse them`);
    }
    const { codec, codecs, host } = this.#options;
    const own = Object.hasOwn(codecs, name) ? codecs[name]! : codec;
    const port = new CodecPort(name, this.#options.supports(name), own, host);
    this.#ports.set(name, port);
    return port;
  }

  /** The channel that a message is for; `null`, after counting why, when nobody listens to it. */
  listening(name: string): CodecPort | null {
    const port = this.#ports.get(name);
    if (port?.hasListener === true) return port;
    this.#options.refused.add(port === undefined ? 'unknown-channel' : 'no-listener');
    return null;
  }

  /** Tells all listeners that a peer came or went. */
  notify(id: NodeId, up: boolean): void {
    for (const port of this.#ports.values()) port.notify(id, up);
  }
}
