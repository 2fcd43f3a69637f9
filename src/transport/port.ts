import { QuorateError } from '../core/index.js';
import type { Channel, ChannelListener, ChannelSupport, NodeId } from '../core/index.js';

/** What a {@link Port} needs from the transport that it belongs to. */
export interface PortHost {
  /** The peers that messages can flow to now. */
  connectedPeers(): Iterable<NodeId>;
  /** See `Channel.send`. */
  send(port: Port, to: NodeId, message: unknown): boolean;
}

/** The longest name of a channel, in characters. */
export const MAX_CHANNEL_NAME_LENGTH = 64;

const PRINTABLE = /^[\x21-\x7e]+$/;

/** Whether a value from outside is a valid name of a channel: 1 to 64 printable ASCII characters, no spaces. */
export function isChannelName(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_CHANNEL_NAME_LENGTH && PRINTABLE.test(value);
}

/** The channel of any transport of this library: one listener at most, told of peers that were there before it. */
export class Port implements Channel {
  readonly name: string;
  readonly supports: ChannelSupport;
  readonly #host: PortHost;
  #listener: ChannelListener | null = null;
  /** Notices wait until a new listener was told of the peers that are connected, so that none comes twice. */
  #introduced = false;

  constructor(name: string, supports: ChannelSupport, host: PortHost) {
    this.name = name;
    this.supports = supports;
    this.#host = host;
  }

  get hasListener(): boolean {
    return this.#listener !== null;
  }

  send(to: NodeId, message: unknown): boolean {
    return this.#host.send(this, to, message);
  }

  listen(listener: ChannelListener): () => void {
    if (this.#listener !== null) {
      throw new QuorateError(
        'channel-in-use',
        `somebody listens to channel ${this.name} already; stop that listener first, or use another channel`,
      );
    }
    this.#listener = listener;
    this.#introduced = false;
    queueMicrotask(() => this.#introduce(listener));
    return () => {
      if (this.#listener === listener) this.#listener = null;
    };
  }

  /** Hands a message to the listener. Returns false when there is none. */
  deliver(from: NodeId, message: unknown): boolean {
    const listener = this.#listener;
    if (listener === null) return false;
    guard(() => listener.message(from, message));
    return true;
  }

  /** Tells the listener that a peer came or went. */
  notify(id: NodeId, up: boolean): void {
    const listener = this.#listener;
    if (this.#introduced && listener?.peer !== undefined) guard(() => listener.peer!(id, up));
  }

  #introduce(listener: ChannelListener): void {
    if (this.#listener !== listener) return;
    this.#introduced = true;
    for (const id of this.#host.connectedPeers()) {
      if (this.#listener === listener) guard(() => listener.peer?.(id, true));
    }
  }
}

/**
 * Runs a listener. What it throws is a mistake of its own: it surfaces as an uncaught error, but must not keep the
 * transport from handling the messages that follow.
 */
function guard(call: () => void): void {
  try {
    call();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
