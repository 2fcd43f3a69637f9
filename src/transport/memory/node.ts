import { checkNodeId, InvalidOptionError } from '../../core/index.js';
import type {
  Channel,
  ChannelOptions,
  Codec,
  NodeId,
  PeerStatus,
  Transport,
  TransportStatus,
} from '../../core/index.js';
import { Counters } from '../counters.js';
import type { MemoryNetworkCore } from './core.js';
import { isChannelName, MAX_CHANNEL_NAME_LENGTH, Port } from '../port.js';
import type { PortHost } from '../port.js';
import { Outbox } from './outbox.js';
import type { Parcel } from './outbox.js';

/** What a node knows of another one that it was linked with. */
interface MemoryPeer {
  readonly outbox: Outbox;
  /** The run of it that listeners were told is up; `null` when they were told that it is down. */
  seen: MemoryNode | null;
  sent: number;
  received: number;
  dropped: number;
}

/** A channel with a codec of its own; `null` for that of the network. */
class MemoryPort extends Port {
  codec: Codec | null = null;
}

/** The transport of one node of a `MemoryNetwork`. */
export class MemoryNode implements Transport, PortHost {
  readonly id: NodeId;
  readonly #network: MemoryNetworkCore;
  readonly #ports = new Map<string, MemoryPort>();
  /** Bounded by the number of nodes that ever were on the network. */
  readonly #peers = new Map<NodeId, MemoryPeer>();
  readonly #refused = new Counters();

  constructor(id: NodeId, network: MemoryNetworkCore) {
    this.id = id;
    this.#network = network;
  }

  channel(name: string, options: ChannelOptions = {}): Channel {
    const port = this.#ports.get(name) ?? this.#openPort(name);
    port.codec ??= this.#network.codec === null ? null : (options.codec ?? null);
    return port;
  }

  #openPort(name: string): MemoryPort {
    if (!isChannelName(name)) {
      throw new InvalidOptionError(
        'name',
        name,
        `1 to ${MAX_CHANNEL_NAME_LENGTH} printable ASCII characters without spaces`,
      );
    }
    const port = new MemoryPort(name, { ordered: true, maxBytes: Number.POSITIVE_INFINITY }, this);
    this.#ports.set(name, port);
    return port;
  }

  /** Checks the id; all nodes of the network are reached without an address. */
  setAddress(id: NodeId, _address: string | null): void {
    checkNodeId('id', id);
  }

  status(): TransportStatus {
    const address = this.#open ? this.id : null;
    const peers = Array.from(this.#peers, ([id, peer]) => this.#peerStatus(id, peer));
    return { address, peers, refused: this.#refused.toRecord() };
  }

  async close(): Promise<void> {
    if (!this.#open) return;
    this.#network.nodes.delete(this.id);
    for (const [id, peer] of this.#peers) {
      peer.outbox.clear();
      this.linkChanged(id);
      this.#network.nodes.get(id)?.linkChanged(this.id);
    }
    await Promise.resolve(); // listeners here learn that their peers are gone before this resolves
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  send(port: Port, to: NodeId, message: unknown): boolean {
    const peer = this.#peers.get(to);
    if (peer === undefined) return false;
    const codec = (port as MemoryPort).codec ?? this.#network.codec;
    const content = codec === null ? message : codec.encode(message);
    if (!this.#linked(to) || !peer.outbox.add({ channel: port.name, content })) {
      peer.dropped++;
      return false;
    }
    peer.sent++;
    return true;
  }

  *connectedPeers(): Iterable<NodeId> {
    for (const [id, peer] of this.#peers) if (peer.seen !== null) yield id;
  }

  /** A link may have come or gone: what is under way on one that is gone is lost, and listeners are told soon. */
  linkChanged(id: NodeId): void {
    const peer = this.#peers.get(id) ?? this.#meet(id);
    if (!this.#linked(id)) peer.outbox.clear();
    queueMicrotask(() => {
      const now = this.#linked(id) ? this.#network.nodes.get(id)! : null;
      if (peer.seen === now) return;
      if (peer.seen !== null) this.#notify(id, false); // a node that was started anew went in between
      peer.seen = now;
      if (now !== null) this.#notify(id, true);
    });
  }

  #notify(id: NodeId, up: boolean): void {
    for (const port of this.#ports.values()) port.notify(id, up);
  }

  #meet(id: NodeId): MemoryPeer {
    const deliver = (parcel: Parcel): void => this.#network.nodes.get(id)?.receive(this.id, parcel);
    const outbox = new Outbox(this.#network, deliver);
    const peer: MemoryPeer = { outbox, seen: null, sent: 0, received: 0, dropped: 0 };
    this.#peers.set(id, peer);
    return peer;
  }

  /** Takes a message from another node of the network. */
  receive(from: NodeId, parcel: Parcel): void {
    const port = this.#ports.get(parcel.channel);
    if (port?.hasListener !== true) {
      this.#refused.add(port === undefined ? 'unknown-channel' : 'no-listener');
      return;
    }
    let message = parcel.content;
    try {
      const codec = port.codec ?? this.#network.codec;
      if (codec !== null) message = codec.decode(parcel.content as Uint8Array);
    } catch {
      this.#refused.add('malformed');
      return;
    }
    this.#peers.get(from)!.received++;
    port.deliver(from, message);
  }

  get #open(): boolean {
    return this.#network.nodes.get(this.id) === this;
  }

  #linked(id: NodeId): boolean {
    return this.#open && this.#network.linked(this.id, id);
  }

  #peerStatus(id: NodeId, peer: MemoryPeer): PeerStatus {
    const { sent, received, dropped, outbox } = peer;
    return { id, connected: this.#linked(id), sent, received, dropped, queuedBytes: outbox.queuedBytes };
  }
}
