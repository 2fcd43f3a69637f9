/**
 * A transport of one's own: nodes in worker threads that talk through message ports, one pair of ports for each pair of
 * nodes. Written against `quorate/core` alone, and held against the conformance kit in
 * test/examples/custom-transport.test.ts.
 */
import type { MessagePort } from 'node:worker_threads';
import { checkNodeId, QuorateError } from 'quorate/core';
import type { Channel, ChannelListener, NodeId, Transport, TransportStatus } from 'quorate/core';

/** What travels through a port: a message for a channel, or how many messages were taken out at the other end. */
type Parcel = { readonly channel: string; readonly message: unknown } | { readonly taken: number };

/** Ports queue without a limit, so the sender counts what the receiver has not taken out yet. */
const MAX_QUEUED_MESSAGES = 1024;

interface Peer {
  readonly port: MessagePort;
  readonly counts: { sent: number; received: number; dropped: number };
  queued: number;
}

/** The transport of one thread. Ports keep order and lose nothing while both threads run. */
export class PortTransport implements Transport {
  readonly id: NodeId;
  readonly #peers = new Map<NodeId, Peer>();
  readonly #channels = new Map<string, PortChannel>();
  #refused = 0;
  #closed = false;

  constructor(id: NodeId) {
    this.id = checkNodeId('id', id);
  }

  /** Reaches a node through a port from now on; the other end belongs to that node. */
  connect(id: NodeId, port: MessagePort): void {
    this.#drop(id);
    const peer: Peer = { port, counts: { sent: 0, received: 0, dropped: 0 }, queued: 0 };
    this.#peers.set(id, peer);
    port.on('message', (parcel: Parcel) => this.#receive(id, peer, parcel));
    port.on('close', () => this.#peers.get(id) === peer && this.#drop(id));
    this.#notify(id, true);
  }

  channel(name: string): Channel {
    const channel = this.#channels.get(name) ?? new PortChannel(name, this);
    this.#channels.set(name, channel);
    return channel;
  }

  /** Ports come from {@link PortTransport.connect}; there are no addresses. */
  setAddress(id: NodeId, _address: string | null): void {
    checkNodeId('id', id);
  }

  status(): TransportStatus {
    const peers = Array.from(this.#peers, ([id, { counts }]) => ({ id, connected: true, ...counts, queuedBytes: 0 }));
    return { address: null, peers, refused: this.#refused > 0 ? { 'no-listener': this.#refused } : {} };
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const id of [...this.#peers.keys()]) this.#drop(id);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** For the channels. */
  get connected(): Iterable<NodeId> {
    return this.#peers.keys();
  }

  /** For the channels. */
  send(to: NodeId, channel: string, message: unknown): boolean {
    const peer = this.#peers.get(to);
    if (peer === undefined || this.#closed) return false;
    if (peer.queued >= MAX_QUEUED_MESSAGES) {
      peer.counts.dropped++;
      return false;
    }
    post(peer.port, { channel, message });
    peer.queued++;
    peer.counts.sent++;
    return true;
  }

  #receive(from: NodeId, peer: Peer, parcel: Parcel): void {
    if (this.#peers.get(from) !== peer) return; // a port that was given up
    if ('taken' in parcel) {
      peer.queued -= parcel.taken;
      return;
    }
    post(peer.port, { taken: 1 });
    const delivered = this.#channels.get(parcel.channel)?.deliver(from, parcel.message) ?? false;
    if (delivered) peer.counts.received++;
    else this.#refused++;
  }

  #drop(id: NodeId): void {
    const peer = this.#peers.get(id);
    if (peer === undefined) return;
    this.#peers.delete(id);
    peer.port.close();
    this.#notify(id, false);
  }

  #notify(id: NodeId, up: boolean): void {
    for (const channel of this.#channels.values()) channel.notify(id, up);
  }
}

class PortChannel implements Channel {
  readonly name: string;
  readonly supports = { ordered: true, maxBytes: Infinity };
  readonly #transport: PortTransport;
  #listener: ChannelListener | null = null;
  /** Whether the listener was told of the peers that were there before it. */
  #introduced = false;

  constructor(name: string, transport: PortTransport) {
    this.name = name;
    this.#transport = transport;
  }

  send(to: NodeId, message: unknown): boolean {
    return this.#transport.send(to, this.name, message);
  }

  listen(listener: ChannelListener): () => void {
    if (this.#listener !== null) throw new QuorateError('channel-in-use', `somebody listens to ${this.name} already`);
    this.#listener = listener;
    this.#introduced = false;
    queueMicrotask(() => this.#introduce(listener)); // never within this call
    return () => {
      if (this.#listener === listener) this.#listener = null;
    };
  }

  deliver(from: NodeId, message: unknown): boolean {
    this.#listener?.message(from, message);
    return this.#listener !== null;
  }

  notify(id: NodeId, up: boolean): void {
    if (this.#introduced) this.#listener?.peer?.(id, up);
  }

  #introduce(listener: ChannelListener): void {
    if (this.#listener !== listener) return;
    this.#introduced = true;
    for (const id of this.#transport.connected) listener.peer?.(id, true);
  }
}

/** Ports copy what they carry, and refuse functions and the like. */
function post(port: MessagePort, parcel: Parcel): void {
  try {
    port.postMessage(parcel);
  } catch (cause) {
    throw new QuorateError('not-encodable', `the message cannot be copied: ${String(cause)}`, { cause });
  }
}
