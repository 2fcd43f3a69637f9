import { checkNodeId, ClosedError, InvalidOptionError } from '../../core/index.js';
import type { Channel, NodeId, Transport, TransportStatus } from '../../core/index.js';
import { Channels, type CodecPort } from '../channels.js';
import { Counters } from '../counters.js';
import type { Port, PortHost } from '../port.js';
import type { ConnectionRefusedError } from '../stream/refusal.js';
import { Waiters } from '../stream/waiters.js';
import { PortConnection, type ConnectionOwner } from './connection.js';
import { checkPort, type MessagePortLike } from './message-port.js';
import type { CheckedOptions } from './options.js';

/** A transport over message ports, made by `openPortTransport`. */
export interface PortTransport extends Transport {
  /**
   * Reaches a node through a port from now on; the other end belongs to that node. The transport takes the port over: it
   * must carry nothing else, serves one connection, and a `MessagePort` (also `parentPort`) is closed when that is over.
   * A `Worker` is not ended. A port that the node was reached through before is given up.
   *
   * @throws InvalidOptionError
   * @throws ClosedError when the transport is closed
   */
  connect(id: NodeId, port: MessagePortLike): void;
  /** Posts what is queued for a node and gives its port up. Harmless when there is none. */
  disconnect(id: NodeId): void;
  /**
   * Resolves once the peer is connected, at once when it is. A peer without a port is waited for, too.
   *
   * @throws ClosedError when the transport is closed first; the reason of the signal when that aborts first
   */
  connected(id: NodeId, options?: { readonly signal?: AbortSignal }): Promise<void>;
}

/** The channels of one node, and the ports to its peers. */
export class PortNode implements PortTransport, PortHost, ConnectionOwner {
  readonly id: NodeId;
  readonly #options: CheckedOptions;
  readonly #refused = new Counters();
  readonly #channels: Channels;
  readonly #waiters = new Waiters();
  /** One for each port that the program gave and that is not given up. */
  readonly #connections = new Map<NodeId, PortConnection>();
  #closing: Promise<void> | null = null;

  constructor(options: CheckedOptions) {
    const { id, codec, codecs, maxMessageBytes } = options;
    this.id = id;
    this.#options = options;
    const supports = { ordered: true, maxBytes: maxMessageBytes };
    this.#channels = new Channels({ codec, codecs, host: this, refused: this.#refused, supports: () => supports });
    for (const [peer, port] of options.ports) this.connect(peer, port);
  }

  connect(id: NodeId, port: MessagePortLike): void {
    checkNodeId('id', id);
    if (id === this.id) throw new InvalidOptionError('id', id, 'that of another node, not of this one');
    checkPort('port', port);
    if (this.#closing !== null) throw new ClosedError('the transport');
    this.disconnect(id);
    this.#connections.set(id, new PortConnection(id, port, this, this.#options));
  }

  disconnect(id: NodeId): void {
    this.#connections.get(id)?.leave();
  }

  channel(name: string): Channel {
    return this.#channels.open(name);
  }

  /** Checks the id; nodes are reached by ports, and addresses are not used. */
  setAddress(id: NodeId, _address: string | null): void {
    checkNodeId('id', id);
  }

  async connected(id: NodeId, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    options.signal?.throwIfAborted();
    if (this.#closing !== null) throw new ClosedError('the transport');
    if (this.#connections.get(id)?.isOpen !== true) await this.#waiters.wait(id, options.signal);
  }

  status(): TransportStatus {
    const peers = Array.from(this.#connections.values(), (connection) => connection.status());
    return { address: null, peers, refused: this.#refused.toRecord() };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  // For the ports of channels.

  *connectedPeers(): Iterable<NodeId> {
    for (const { peer, isOpen } of this.#connections.values()) if (isOpen) yield peer;
  }

  send(port: Port, to: NodeId, message: unknown): boolean {
    const connection = this.#connections.get(to);
    if (connection === undefined) return false;
    if (connection.isOpen && connection.send(port.name, (port as CodecPort).encode(message))) {
      connection.sent++;
      return true;
    }
    connection.dropped++;
    return false;
  }

  // For the connections.

  opened({ peer }: PortConnection): void {
    this.#waiters.release(peer);
    this.#channels.notify(peer, true);
  }

  message(connection: PortConnection, channel: string, body: Uint8Array): void {
    const port = this.#channels.listening(channel);
    if (port === null) return;
    let message: unknown;
    try {
      message = port.codec.decode(body);
    } catch (error) {
      connection.refuse('malformed', `a message on channel ${channel} is malformed`, error);
      return;
    }
    connection.received++;
    port.deliver(connection.peer, message);
  }

  ended(connection: PortConnection, refusal: ConnectionRefusedError | null): void {
    if (this.#connections.get(connection.peer) === connection) this.#connections.delete(connection.peer);
    if (connection.wasOpen) this.#channels.notify(connection.peer, false);
    if (refusal === null) return;
    this.#refused.add(refusal.reason);
    this.#options.onRefused(refusal);
  }

  async #close(): Promise<void> {
    await Promise.resolve(); // so that `#closing` is set before anybody is told anything
    for (const connection of this.#connections.values()) connection.leave();
    this.#waiters.rejectAll(new ClosedError('the transport'));
  }
}
