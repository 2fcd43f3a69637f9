import { createHmac, createSecretKey, timingSafeEqual, type KeyObject } from 'node:crypto';
import { TAG_BYTES } from './datagram.js';

/** The shortest secret, in bytes: 128 bits, beyond what can be tried out, if it is random. */
export const MIN_SECRET_BYTES = 16;

/** Makes the key for this purpose only: no tag here proves anything to a protocol that is given the same secret. */
const PURPOSE = 'quorate/transport/udp 1';

/** How many secrets may be valid at once: the present one, those before it, and the next one. */
export const MAX_SECRETS = 4;

/**
 * Tags datagrams with HMAC-SHA256 (RFC 2104) over all bytes before the tag, cut to 16 bytes. Half of the output is what
 * section 5 asks for at least, and enough: a tag cannot be tried out offline, and each guess sent has a chance of one in
 * 2^128. The bytes saved are bytes of the message. The first secret signs, and each one verifies.
 */
export class Authenticator {
  readonly #keys: readonly [KeyObject, ...KeyObject[]];

  constructor(secrets: readonly [Uint8Array, ...Uint8Array[]]) {
    const [first, ...others] = secrets;
    this.#keys = [keyOf(first), ...others.map(keyOf)];
  }

  /** Fills in the tag at the end of a datagram. */
  sign(datagram: Uint8Array): void {
    const end = datagram.length - TAG_BYTES;
    datagram.set(tagOf(this.#keys[0], datagram.subarray(0, end)), end);
  }

  /** Whether the tag at the end is right. Each comparison takes the same time wherever the tags differ. */
  verify(datagram: Uint8Array): boolean {
    const end = datagram.length - TAG_BYTES;
    const [content, tag] = [datagram.subarray(0, end), datagram.subarray(end)];
    return this.#keys.some((key) => timingSafeEqual(tagOf(key, content), tag));
  }
}

function keyOf(secret: Uint8Array): KeyObject {
  return createSecretKey(createHmac('sha256', secret).update(PURPOSE).digest());
}

function tagOf(key: KeyObject, bytes: Uint8Array): Uint8Array {
  return createHmac('sha256', key).update(bytes).digest().subarray(0, TAG_BYTES);
}
