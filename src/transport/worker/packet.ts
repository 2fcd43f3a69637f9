import { MalformedError } from '../../core/index.js';

/** The first byte of a packet, which is what one call of `postMessage` carries. */
export const PacketKind = {
  /** A hello in MessagePack follows. */
  hello: 0,
  /** How many packets were taken out, and messages follow. */
  messages: 1,
  /** The other end gives the port up. */
  bye: 2,
  /** The other end refuses this one; why, in ASCII, follows. */
  refused: 3,
} as const;

/** The kind, and a number of 32 bits: how many packets with messages were taken out since it was last said. */
const HEAD_BYTES = 5;

/** What precedes the name and the body of a message: the length of the name in one byte, that of the body in four. */
const LENGTHS_BYTES = 5;

const FIRST_BYTES = 4096;

/** Memory beyond this is given back once it was sent, so that one burst does not hold memory for good. */
const KEPT_BYTES = 1 << 20;

/** The bytes that a message takes in a packet. */
export function packedBytes(channel: string, body: Uint8Array): number {
  return LENGTHS_BYTES + channel.length + body.length;
}

/** A packet of another kind than `messages`. */
export function packetOf(kind: number, content: Uint8Array = new Uint8Array(0)): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(1 + content.length);
  bytes[0] = kind;
  bytes.set(content, 1);
  return bytes;
}

/** Messages that wait to be posted, one behind the other in a buffer that grows and is reused. */
export class PacketWriter {
  #bytes = new Uint8Array(FIRST_BYTES);
  #used = HEAD_BYTES;

  /** Bytes of messages that wait. */
  get waiting(): number {
    return this.#used - HEAD_BYTES;
  }

  /** Appends a message: the body is copied. @param channel - ASCII */
  append(channel: string, body: Uint8Array): void {
    let at = this.#reserve(packedBytes(channel, body));
    const bytes = this.#bytes;
    bytes[at++] = channel.length;
    at = writeNumber(bytes, at, body.length);
    for (let i = 0; i < channel.length; i++) bytes[at++] = channel.charCodeAt(i);
    bytes.set(body, at);
  }

  /** A packet, in memory of its own, with all that waits. */
  take(taken: number): Uint8Array<ArrayBuffer> {
    const packet = this.#bytes.slice(0, this.#used);
    this.#used = HEAD_BYTES;
    if (this.#bytes.length > KEPT_BYTES) this.#bytes = new Uint8Array(FIRST_BYTES);
    return fillHead(packet, taken);
  }

  #reserve(length: number): number {
    const at = this.#used;
    this.#used += length;
    if (this.#used > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#used, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, at));
      this.#bytes = grown;
    }
    return at;
  }
}

/** A packet without messages, which only says how many packets were taken out. */
export function acknowledgement(taken: number): Uint8Array<ArrayBuffer> {
  return fillHead(new Uint8Array(HEAD_BYTES), taken);
}

/** A packet of kind `messages`, taken apart as its messages are asked for. */
export class PacketReader {
  /** How many packets were taken out at the other end since it last said so. */
  readonly taken: number;
  readonly #bytes: Uint8Array;
  readonly #maxMessageBytes: number;
  #at = HEAD_BYTES;

  /** @throws MalformedError */
  constructor(bytes: Uint8Array, maxMessageBytes: number) {
    if (bytes.length < HEAD_BYTES) throw new MalformedError('a packet ends within its head');
    this.taken = readNumber(bytes, 1);
    this.#bytes = bytes;
    this.#maxMessageBytes = maxMessageBytes;
  }

  /** Whether there are more messages. */
  get more(): boolean {
    return this.#at < this.#bytes.length;
  }

  /**
   * The next message: the name of its channel, which is not checked, and its body, a view of the packet.
   *
   * @throws MalformedError
   */
  next(): { readonly channel: string; readonly body: Uint8Array } {
    const bytes = this.#bytes;
    const nameAt = this.#at + LENGTHS_BYTES;
    if (nameAt > bytes.length) throw new MalformedError('a packet ends within a message');
    const bodyAt = nameAt + bytes[this.#at]!;
    const length = readNumber(bytes, this.#at + 1);
    if (length > this.#maxMessageBytes) {
      throw new MalformedError(`a message has ${length} bytes, and ${this.#maxMessageBytes} are the most allowed`);
    }
    this.#at = bodyAt + length;
    if (this.#at > bytes.length) throw new MalformedError('a packet ends within a message');
    const channel = String.fromCharCode(...bytes.subarray(nameAt, bodyAt));
    return { channel, body: bytes.subarray(bodyAt, this.#at) };
  }
}

function fillHead(packet: Uint8Array<ArrayBuffer>, taken: number): Uint8Array<ArrayBuffer> {
  packet[0] = PacketKind.messages;
  writeNumber(packet, 1, taken);
  return packet;
}

/** Writes 32 bits, big-endian, and returns the place behind them. */
function writeNumber(bytes: Uint8Array, at: number, value: number): number {
  bytes[at++] = value >>> 24;
  bytes[at++] = value >>> 16;
  bytes[at++] = value >>> 8;
  bytes[at++] = value;
  return at;
}

function readNumber(bytes: Uint8Array, at: number): number {
  return bytes[at]! * 0x100_0000 + ((bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!);
}
