/** The bytes of the length that precedes each frame: an unsigned 32-bit number, big-endian, not counting itself. */
export const LENGTH_BYTES = 4;

/** How much a frame that arrives in pieces is given at first; it grows with what has really arrived. */
const FIRST_PIECE_BYTES = 4096;

/** What a {@link FrameParser} hands on. */
export interface FrameSink {
  /** A whole frame, in memory that nobody writes to again. Returns false to stop parsing for good. */
  frame(bytes: Uint8Array): boolean;
  /** The peer announced a frame of that length, which is empty or too large. Parsing has stopped for good. */
  badLength(length: number): void;
}

/**
 * Cuts a stream of bytes into length-prefixed frames. A frame that lies in one chunk is a view of it, without a copy;
 * one that spans chunks is gathered in memory of its own, which doubles as data arrives: linear in all, and never more
 * than twice what the peer has sent, whatever length it announced.
 */
export class FrameParser {
  /** The largest frame accepted from now on. */
  maxFrameBytes: number;
  readonly #sink: FrameSink;
  /** The start of a frame that is not complete, length included; empty when there is none. */
  #partial: Uint8Array = EMPTY;
  #have = 0;
  #stopped = false;

  constructor(maxFrameBytes: number, sink: FrameSink) {
    this.maxFrameBytes = maxFrameBytes;
    this.#sink = sink;
  }

  /** Bytes held of a frame that is not complete. */
  get heldBytes(): number {
    return this.#have;
  }

  /** Takes a chunk in, which must not be written to afterwards, and hands on all frames that it completes. */
  push(chunk: Uint8Array): void {
    if (this.#stopped) return;
    let at = this.#have > 0 ? this.#continuePartial(chunk) : 0;
    while (!this.#stopped && chunk.length - at >= LENGTH_BYTES) {
      const length = readLength(chunk, at);
      if (!this.#accept(length)) return;
      const end = at + LENGTH_BYTES + length;
      if (end > chunk.length) break;
      this.#hand(chunk, at + LENGTH_BYTES, end);
      at = end;
    }
    if (!this.#stopped && at < chunk.length) this.#gather(chunk, at, chunk.length);
  }

  /** Fills the frame that is not complete, and returns how much of the chunk that took. */
  #continuePartial(chunk: Uint8Array): number {
    let at = 0;
    if (this.#have < LENGTH_BYTES) {
      at = Math.min(LENGTH_BYTES - this.#have, chunk.length);
      this.#gather(chunk, 0, at);
      if (this.#have < LENGTH_BYTES) return at;
    }
    const length = readLength(this.#partial, 0);
    if (!this.#accept(length)) return chunk.length;
    const end = Math.min(at + LENGTH_BYTES + length - this.#have, chunk.length);
    this.#gather(chunk, at, end);
    if (this.#have === LENGTH_BYTES + length) {
      const frame = this.#partial;
      this.#partial = EMPTY;
      this.#have = 0;
      this.#hand(frame, LENGTH_BYTES, LENGTH_BYTES + length);
    }
    return end;
  }

  #gather(chunk: Uint8Array, start: number, end: number): void {
    const need = this.#have + end - start;
    if (need > this.#partial.length) {
      const grown = new Uint8Array(Math.max(need, this.#have * 2, Math.min(FIRST_PIECE_BYTES, this.maxFrameBytes)));
      grown.set(this.#partial.subarray(0, this.#have));
      this.#partial = grown;
    }
    this.#partial.set(chunk.subarray(start, end), this.#have);
    this.#have = need;
  }

  #accept(length: number): boolean {
    if (length > 0 && length <= this.maxFrameBytes) return true;
    this.#stopped = true;
    this.#sink.badLength(length);
    return false;
  }

  /** A view of type Uint8Array even when the chunk is a Buffer, so that decoded bytes are what the codec promises. */
  #hand(bytes: Uint8Array, start: number, end: number): void {
    if (!this.#sink.frame(new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start))) this.#stopped = true;
  }
}

const EMPTY = new Uint8Array(0);

function readLength(bytes: Uint8Array, at: number): number {
  return bytes[at]! * 0x100_0000 + ((bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!);
}
