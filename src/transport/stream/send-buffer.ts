import { LENGTH_BYTES } from './frame.js';

const FIRST_BYTES = 4096;

/** Memory beyond this is given back once it was sent, so that one burst does not hold memory for good. */
const KEPT_BYTES = 1 << 20;

/**
 * Frames that wait to be written, one behind the other in a buffer that grows and is reused. Two take turns on a
 * connection: one is filled while the other one is with the stream.
 */
export class SendBuffer {
  #bytes = new Uint8Array(FIRST_BYTES);
  #used = 0;

  /** Bytes that wait. */
  get used(): number {
    return this.#used;
  }

  /** Appends a frame: a first byte and a body, which is copied. */
  append(first: number, body: Uint8Array): void {
    const length = 1 + body.length;
    let at = this.#reserve(LENGTH_BYTES + length);
    const bytes = this.#bytes;
    bytes[at++] = length >>> 24;
    bytes[at++] = length >>> 16;
    bytes[at++] = length >>> 8;
    bytes[at++] = length;
    bytes[at++] = first;
    bytes.set(body, at);
  }

  /** All that waits, as a view that stays valid until {@link SendBuffer.clear}. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#used);
  }

  /** Forgets what was written, and keeps the memory unless it is large. */
  clear(): void {
    this.#used = 0;
    if (this.#bytes.length > KEPT_BYTES) this.#bytes = new Uint8Array(FIRST_BYTES);
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
