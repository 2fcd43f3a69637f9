/**
 * What balancers need of Node: signatures of session cookies. Everything else runs anywhere.
 *
 * @module balancer/node
 */
import { createHmac, createSecretKey, timingSafeEqual, type KeyObject } from 'node:crypto';
import { InvalidOptionError } from '../core/index.js';
import type { Signer } from './layers/sessions/signer.js';

/** Options of {@link hmacSigner}. */
export interface HmacSignerOptions {
  /**
   * Secrets whose signatures are still good, at most 3. To change a secret, give the new one here to all balancers first, then
   * sign with it and have the old one here for as long as sessions last.
   *
   * @defaultValue none
   */
  readonly previous?: readonly (string | Uint8Array)[];
}

/** 128 bits, beyond what can be tried out, if they are random. */
const MIN_SECRET_BYTES = 16;
const MAX_PREVIOUS = 3;

/** Half of the output, the least that section 5 of RFC 2104 allows: a signature cannot be tried out but by requests. */
const SIGNATURE_BYTES = 16;

/** Makes the key for this purpose only: no signature proves anything to a protocol with the same secret. */
const PURPOSE = 'quorate/balancer/sessions 1';

/**
 * Signs by HMAC-SHA256 (RFC 2104), cut to 128 bits, as 22 characters of base64url: for `CookieSessions`. Some microseconds a
 * signature, and as long for each secret when one is verified.
 *
 * @param secret - at least 16 bytes, random, the same in all balancers; of a text its UTF-8
 * @throws InvalidOptionError
 */
export function hmacSigner(secret: string | Uint8Array, options: HmacSignerOptions = {}): Signer {
  const { previous = [] } = options;
  if (!Array.isArray(previous) || previous.length > MAX_PREVIOUS)
    throw new InvalidOptionError('previous', previous, `a list of at most ${MAX_PREVIOUS} secrets`);
  const key = keyOf('secret', secret);
  const keys = [key, ...previous.map((one: string | Uint8Array, i) => keyOf(`previous[${i}]`, one))];
  return {
    sign: (text) => signature(key, text),
    verify(text, given) {
      const bytes = Buffer.from(given);
      // Texts are compared, not what they stand for: of one signature there is one text.
      return keys.some((one) => {
        const right = Buffer.from(signature(one, text));
        return right.length === bytes.length && timingSafeEqual(right, bytes);
      });
    },
  };
}

/** Of the secret it says no more than its length. */
function keyOf(option: string, secret: string | Uint8Array): KeyObject {
  const isSecret = typeof secret === 'string' || secret instanceof Uint8Array;
  const length = isSecret ? Buffer.byteLength(secret) : 0;
  if (length < MIN_SECRET_BYTES)
    throw new InvalidOptionError(
      `length of ${option}`,
      length,
      `at least ${MIN_SECRET_BYTES} bytes, of a text or a Uint8Array`,
    );
  return createSecretKey(createHmac('sha256', secret).update(PURPOSE).digest());
}

function signature(key: KeyObject, text: string): string {
  return createHmac('sha256', key).update(text).digest().subarray(0, SIGNATURE_BYTES).toString('base64url');
}
