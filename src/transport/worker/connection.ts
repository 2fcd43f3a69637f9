import type { NodeId, PeerStatus } from '../../core/index.js';
import { ConnectionRefusedError, type RefusalReason } from '../stream/refusal.js';
import { encodeHello, findMismatch, parseHello, PROTOCOL_VERSION, type Hello } from './hello.js';
import { openPort, type MessagePortLike, type OpenPort } from './message-port.js';
import { acknowledgement, packedBytes, PacketKind, packetOf, PacketReader, PacketWriter } from './packet.js';

/**
 * How many packets may be under way to a peer. What is sent meanwhile gathers and leaves together. A few keep both
 * threads busy; a limit on bytes alone would let a busy thread pile up a million packets of ten bytes, each of which
 * takes hundreds of the platform.
 */
export const MAX_PACKETS = 32;

/** What a {@link PortConnection} tells the transport. */
export interface ConnectionOwner {
  /** The other side's hello was accepted: messages can flow. */
  opened(connection: PortConnection): void;
  /** A message came. */
  message(connection: PortConnection, channel: string, body: Uint8Array): void;
  /** It is over; said once, and nothing is said afterwards. `refusal` when one of the sides refused the other one. */
  ended(connection: PortConnection, refusal: ConnectionRefusedError | null): void;
}

/** What of the transport's options concerns its connections. */
export interface ConnectionOptions {
  readonly id: NodeId;
  readonly cluster: string;
  readonly maxMessageBytes: number;
  readonly maxQueuedBytes: number;
}

/** One port and the node at its other end. */
export class PortConnection {
  readonly peer: NodeId;
  sent = 0;
  received = 0;
  dropped = 0;
  readonly #options: ConnectionOptions;
  readonly #owner: ConnectionOwner;
  readonly #port: OpenPort;
  /** `null` until it is open. */
  #hello: Hello | null = null;
  #ended = false;
  readonly #writer = new PacketWriter();
  /** The sizes of the packets with messages that the other side has not taken out yet, in order. */
  readonly #underWay: number[] = [];
  #underWayBytes = 0;
  /** Packets taken out here of which the other side was not told. At most as many as it may have under way. */
  #taken = 0;
  #flushScheduled = false;

  constructor(peer: NodeId, port: MessagePortLike, owner: ConnectionOwner, options: ConnectionOptions) {
    this.peer = peer;
    this.#options = options;
    this.#owner = owner;
    this.#port = openPort(port, {
      message: (data) => this.#receive(data),
      unreadable: () => this.refuse('malformed', 'what it posted cannot be read here'),
      gone: () => this.#end(null),
    });
    this.#sayHello(false);
  }

  /** Whether messages can flow. */
  get isOpen(): boolean {
    return this.#hello !== null && !this.#ended;
  }

  /** Whether messages could flow at any time. */
  get wasOpen(): boolean {
    return this.#hello !== null;
  }

  /** Bytes that wait here, or that the other side has not taken out yet. */
  get queuedBytes(): number {
    return this.#writer.waiting + this.#underWayBytes;
  }

  status(): PeerStatus {
    const { peer: id, isOpen: connected, sent, received, dropped, queuedBytes } = this;
    return { id, connected, sent, received, dropped, queuedBytes };
  }

  /** Queues a message, which is copied. Returns false when it is too large, or too much is queued. */
  send(channel: string, body: Uint8Array): boolean {
    const { maxMessageBytes, maxQueuedBytes } = this.#options;
    if (this.#hello === null || this.#ended) return false;
    if (body.length > Math.min(maxMessageBytes, this.#hello.maxMessageBytes)) return false;
    if (this.queuedBytes + packedBytes(channel, body) > maxQueuedBytes) return false;
    this.#writer.append(channel, body);
    this.#scheduleFlush();
    return true;
  }

  /** Gives the port up because of what came out of it, and tells the other side why. */
  refuse(reason: RefusalReason, detail: string, cause?: unknown): void {
    if (this.#ended) return;
    this.#port.post(packetOf(PacketKind.refused, ascii(reason)));
    this.#end(new ConnectionRefusedError(reason, this.peer, detail, cause));
  }

  /** Posts what is queued, says goodbye and gives the port up. */
  leave(): void {
    if (this.#ended) return;
    if (this.#writer.waiting > 0) this.#port.post(this.#writer.take(this.#taken));
    this.#port.post(packetOf(PacketKind.bye));
    this.#end(null);
  }

  #receive(data: unknown): void {
    if (this.#ended) return;
    try {
      if (isOwnBytes(data)) this.#packet(data);
      else this.refuse('malformed', 'it posted something else than bytes');
    } catch (error) {
      this.refuse('malformed', 'it posted bytes that are no packet', error);
    }
  }

  /** @throws MalformedError */
  #packet(bytes: Uint8Array): void {
    const kind = bytes[0];
    if (kind === PacketKind.hello) this.#greet(parseHello(bytes.subarray(1)));
    else if (kind === PacketKind.bye) this.#end(null);
    else if (kind === PacketKind.refused) this.#refusedByPeer(bytes);
    else if (kind !== PacketKind.messages) this.refuse('malformed', `it posted a packet of an unknown kind, ${kind}`);
    else if (this.#hello === null) this.refuse('malformed', 'a message came before the hello');
    else this.#messages(new PacketReader(bytes, this.#options.maxMessageBytes));
  }

  #greet(hello: Hello): void {
    if (this.#hello !== null) {
      if (!hello.answer) this.refuse('malformed', 'it said hello twice: a port serves one connection');
      return;
    }
    const mismatch = findMismatch(this.#myHello(true), hello);
    if (mismatch !== null) {
      this.refuse(mismatch.reason, mismatch.detail);
      return;
    }
    this.#hello = hello;
    if (!hello.answer) this.#sayHello(true);
    this.#owner.opened(this);
  }

  #messages(packet: PacketReader): void {
    this.#acknowledged(packet.taken);
    if (!packet.more) return;
    while (packet.more && !this.#ended) {
      const { channel, body } = packet.next();
      this.#owner.message(this, channel, body);
    }
    this.#taken++;
    this.#scheduleFlush();
  }

  /** The other side took packets out: there is room for others. */
  #acknowledged(packets: number): void {
    if (packets > this.#underWay.length) {
      this.refuse('malformed', `it took ${packets} packets out, and ${this.#underWay.length} were under way`);
      return;
    }
    for (const size of this.#underWay.splice(0, packets)) this.#underWayBytes -= size;
    if (packets > 0) this.#scheduleFlush();
  }

  #refusedByPeer(bytes: Uint8Array): void {
    const reason = String.fromCharCode(...bytes.subarray(1, 65)).replace(/[^\x20-\x7e]/g, '?');
    this.#end(new ConnectionRefusedError('refused-by-peer', this.peer, `the reason it gave is: ${reason}`));
  }

  /** One packet for all that is sent, and taken out, in the callbacks of one event. */
  #scheduleFlush(): void {
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    queueMicrotask(this.#flush);
  }

  readonly #flush = (): void => {
    this.#flushScheduled = false;
    if (this.#ended) return;
    const taken = this.#taken;
    if (this.#writer.waiting > 0 && this.#underWay.length < MAX_PACKETS) {
      this.#underWay.push(this.#writer.waiting);
      this.#underWayBytes += this.#writer.waiting;
      this.#port.post(this.#writer.take(taken));
    } else if (taken > 0) {
      this.#port.post(acknowledgement(taken));
    }
    this.#taken = 0;
  };

  #sayHello(answer: boolean): void {
    this.#port.post(packetOf(PacketKind.hello, encodeHello(this.#myHello(answer))));
  }

  #myHello(answer: boolean): Hello {
    const { id, cluster, maxMessageBytes } = this.#options;
    return { version: PROTOCOL_VERSION, cluster, id, to: this.peer, maxMessageBytes, answer };
  }

  #end(refusal: ConnectionRefusedError | null): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#port.close();
    this.#owner.ended(this, refusal);
  }
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** Whether a value is bytes that nobody else can change. Also those of another realm count, as `instanceof` would not. */
function isOwnBytes(value: unknown): value is Uint8Array {
  const is = (what: unknown, name: string): boolean => Object.prototype.toString.call(what) === `[object ${name}]`;
  return is(value, 'Uint8Array') && is((value as Uint8Array).buffer, 'ArrayBuffer');
}
