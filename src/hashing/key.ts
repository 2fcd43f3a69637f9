import library from 'murmurhash3js-revisited';
import { InvalidOptionError } from '../core/index.js';

const murmur = library as typeof library & { inputValidation: boolean };

/** What is placed: text, hashed as UTF-8, or bytes. */
export type Key = string | Uint8Array;

/** A hash of keys: a whole number from 0 to 2^32 - 1, the same for the same key and seed everywhere. */
export type KeyHash = (key: Key, seed?: number) => number;

const BUFFER_BYTES = 1024;
const encoder = new TextEncoder();
const buffer = new Uint8Array(BUFFER_BYTES);
/** By length, the view of that many bytes of the buffer, made once: `subarray` allocates. */
const views: Uint8Array[] = [];

/**
 * A 32-bit hash of a key: MurmurHash3 x86_32 of its UTF-8, an unsigned integer. Any implementation of MurmurHash3, in
 * any language, gives the same. O(length). Strings that are no valid UTF-16 hash as if each lone surrogate were U+FFFD.
 *
 * Not for secrets, and not where an adversary chooses the keys: collisions are easily made. Of 77 000 random keys some
 * two collide with probability one half; use {@link hashKey128} where that matters.
 *
 * @param seed - another seed is another hash function; its lower 32 bits count. @defaultValue 0, the usual one
 * @throws InvalidOptionError for what is neither a string nor bytes
 */
export function hashKey32(key: Key, seed = 0): number {
  const bytes = bytesOf(key);
  const { inputValidation } = murmur;
  murmur.inputValidation = false; // looks at each byte, and these are bytes; others who use the library keep theirs
  const hash = murmur.x86.hash32(bytes, seed >>> 0);
  murmur.inputValidation = inputValidation;
  return hash;
}

/**
 * A 128-bit hash of a key: MurmurHash3 x64_128 of its UTF-8, as 32 lower-case hexadecimal digits. As {@link hashKey32},
 * but without accidental collisions, and about twenty times as slow, since it computes with 64-bit numbers in pieces.
 *
 * @param seed - another seed is another hash function; its lower 32 bits count. @defaultValue 0, the usual one
 */
export function hashKey128(key: Key, seed = 0): string {
  return murmur.x64.hash128(bytesOf(key), seed >>> 0);
}

/** Up to this length characters are copied one by one; beyond it the call of the encoder costs less. */
const COPIED_LENGTH = 24;

/** The bytes of a key. Those of a short string are valid until the next call. */
export function bytesOf(key: Key): Uint8Array {
  if (typeof key !== 'string') return checkBytes(key);
  if (key.length > COPIED_LENGTH) return encoded(key);
  for (let i = 0; i < key.length; i++) {
    const unit = key.charCodeAt(i);
    if (unit > 0x7f) return encoded(key);
    buffer[i] = unit;
  }
  return view(key.length);
}

function checkBytes(key: Uint8Array): Uint8Array {
  if (key instanceof Uint8Array) return key;
  throw new InvalidOptionError('key', key, 'a string or bytes');
}

function encoded(key: string): Uint8Array {
  // One unit of UTF-16 takes three bytes at most.
  return key.length * 3 > BUFFER_BYTES ? encoder.encode(key) : view(encoder.encodeInto(key, buffer).written);
}

function view(length: number): Uint8Array {
  return (views[length] ??= buffer.subarray(0, length));
}
