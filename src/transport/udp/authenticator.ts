import { createHmac, timingSafeEqual } from 'node:crypto';
import { TAG_BYTES } from './datagram.js';

/** The shortest secret, in bytes: 128 bits, beyond what can be tried out, if it is random. */
export const MIN_SECRET_BYTES = 16;

/** Makes the key for this purpose only: no tag here proves anything to a protocol that is given the same secret. */
const PURPOSE = 'quorate/transport/udp 1';

/**
 * Tags datagrams with HMAC-SHA256 over all bytes before the tag, cut to 16 bytes. Half of the output is what RFC 2104
 * (section 5) asks for at least, and enough: a tag cannot be tried out offline, and each guess sent has a chance of one
 * in 2^128. The bytes saved are bytes of the message.
 */
export class Authenticator {
  readonly #key: Uint8Array;

  constructor(secret: Uint8Array) {
    this.#key = createHmac('sha256', secret).update(PURPOSE).digest();
  }

  /** Fills in the tag at the end of a datagram. */
  sign(datagram: Uint8Array): void {
    const end = datagram.length - TAG_BYTES;
    datagram.set(this.#tag(datagram.subarray(0, end)), end);
  }

  /** Whether the tag at the end is right. Takes the same time wherever it differs. */
  verify(datagram: Uint8Array): boolean {
    const end = datagram.length - TAG_BYTES;
    return timingSafeEqual(this.#tag(datagram.subarray(0, end)), datagram.subarray(end));
  }

  #tag(bytes: Uint8Array): Uint8Array {
    return createHmac('sha256', this.#key).update(bytes).digest().subarray(0, TAG_BYTES);
  }
}
