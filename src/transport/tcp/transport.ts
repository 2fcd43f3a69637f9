import { connect } from 'node:net';
import type { Server, Socket } from 'node:net';
import type { Codec } from '../../codec/index.js';
import { checkNodeId, ClosedError, InvalidOptionError, QuorateError } from '../../core/index.js';
import type { Channel, NodeId, Transport, TransportStatus } from '../../core/index.js';
import { Counters } from '../counters.js';
import { isChannelName, MAX_CHANNEL_NAME_LENGTH, Port } from '../port.js';
import type { PortHost } from '../port.js';
import { parseAddress } from './address.js';
import type { HostPort } from './address.js';
import { Connection } from './connection.js';
import type { ConnectionOwner } from './connection.js';
import { keepDialing } from './dialer.js';
import {
  ConnectionRefusedError,
  encodeHello,
  encodeRefusal,
  findMismatch,
  parseFirst,
  PROTOCOL_VERSION,
} from './hello.js';
import type { Hello, RefusalReason } from './hello.js';
import type { CheckedOptions } from './options.js';
import { keepsPresent, Peer } from './peer.js';
import type { Rival } from './peer.js';

/** A transport over TCP, made by `openTcpTransport`. */
export interface TcpTransport extends Transport {
  /** `host:port` where this transport listens, with the port that it really got; `null` for a client. */
  readonly address: string | null;
  /**
   * Resolves once the peer is connected, at once when it is.
   *
   * @throws ClosedError when the transport is closed first; the reason of the signal when that aborts first
   */
  connected(id: NodeId, options?: { readonly signal?: AbortSignal }): Promise<void>;
}

/** Channels are numbered by one byte, and 0 is for control. */
const MAX_CHANNELS = 255;

/** A channel with its number on the connections of this side. */
class TcpPort extends Port {
  readonly number: number;
  readonly codec: Codec;

  constructor(name: string, number: number, codec: Codec, maxBytes: number, host: PortHost) {
    super(name, { ordered: true, maxBytes }, host);
    this.number = number;
    this.codec = codec;
  }
}

/** A channel as the other side named it. The port is looked up until there is one. */
interface Inbound {
  readonly name: string;
  port: TcpPort | null;
}

interface Waiter {
  resolve(): void;
  reject(reason: unknown): void;
}

/** Peers, their connections, and what flows between them and the channels. */
export class TcpNode implements TcpTransport, PortHost, ConnectionOwner<Inbound> {
  readonly id: NodeId;
  readonly address: string | null;
  readonly #options: CheckedOptions;
  readonly #server: Server | null;
  readonly #ports = new Map<string, TcpPort>();
  readonly #peers = new Map<NodeId, Peer<Inbound>>();
  readonly #connections = new Set<Connection<Inbound>>();
  readonly #waiters = new Map<NodeId, Set<Waiter>>();
  readonly #refused = new Counters();
  #accepted = 0;
  #closing: Promise<void> | null = null;

  /** @param server - listens already, at `address`; both `null` for a client */
  constructor(options: CheckedOptions, server: Server | null, address: string | null) {
    this.id = options.id;
    this.address = address;
    this.#options = options;
    this.#server = server;
    server?.on('connection', (socket) => this.#accept(socket));
    server?.on('error', () => this.#refused.add('accept-failed')); // such as too many open files; it goes on listening
    for (const [id, target] of options.addresses) this.#setTarget(id, target);
  }

  channel(name: string): Channel {
    const known = this.#ports.get(name);
    if (known !== undefined) return known;
    if (!isChannelName(name)) {
      throw new InvalidOptionError(
        'name',
        name,
        `1 to ${MAX_CHANNEL_NAME_LENGTH} printable ASCII characters without spaces`,
      );
    }
    const number = this.#ports.size + 1;
    if (number > MAX_CHANNELS) {
      throw new QuorateError('too-many-channels', `a transport has at most ${MAX_CHANNELS} channels`);
    }
    const { codec, codecs, maxFrameBytes } = this.#options;
    const own = Object.hasOwn(codecs, name) ? codecs[name]! : codec;
    const port = new TcpPort(name, number, own, maxFrameBytes - 1, this);
    this.#ports.set(name, port);
    return port;
  }

  setAddress(id: NodeId, address: string | null): void {
    checkNodeId('id', id);
    const target = address === null ? null : parseAddress('address', address);
    if (this.#closing === null && id !== this.id) this.#setTarget(id, target);
  }

  async connected(id: NodeId, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const { signal } = options;
    signal?.throwIfAborted();
    if (this.#closing !== null) throw new ClosedError('the transport');
    if (this.#peers.get(id)?.connection) return;
    const waiters = this.#waiters.get(id) ?? new Set();
    this.#waiters.set(id, waiters);
    let waiter: Waiter | undefined;
    const abort = (): void => waiter?.reject(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    try {
      await new Promise<void>((resolve, reject) => waiters.add((waiter = { resolve, reject })));
    } finally {
      signal?.removeEventListener('abort', abort);
      waiters.delete(waiter!);
      if (waiters.size === 0 && this.#waiters.get(id) === waiters) this.#waiters.delete(id);
    }
  }

  status(): TransportStatus {
    const peers = Array.from(this.#peers.values(), (peer) => peer.status());
    return { address: this.#closing === null ? this.address : null, peers, refused: this.#refused.toRecord() };
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
    for (const peer of this.#peers.values()) if (peer.connection !== null) yield peer.id;
  }

  send(port: Port, to: NodeId, message: unknown): boolean {
    const peer = this.#peers.get(to);
    if (peer === undefined) return false;
    if (peer.connection !== null) {
      const { number, name, codec } = port as TcpPort;
      const body = codec.encodeShared?.(message) ?? codec.encode(message);
      if (peer.connection.send(number, name, body)) {
        peer.sent++;
        return true;
      }
    }
    peer.dropped++;
    return false;
  }

  // For the connections.

  first(connection: Connection<Inbound>, body: Uint8Array): void {
    let first: ReturnType<typeof parseFirst>;
    try {
      first = parseFirst(body);
    } catch (error) {
      connection.refuse('malformed', 'its hello is malformed', error);
      return;
    }
    if ('refused' in first) connection.refuse('refused-by-peer', `the reason it gave is: ${first.refused}`);
    else this.#greet(connection, first);
  }

  named(name: string): Inbound {
    return { name, port: null };
  }

  message(connection: Connection<Inbound>, inbound: Inbound, body: Uint8Array): void {
    const peer = this.#peers.get(connection.hello!.id)!;
    const port = (inbound.port ??= this.#ports.get(inbound.name) ?? null);
    if (port?.hasListener !== true) {
      this.#refused.add(port === null ? 'unknown-channel' : 'no-listener');
      return;
    }
    let message: unknown;
    try {
      message = port.codec.decode(body);
    } catch (error) {
      connection.refuse('malformed', `a message on channel ${inbound.name} is malformed`, error);
      return;
    }
    peer.received++;
    port.deliver(peer.id, message);
  }

  ended(connection: Connection<Inbound>, refusal: ConnectionRefusedError | null): void {
    this.#connections.delete(connection);
    if (refusal !== null) this.#report(refusal);
    const peer = connection.hello === null ? undefined : this.#peers.get(connection.hello.id);
    if (peer?.connection !== connection) return;
    peer.connection = null;
    this.#notify(peer.id, false);
    if (peer.connection === null) this.#tend(peer);
  }

  // Making connections.

  #accept(socket: Socket): void {
    if (this.#accepted >= this.#options.maxConnections || this.#closing !== null) {
      socket.on('error', () => {}); // it is over anyway
      socket.destroy();
      this.#report(
        new ConnectionRefusedError(
          'too-many-connections',
          'a new peer',
          `${this.#accepted} are open, the most allowed`,
        ),
      );
      return;
    }
    this.#accepted++;
    socket.once('close', () => this.#accepted--);
    this.#connections.add(new Connection(socket, null, this, this.#options));
  }

  #setTarget(id: NodeId, target: HostPort | null): void {
    let peer = this.#peers.get(id);
    if (peer === undefined) {
      if (target === null) return;
      peer = new Peer(id);
      this.#peers.set(id, peer);
    }
    if (peer.address?.host === target?.host && peer.address?.port === target?.port) return;
    peer.address = target;
    peer.dialing?.abort();
    peer.dialing = null;
    this.#tend(peer);
  }

  /** Sees to it that a peer with an address is connected or dialed, and that one with neither is forgotten. */
  #tend(peer: Peer<Inbound>): void {
    if (peer.connection !== null || this.#closing !== null) return;
    if (peer.address === null) {
      if (this.#peers.get(peer.id) === peer) this.#peers.delete(peer.id);
      return;
    }
    if (peer.dialing !== null) return;
    const dialing = new AbortController();
    peer.dialing = dialing;
    void keepDialing(() => this.#dial(peer, dialing.signal), this.#options, dialing.signal).then(() => {
      if (peer.dialing !== dialing) return;
      peer.dialing = null;
      this.#tend(peer);
    });
  }

  /** One attempt of `keepDialing`: dials and stays until the connection is over. */
  async #dial(peer: Peer<Inbound>, signal: AbortSignal): Promise<'again' | 'stop'> {
    if (peer.connection !== null || peer.address === null) return 'stop';
    const socket = connect({ ...peer.address });
    const connection = new Connection<Inbound>(socket, peer.id, this, this.#options);
    this.#connections.add(connection);
    socket.once('connect', () => connection.sendHello(this.#hello(peer.id)));
    await new Promise<void>((resolve) => {
      const abort = (): void => {
        if (connection.hello === null) connection.destroy();
        resolve(); // an open connection outlives the dialing: it may go on without an address
      };
      signal.addEventListener('abort', abort, { once: true });
      socket.once('close', () => {
        signal.removeEventListener('abort', abort);
        resolve();
      });
    });
    if (peer.connection !== null) return 'stop';
    if (connection.hello !== null && performance.now() - connection.openedAt > this.#options.reconnectMaxMs)
      return 'again';
    throw this.#dialError(connection);
  }

  #dialError(connection: Connection<Inbound>): QuorateError {
    const error = new QuorateError('dial-failed', `no connection with ${connection.remote}; it is dialed again`, {
      cause: connection.error ?? undefined,
    });
    if (connection.error !== null) this.#options.onRefused(error);
    return error;
  }

  #hello(to: NodeId): Uint8Array {
    const { id, cluster, incarnation, maxFrameBytes } = this.#options;
    return encodeHello({ version: PROTOCOL_VERSION, id, cluster, incarnation, to, maxFrameBytes });
  }

  /** Answers the hello of the other side: takes the connection on, or refuses it. */
  #greet(connection: Connection<Inbound>, hello: Hello): void {
    const mismatch = findMismatch(this.#options, hello, connection.dialed);
    if (mismatch !== null) {
      this.#refuse(connection, mismatch.reason, mismatch.detail);
      return;
    }
    const peer = this.#peers.get(hello.id) ?? new Peer<Inbound>(hello.id);
    const present = peer.connection;
    if (present !== null && this.#keepsPresent(present, connection, hello)) {
      this.#refuse(connection, 'duplicate', 'both sides dialed at once, and the other connection is kept');
      return;
    }
    if (present !== null) this.#giveUp(peer, present);
    this.#peers.set(hello.id, peer);
    peer.connection = connection;
    connection.open(hello, performance.now());
    if (connection.dialed === null) connection.sendHello(this.#hello(hello.id));
    this.#notify(peer.id, true);
  }

  /** Ends a connection that another one replaces. Messages on it are lost, which peers learn from the notices. */
  #giveUp(peer: Peer<Inbound>, present: Connection<Inbound>): void {
    peer.connection = null;
    this.#notify(peer.id, false);
    present.destroy();
  }

  #keepsPresent(present: Connection<Inbound>, next: Connection<Inbound>, hello: Hello): boolean {
    const rival = (dialed: NodeId | null, incarnation: string): Rival => ({
      dialer: dialed === null ? hello.id : this.id,
      incarnation,
    });
    return keepsPresent(
      rival(present.dialed, present.hello!.incarnation),
      rival(next.dialed, hello.incarnation),
      performance.now() - present.openedAt,
      this.#options.handshakeTimeoutMs,
    );
  }

  /** Tells a side that dialed why it is refused; one that was dialed has this side's hello and sees it hang up. */
  #refuse(connection: Connection<Inbound>, reason: RefusalReason, detail: string): void {
    if (connection.dialed === null) connection.refuseAloud(reason, detail, encodeRefusal(reason));
    else connection.refuse(reason, detail);
  }

  #report(refusal: ConnectionRefusedError): void {
    this.#refused.add(refusal.reason);
    if (refusal.reason !== 'duplicate') this.#options.onRefused(refusal);
  }

  #notify(id: NodeId, up: boolean): void {
    if (up) for (const waiter of this.#waiters.get(id) ?? []) waiter.resolve();
    for (const port of this.#ports.values()) port.notify(id, up);
  }

  async #close(): Promise<void> {
    await Promise.resolve(); // so that `#closing` is set before anybody is told anything
    const { closeGraceMs } = this.#options;
    for (const peer of this.#peers.values()) peer.dialing?.abort();
    const server = this.#server;
    const unbound = server === null ? null : new Promise<void>((resolve) => server.close(() => resolve()));
    await Promise.all(Array.from(this.#connections, (connection) => connection.close(closeGraceMs)));
    for (const waiters of this.#waiters.values()) {
      for (const waiter of waiters) waiter.reject(new ClosedError('the transport'));
    }
    await unbound;
  }
}
