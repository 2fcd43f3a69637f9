/**
 * Turns structured values into bytes and back, for values that cross a process boundary or go to a disk. Values are
 * null, booleans, finite numbers, strings, byte arrays, arrays and plain objects.
 */
export interface Codec {
  /** The bytes of a value, in memory of their own. */
  encode(value: unknown): Uint8Array;
  /**
   * The bytes of a value, in memory that the next call of this codec overwrites: for callers that copy them away at
   * once, such as a transport that appends them to its send buffer. Optional; without it callers use `encode`.
   */
  encodeShared?(value: unknown): Uint8Array;
  /**
   * The value of bytes from outside. Byte arrays in it may alias `bytes`, which the caller must not reuse.
   *
   * @throws MalformedError when the bytes are no value, or break a limit of the codec
   */
  decode(bytes: Uint8Array): unknown;
}
