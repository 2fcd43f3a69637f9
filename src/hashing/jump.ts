import { checkNumber, InvalidOptionError } from '../core/index.js';
import { mix32 } from './mix.js';

/** Made once: a call allocates nothing. */
const BUCKETS = { min: 1, max: 0x7fff_ffff };

/** The multiplier of the generator, 2862933555777941757, in halves; of the lower half its halves. */
const MULTIPLIER_HIGH = 0x27bb_2ee6;
const MULTIPLIER_LOW = 0x87b0_b0fd;
const LOW_1 = 0x87b0;
const LOW_0 = 0xb0fd;

/** Makes of 32 bits the other half of the 64 that jump hashing takes. */
const HIGH_HALF = 0x6a09_e667;

/**
 * Jump consistent hash (Lamping & Veach 2014, "A Fast, Minimal Memory, Consistent Hash Algorithm"): the bucket of a key,
 * from 0 to `buckets - 1`, the same as any other implementation gives. With one bucket more, only keys to the new one
 * move, one of `buckets` + 1; nothing but the last bucket can be taken away.
 *
 * O(ln buckets), no memory. Equal shares, but for chance. Not when any bucket may go: `MementoHash`.
 *
 * @param key - 64 bits: a bigint from -2^63 to 2^64 - 1, or a safe integer; of negative ones the two's complement
 * @param buckets - from 1 to 2^31 - 1
 * @throws InvalidOptionError
 */
export function jump(key: bigint | number, buckets: number): number {
  checkNumber('buckets', buckets, BUCKETS);
  if (typeof key === 'bigint') {
    if (key < -(2n ** 63n) || key >= 2n ** 64n) throw new InvalidOptionError('key', key, 'an integer of 64 bits');
    return jumpHalves(Number(BigInt.asIntN(32, key >> 32n)), Number(BigInt.asIntN(32, key)), buckets);
  }
  if (!Number.isSafeInteger(key)) throw new InvalidOptionError('key', key, 'a bigint or a safe integer');
  return jumpHalves(Math.floor(key / 2 ** 32), key, buckets);
}

/** The bucket of the 64-bit key that is made of a 32-bit hash. */
export function jumpOfHash(hash: number, buckets: number): number {
  return jumpHalves(mix32(hash ^ HIGH_HALF), hash, buckets);
}

/**
 * {@link jump} for a key in two halves of 32 bits, unchecked. 64-bit arithmetic in pieces is three times as fast as in
 * bigints. Multiplication and division of doubles are exact to the last bit on every platform, so the bucket is, too.
 */
function jumpHalves(high: number, low: number, buckets: number): number {
  let bucket = 0;
  for (let next = 0; next < buckets;) {
    bucket = next;
    // (high, low) = (high, low) * MULTIPLIER + 1: the product of the lower halves has 64 bits, from four products of 32.
    const low1 = low >>> 16;
    const low0 = low & 0xffff;
    const product00 = Math.imul(low0, LOW_0);
    const carried = (Math.imul(low1, LOW_0) + (product00 >>> 16)) >>> 0; // at most (2^16 - 1)^2 + 2^16 - 1: no overflow
    const middle = (Math.imul(low0, LOW_1) + (carried & 0xffff)) >>> 0;
    const upper = Math.imul(low1, LOW_1) + (carried >>> 16) + (middle >>> 16);
    const product = Math.imul(low, MULTIPLIER_LOW);
    high = (upper + Math.imul(low, MULTIPLIER_HIGH) + Math.imul(high, MULTIPLIER_LOW)) | 0;
    low = (product + 1) | 0;
    if (low === 0) high = (high + 1) | 0;
    // Up to 2^62, so only compared as long as it is not below `buckets`.
    next = Math.floor((bucket + 1) * (2 ** 31 / ((high >>> 1) + 1)));
  }
  return bucket;
}
