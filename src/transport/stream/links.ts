import { QuorateError } from '../../core/index.js';
import type { NodeId } from '../../core/index.js';
import { Counters } from '../counters.js';
import type { ByteStream, StreamEdge } from './byte-stream.js';
import { Connection } from './connection.js';
import type { ConnectionOwner } from './connection.js';
import { keepDialing } from './dialer.js';
import { findStranger } from './handshake.js';
import type { Verdict } from './handshake.js';
import type { Hello } from './hello.js';
import type { CheckedStreamOptions } from './options.js';
import { keepsPresent, Peer, whileDialing } from './peer.js';
import { ConnectionRefusedError } from './refusal.js';
import { Told } from './told.js';

/** Who uses the {@link Links}. */
export interface LinksUser<InboundChannel> {
  /** The other side gave a name to a channel number. */
  named(name: string): InboundChannel;
  /** A message came. */
  message(peer: Peer<InboundChannel>, channel: InboundChannel, body: Uint8Array): void;
  /** A peer came or went. */
  notify(id: NodeId, up: boolean): void;
}

/** Makes and keeps the connections with all peers: at most one with each, dialed by either side. */
export class Links<InboundChannel> implements ConnectionOwner<InboundChannel> {
  readonly peers = new Map<NodeId, Peer<InboundChannel>>();
  readonly refused = new Counters();
  readonly #options: CheckedStreamOptions;
  readonly #edge: StreamEdge;
  readonly #user: LinksUser<InboundChannel>;
  readonly #told = new Told();
  readonly #connections = new Set<Connection<InboundChannel>>();
  /** Those that others dialed and that were never open, the oldest first. */
  readonly #strangers = new Set<Connection<InboundChannel>>();
  #accepted = 0;
  #closed = false;

  constructor(options: CheckedStreamOptions, edge: StreamEdge, user: LinksUser<InboundChannel>) {
    this.#options = options;
    this.#edge = edge;
    this.#user = user;
  }

  /** Takes on a stream that another node dialed. */
  accept(stream: ByteStream): void {
    const full = this.#accepted >= this.#options.maxConnections;
    if (this.#closed || (full && !this.#makeRoom())) {
      stream.destroy();
      const detail = `${this.#accepted} are open, the most allowed`;
      this.#report(new ConnectionRefusedError('too-many-connections', stream.remote, detail), stream.host);
      return;
    }
    this.#accepted++;
    const connection = new Connection(stream, null, this.#options, this);
    this.#connections.add(connection);
    this.#strangers.add(connection);
    void connection.closed.then(() => {
      this.#accepted--;
      this.#strangers.delete(connection);
    });
  }

  /**
   * At the limit the oldest connection that was never open gives way. A peer says who it is at once, so those who do not
   * cannot keep it out, unless as many of them come while its hello is on the way as there may be connections. Says
   * whether one gave way.
   */
  #makeRoom(): boolean {
    const [oldest] = this.#strangers;
    if (oldest === undefined) return false;
    this.#strangers.delete(oldest);
    oldest.refuse('too-many-connections', 'it was not open yet, and others came');
    oldest.destroy(); // also when it was refused before and is still saying goodbye
    return true;
  }

  /** Says where a peer is dialed. An open connection stays as it is. */
  setTarget(id: NodeId, target: string | null): void {
    let peer = this.peers.get(id);
    if (peer === undefined) {
      if (target === null) return;
      peer = new Peer(id);
      this.peers.set(id, peer);
    }
    if (peer.address === target) return;
    peer.address = target;
    peer.dialing?.abort();
    peer.dialing = null;
    this.#tend(peer);
  }

  /** Ends all dialing and all connections, after trying to send what is queued. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const peer of this.peers.values()) peer.dialing?.abort();
    const { closeGraceMs } = this.#options;
    await Promise.all(Array.from(this.#connections, (connection) => connection.close(closeGraceMs)));
  }

  // For the connections.

  connected(connection: Connection<InboundChannel>): void {
    const { dialed } = connection;
    if (dialed === null) return;
    const stranger = findStranger(dialed, connection.certificate);
    if (stranger !== null)
      connection.refuse(stranger.reason, stranger.detail); // who hears nothing of this node
    else connection.sendControl(connection.handshake.start(dialed));
  }

  greeted(connection: Connection<InboundChannel>, body: Uint8Array): void {
    const verdict = connection.handshake.receive(body);
    if (verdict instanceof Promise) void verdict.then((later) => this.#carryOut(connection, later));
    else this.#carryOut(connection, verdict);
  }

  named(name: string): InboundChannel {
    return this.#user.named(name);
  }

  message(connection: Connection<InboundChannel>, channel: InboundChannel, body: Uint8Array): void {
    this.#user.message(this.peers.get(connection.hello!.id)!, channel, body);
  }

  ended(connection: Connection<InboundChannel>, refusal: ConnectionRefusedError | null): void {
    this.#connections.delete(connection);
    if (refusal !== null) this.#report(refusal, this.#nameOf(connection));
    if (connection.hello !== null) this.#lost(connection, connection.hello.id);
    else if (connection.dialed !== null) this.#attemptFailed(connection, connection.dialed);
  }

  // What becomes of connections.

  #lost(connection: Connection<InboundChannel>, id: NodeId): void {
    const peer = this.peers.get(id);
    if (peer?.connection !== connection) return;
    peer.connection = null;
    this.#user.notify(id, false);
    this.#tend(peer);
  }

  #attemptFailed(connection: Connection<InboundChannel>, id: NodeId): void {
    const peer = this.peers.get(id);
    if (peer?.attempt !== connection) return;
    peer.attempt = null;
    const held = peer.held;
    peer.held = null;
    if (held !== null && !held.connection.ended && !this.#closed) this.#adopt(peer, held.connection, held.hello);
  }

  /** Sees to it that a peer with an address is connected or dialed, and that one with neither is forgotten. */
  #tend(peer: Peer<InboundChannel>): void {
    if (peer.connection !== null || this.#closed) return;
    if (peer.address === null) {
      if (this.peers.get(peer.id) === peer) this.peers.delete(peer.id);
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
  async #dial(peer: Peer<InboundChannel>, signal: AbortSignal): Promise<'again' | 'stop'> {
    if (peer.connection !== null || peer.address === null) return 'stop';
    const stream = this.#edge.dial(peer.address, peer.id);
    const connection = new Connection<InboundChannel>(stream, peer.id, this.#options, this);
    peer.attempt = connection;
    this.#connections.add(connection);
    await untilClosed(connection.closed, signal, () => {
      if (connection.hello === null) connection.destroy(); // an open one outlives the dialing
    });
    if (peer.connection !== null) return 'stop';
    const livedMs = connection.hello === null ? 0 : performance.now() - connection.openedAt;
    if (livedMs > this.#options.reconnectMaxMs) return 'again';
    const why = connection.error === null ? '' : ` (${connection.error.message})`;
    const where = `no connection with ${connection.remote}${why}; it is dialed again`;
    const error = new QuorateError('dial-failed', where, { cause: connection.error ?? undefined });
    if (connection.error !== null && !signal.aborted) this.#tell(error, peer.id, error.code);
    throw error;
  }

  #carryOut(connection: Connection<InboundChannel>, verdict: Verdict): void {
    if (connection.ended) return; // while a proof was computed
    if (verdict.type === 'continue') for (const body of verdict.send) connection.sendControl(body);
    else if (verdict.type === 'accepted') this.#decide(connection, verdict.hello);
    else if (verdict.aloud) connection.refuseAloud(verdict.reason, verdict.detail);
    else connection.refuse(verdict.reason, verdict.detail, verdict.cause);
  }

  /** The other side is who it says to be: takes the connection on, refuses it as one too many, or lets it wait. */
  #decide(connection: Connection<InboundChannel>, hello: Hello): void {
    const peer = this.peers.get(hello.id) ?? new Peer<InboundChannel>(hello.id);
    if (peer.connection !== null && this.#keepsPresent(peer.connection, connection, hello)) {
      this.#refuseDuplicate(connection);
    } else if (peer.attempt === null || peer.attempt === connection) {
      this.#adopt(peer, connection, hello);
    } else if (whileDialing(this.#options.id, peer.id, peer.attempt.handshake.offered) === 'take') {
      this.#adopt(peer, connection, hello);
    } else {
      if (peer.held !== null) this.#refuseDuplicate(peer.held.connection);
      peer.held = { connection, hello };
    }
  }

  /** Makes a connection the one of its peer; what else is there or under way with that peer ends. */
  #adopt(peer: Peer<InboundChannel>, connection: Connection<InboundChannel>, hello: Hello): void {
    const { attempt, held, connection: present } = peer;
    peer.attempt = null;
    peer.held = null;
    peer.connection = null;
    if (attempt !== connection) attempt?.destroy();
    if (held !== null && held.connection !== connection) this.#refuseDuplicate(held.connection);
    if (present !== null) this.#user.notify(peer.id, false); // what was under way on it is lost
    present?.destroy();
    this.peers.set(peer.id, peer);
    this.#strangers.delete(connection);
    peer.connection = connection;
    connection.open(hello, performance.now());
    if (connection.dialed === null) connection.sendControl(connection.handshake.acceptance());
    this.#told.connected(hello.id);
    this.#told.connected(connection.host);
    this.#user.notify(peer.id, true);
  }

  #keepsPresent(present: Connection<InboundChannel>, next: Connection<InboundChannel>, hello: Hello): boolean {
    const dialerOf = ({ dialed }: Connection<InboundChannel>): NodeId =>
      dialed === null ? hello.id : this.#options.id;
    return keepsPresent(
      { dialer: dialerOf(present), incarnation: present.hello!.incarnation },
      { dialer: dialerOf(next), incarnation: hello.incarnation },
      performance.now() - present.openedAt,
      this.#options.handshakeTimeoutMs,
    );
  }

  /** One that was dialed without a secret has this side's hello, and sees it hang up. */
  #refuseDuplicate(connection: Connection<InboundChannel>): void {
    const detail = 'both sides dialed at once, and the other connection is kept';
    if (connection.dialed === null) connection.refuseAloud('duplicate', detail);
    else connection.refuse('duplicate', detail);
  }

  /** Under which name a refusal is remembered: an id that anybody can claim must not push others out of memory. */
  #nameOf({ dialed, handshake, host }: Connection<InboundChannel>): string {
    return dialed ?? handshake.believed ?? host;
  }

  #report(refusal: ConnectionRefusedError, who: string): void {
    this.refused.add(refusal.reason);
    if (refusal.reason !== 'duplicate') this.#tell(refusal, who, refusal.reason);
  }

  /** Tells what is news, so that a peer that dials again and again does not fill the log. */
  #tell(error: QuorateError, who: string, reason: string): void {
    if (this.#told.isNews(who, reason)) this.#options.onRefused(error);
  }
}

/** Resolves when the stream is closed, or when the signal aborts, which `onAbort` hears first. */
function untilClosed(closed: Promise<void>, signal: AbortSignal, onAbort: () => void): Promise<void> {
  return new Promise((resolve) => {
    const abort = (): void => {
      onAbort();
      resolve();
    };
    signal.addEventListener('abort', abort, { once: true });
    void closed.then(() => {
      signal.removeEventListener('abort', abort);
      resolve();
    });
  });
}
