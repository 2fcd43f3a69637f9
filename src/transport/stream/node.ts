import { checkNodeId, ClosedError, InvalidOptionError, QuorateError } from '../../core/index.js';
import type { Channel, ChannelOptions, Codec, NodeId, Transport, TransportStatus } from '../../core/index.js';
import { isChannelName, MAX_CHANNEL_NAME_LENGTH, Port } from '../port.js';
import type { PortHost } from '../port.js';
import type { StreamEdge } from './byte-stream.js';
import { Links } from './links.js';
import type { LinksUser } from './links.js';
import type { CheckedStreamOptions } from './options.js';
import type { Peer } from './peer.js';
import { Waiters } from './waiters.js';

/** A transport over connections that carry streams of bytes: one with each peer. */
export interface StreamTransport extends Transport {
  /** Where others dial this transport, with the port that it really got; `null` for a client. */
  readonly address: string | null;
  /**
   * Resolves once the peer is connected, at once when it is. A peer without an address is waited for, too.
   *
   * @throws ClosedError when the transport is closed first; the reason of the signal when that aborts first
   */
  connected(id: NodeId, options?: { readonly signal?: AbortSignal }): Promise<void>;
}

/** Channels are numbered by one byte, and 0 is for control. */
const MAX_CHANNELS = 255;

/** A channel with its number on the connections of this side. */
class StreamPort extends Port {
  readonly number: number;
  /** `null` for that of the transport. */
  ownCodec: Codec | null;
  readonly #codec: Codec;

  constructor(name: string, number: number, options: CheckedStreamOptions, host: PortHost) {
    super(name, { ordered: true, maxBytes: options.maxFrameBytes - 1 }, host);
    this.number = number;
    this.ownCodec = Object.hasOwn(options.codecs, name) ? options.codecs[name]! : null;
    this.#codec = options.codec;
  }

  get codec(): Codec {
    return this.ownCodec ?? this.#codec;
  }
}

/** A channel as the other side named it. The port is looked up until there is one. */
interface Inbound {
  readonly name: string;
  port: StreamPort | null;
}

/** The channels of one node, and what flows between them and its links. */
export class StreamNode implements StreamTransport, PortHost, LinksUser<Inbound> {
  readonly id: NodeId;
  readonly address: string | null;
  readonly #options: CheckedStreamOptions;
  readonly #edge: StreamEdge;
  readonly #ports = new Map<string, StreamPort>();
  readonly #links: Links<Inbound>;
  readonly #waiters = new Waiters();
  #closing: Promise<void> | null = null;

  constructor(options: CheckedStreamOptions, edge: StreamEdge) {
    this.id = options.id;
    this.address = edge.address;
    this.#options = options;
    this.#edge = edge;
    this.#links = new Links(options, edge, this);
    edge.listen(
      (stream) => this.#links.accept(stream),
      () => this.#links.refused.add('accept-failed'), // too many open files, say; it goes on
    );
    for (const [id, target] of options.addresses) this.#links.setTarget(id, target);
  }

  channel(name: string, options: ChannelOptions = {}): Channel {
    const port = this.#ports.get(name) ?? this.#open(name);
    port.ownCodec ??= options.codec ?? null;
    return port;
  }

  #open(name: string): StreamPort {
    if (!isChannelName(name)) {
      const allowed = `1 to ${MAX_CHANNEL_NAME_LENGTH} printable ASCII characters without spaces`;
      throw new InvalidOptionError('name', name, allowed);
    }
    const number = this.#ports.size + 1;
    if (number > MAX_CHANNELS) {
      throw new QuorateError('too-many-channels', `a transport has at most ${MAX_CHANNELS} channels`);
    }
    const port = new StreamPort(name, number, this.#options, this);
    this.#ports.set(name, port);
    return port;
  }

  setAddress(id: NodeId, address: string | null): void {
    checkNodeId('id', id);
    const target = address === null ? null : this.#edge.checkAddress('address', address);
    if (this.#closing === null && id !== this.id) this.#links.setTarget(id, target);
  }

  async connected(id: NodeId, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    options.signal?.throwIfAborted();
    if (this.#closing !== null) throw new ClosedError('the transport');
    if (!this.#links.peers.get(id)?.connection) await this.#waiters.wait(id, options.signal);
  }

  status(): TransportStatus {
    const { peers, refused } = this.#links;
    return {
      address: this.#closing === null ? this.address : null,
      peers: Array.from(peers.values(), (peer) => peer.status()),
      refused: refused.toRecord(),
    };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  // For the ports.

  *connectedPeers(): Iterable<NodeId> {
    for (const peer of this.#links.peers.values()) if (peer.connection !== null) yield peer.id;
  }

  send(port: Port, to: NodeId, message: unknown): boolean {
    const peer = this.#links.peers.get(to);
    if (peer === undefined) return false;
    if (peer.connection !== null) {
      const { number, name, codec } = port as StreamPort;
      const body = codec.encodeShared?.(message) ?? codec.encode(message);
      if (peer.connection.send(number, name, body)) {
        peer.sent++;
        return true;
      }
    }
    peer.dropped++;
    return false;
  }

  // For the links.

  named(name: string): Inbound {
    return { name, port: null };
  }

  message(peer: Peer<Inbound>, inbound: Inbound, body: Uint8Array): void {
    const port = (inbound.port ??= this.#ports.get(inbound.name) ?? null);
    if (port?.hasListener !== true) {
      this.#links.refused.add(port === null ? 'unknown-channel' : 'no-listener');
      return;
    }
    let message: unknown;
    try {
      message = port.codec.decode(body);
    } catch (error) {
      peer.connection?.refuse('malformed', `a message on channel ${inbound.name} is malformed`, error);
      return;
    }
    peer.received++;
    port.deliver(peer.id, message);
  }

  notify(id: NodeId, up: boolean): void {
    if (up) this.#waiters.release(id);
    for (const port of this.#ports.values()) port.notify(id, up);
  }

  async #close(): Promise<void> {
    await Promise.resolve(); // so that `#closing` is set before anybody is told anything
    const unbound = this.#edge.close();
    await this.#links.close();
    this.#waiters.rejectAll(new ClosedError('the transport'));
    await unbound;
  }
}
