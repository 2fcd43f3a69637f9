import type { RemoteInfo, Socket } from 'node:dgram';
import { checkNodeId } from '../../core/index.js';
import type { Channel, ChannelSupport, NodeId, Transport, TransportStatus } from '../../core/index.js';
import { Channels, type CodecPort } from '../channels.js';
import { Counters } from '../counters.js';
import type { Port, PortHost } from '../port.js';
import { parseAddress } from '../../core/index.js';
import type { HostPort } from '../../core/index.js';
import { Authenticator } from './authenticator.js';
import { encodeDatagram, parseDatagram, type Datagram } from './datagram.js';
import { largestOverhead, type CheckedOptions } from './options.js';
import { PeerTable, type UdpPeer } from './peers.js';
import { Target, type Endpoint, type Resolving } from './target.js';

/** A transport over UDP, made by `openUdpTransport`. */
export interface UdpTransport extends Transport {
  /** `host:port` where this transport receives, with the port that it really got. */
  readonly address: string;
}

/** Why a datagram was dropped on arrival. Counted in `status().refused` under this name. */
export type DatagramRefusal =
  /** Its first byte names another version of the format. */
  | 'version'
  /** It is no datagram of this format, or its body is no message. */
  | 'malformed'
  /** It is larger than `maxDatagramBytes`. */
  | 'too-large'
  /** It is for another cluster. */
  | 'cluster'
  /** It is for another node. */
  | 'receiver'
  /** It claims to be from this node. */
  | 'own-id'
  /** Its tag is missing or wrong; or it has one, and this node has no secret to check it with. */
  | 'unauthenticated'
  /** Its source port is 0, where nothing can be sent. */
  | 'source'
  /** It is for a channel that nobody made here. */
  | 'unknown-channel'
  /** It is for a channel that nobody listens to. */
  | 'no-listener';

/** The channels of one node, and one socket. */
export class UdpNode implements UdpTransport, PortHost {
  readonly id: NodeId;
  readonly address: string;
  readonly #options: CheckedOptions;
  readonly #socket: Socket;
  readonly #resolving: Resolving;
  readonly #authenticator: Authenticator | null;
  readonly #refused = new Counters();
  readonly #channels: Channels;
  readonly #peers: PeerTable;
  /** Bytes that the system was given and has not sent yet. */
  #queuedBytes = 0;
  #closing: Promise<void> | null = null;

  /** @param socket - bound already, at `address` */
  constructor(options: CheckedOptions, socket: Socket, address: string, resolving: Resolving) {
    const { id, codec, codecs, secrets, maxLearnedPeers } = options;
    this.id = id;
    this.address = address;
    this.#options = options;
    this.#socket = socket;
    this.#resolving = resolving;
    this.#authenticator = secrets === null ? null : new Authenticator(secrets);
    const supports = (name: string): ChannelSupport => this.#supports(name);
    this.#channels = new Channels({ codec, codecs, host: this, refused: this.#refused, supports });
    this.#peers = new PeerTable(maxLearnedPeers, () => this.#refused.add('peer-evicted'));
    socket.on('message', (bytes, from) => this.#receive(bytes, from));
    socket.on('error', () => this.#refused.add('receive-failed')); // of one datagram; the socket goes on
    for (const [peer, told] of options.addresses) this.#tell(peer, told);
  }

  channel(name: string): Channel {
    return this.#channels.open(name);
  }

  setAddress(id: NodeId, address: string | null): void {
    checkNodeId('id', id);
    const told = address === null ? null : parseAddress('address', address);
    if (this.#closing === null && id !== this.id) this.#tell(id, told);
  }

  status(): TransportStatus {
    const heardSince = performance.now() - this.#options.heardWithinMs;
    return {
      address: this.#closing === null ? this.address : null,
      peers: Array.from(this.#peers, (peer) => peer.status(heardSince)),
      refused: this.#refused.toRecord(),
    };
  }

  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => this.#socket.close(resolve));
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  // For the ports.

  /** None: a socket without connections notices nobody come or go, and says nothing rather than guess. */
  connectedPeers(): Iterable<NodeId> {
    return [];
  }

  send(port: Port, to: NodeId, message: unknown): boolean {
    const peer = this.#peers.get(to);
    if (peer === undefined) return false;
    const endpoint = this.#closing === null ? peer.endpoint() : null;
    const body = endpoint === null ? null : (port as CodecPort).encode(message);
    if (body !== null && body.length <= port.supports.maxBytes) {
      const bytes = this.#datagram(to, port.name, body);
      if (this.#queuedBytes + bytes.length <= this.#options.maxQueuedBytes) {
        this.#post(peer, endpoint!, bytes);
        return true;
      }
    }
    peer.dropped++;
    return false;
  }

  #post(peer: UdpPeer, { address, port }: Endpoint, bytes: Buffer): void {
    const { length } = bytes;
    peer.sent++;
    peer.queuedBytes += length;
    this.#queuedBytes += length;
    this.#socket.send(bytes, port, address, (error) => {
      peer.queuedBytes -= length;
      this.#queuedBytes -= length;
      if (error === null) return;
      peer.sent--; // the system did not take it: no route, or too large for the interface
      peer.dropped++;
    });
  }

  #datagram(to: NodeId, channel: string, body: Uint8Array): Buffer {
    const { id, cluster } = this.#options;
    const bytes = encodeDatagram({ cluster, from: id, to, channel, tagged: this.#authenticator !== null }, body);
    this.#authenticator?.sign(bytes);
    return bytes;
  }

  /** Nothing is ever answered to what is refused: a forged source would receive it. */
  #receive(bytes: Buffer, from: RemoteInfo): void {
    if (this.#closing !== null) return;
    const datagram = parseDatagram(bytes);
    const refusal = typeof datagram === 'string' ? datagram : this.#findRefusal(bytes, datagram, from);
    if (refusal === null) this.#deliver(datagram as Datagram, from);
    else this.#refused.add(refusal);
  }

  /** What is cheap to see comes first, so that a flood costs little. */
  #findRefusal(bytes: Buffer, datagram: Datagram, { port }: RemoteInfo): DatagramRefusal | null {
    const { id, cluster, maxDatagramBytes } = this.#options;
    if (bytes.length > maxDatagramBytes) return 'too-large';
    if (datagram.cluster !== cluster) return 'cluster';
    if (datagram.to !== id) return 'receiver';
    if (datagram.from === id) return 'own-id';
    if (port === 0) return 'source';
    if (datagram.tagged !== (this.#authenticator !== null)) return 'unauthenticated';
    return this.#authenticator?.verify(bytes) === false ? 'unauthenticated' : null;
  }

  #deliver({ from, channel, body }: Datagram, source: Endpoint): void {
    const peer = this.#peers.heard(from, source, performance.now());
    const port = this.#channels.listening(channel);
    if (port === null) return;
    let message: unknown;
    try {
      message = port.codec.decode(body);
    } catch {
      this.#refused.add('malformed');
      return;
    }
    peer.received++;
    port.deliver(from, message);
  }

  #tell(id: NodeId, told: HostPort | null): void {
    const known = this.#peers.get(id)?.target?.told;
    if (told !== null && known?.host === told.host && known.port === told.port) return;
    this.#peers.tell(id, told === null ? null : new Target(told, this.#resolving));
  }

  #supports(channel: string): ChannelSupport {
    const { id, cluster, secrets, maxDatagramBytes } = this.#options;
    const maxBytes = maxDatagramBytes - largestOverhead(cluster, id, channel, secrets !== null);
    return { ordered: false, maxBytes };
  }
}
