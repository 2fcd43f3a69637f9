import { Decoder, Encoder } from '@msgpack/msgpack';
import type { ExtensionCodecType } from '@msgpack/msgpack';
import { checkNumber, MalformedError, type Codec } from '../core/index.js';
import { explainFailure, isPlain, NotEncodableError } from './encode-error.js';
import { HeaderPass } from './header-pass.js';

/** Limits of {@link messagePackCodec}. Both sides should have the same. */
export interface MessagePackOptions {
  /**
   * How deep values may be nested: a number has depth 1, an array around it 2.
   *
   * @defaultValue 64: far above any message of this library, far below what would endanger a stack
   */
  readonly maxDepth?: number;
  /**
   * How many values, map keys among them, one encoded value may hold. Bounds the memory that hostile bytes can claim:
   * an empty map takes one byte on the wire and about sixty in memory.
   *
   * @defaultValue 1,048,576: at most some 64 MiB of small objects
   */
  readonly maxValues?: number;
}

/**
 * MessagePack by `@msgpack/msgpack`, made safe for bytes from outside: a pass over the headers comes before decoding
 * (see `header-pass.ts`). Fields of objects that are undefined are left out; everything else that is no value of
 * the model is refused. -0 becomes 0. Strings should be well-formed Unicode: a lone surrogate does not survive the round trip.
 *
 * Not for values that must be compared as bytes: equal objects whose keys were added in another order encode
 * differently.
 *
 * @returns a codec whose `encode` throws {@link NotEncodableError} and whose `decode` throws {@link MalformedError};
 * both linear in the size of the value
 * @throws InvalidOptionError
 */
export function messagePackCodec(options: MessagePackOptions = {}): Codec {
  return new MessagePackCodec(options);
}

class MessagePackCodec implements Codec {
  readonly #maxDepth: number;
  #encoder: Encoder<undefined>;
  readonly #decoder: Decoder<undefined>;
  readonly #headers: HeaderPass;
  readonly #guard: EncodeGuard;

  constructor(options: MessagePackOptions) {
    const maxDepth = checkNumber('maxDepth', options.maxDepth ?? 64, { min: 1, max: 1024 });
    const maxValues = checkNumber('maxValues', options.maxValues ?? 1 << 20, { min: 1 });
    this.#maxDepth = maxDepth;
    this.#guard = new EncodeGuard(maxValues);
    this.#encoder = this.#newEncoder();
    this.#decoder = new Decoder({ extensionCodec: this.#guard });
    this.#headers = new HeaderPass({ maxDepth, maxValues });
  }

  encode(value: unknown): Uint8Array {
    return this.encodeShared(value).slice();
  }

  encodeShared(value: unknown): Uint8Array {
    try {
      this.#guard.begin(value);
      const bytes = this.#encoder.encodeSharedRef(value);
      if (bytes.buffer.byteLength > KEPT_BYTES) this.#encoder = this.#newEncoder();
      return bytes;
    } catch (error) {
      if (error instanceof NotEncodableError) throw error;
      throw explainFailure(value, this.#maxDepth, error);
    }
  }

  #newEncoder(): Encoder<undefined> {
    return new Encoder({ extensionCodec: this.#guard, ignoreUndefined: true, maxDepth: this.#maxDepth });
  }

  decode(bytes: Uint8Array): unknown {
    this.#headers.check(bytes);
    try {
      return this.#decoder.decode(bytes);
    } catch (error) {
      throw new MalformedError(`malformed MessagePack: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
  }
}

/** An encoder whose memory grew beyond this is given up, so that one huge value does not hold memory for good. */
const KEPT_BYTES = 4 << 20;

/**
 * The encoder asks this before it writes anything that is no primitive, which makes it the one place where values are
 * checked without a walk of their own.
 */
class EncodeGuard implements ExtensionCodecType<undefined> {
  readonly #maxValues: number;
  #valuesLeft = 0;
  readonly __brand?: undefined;

  constructor(maxValues: number) {
    this.#maxValues = maxValues;
  }

  /** Starts a new value, and checks what the encoder will not ask about when the value itself is a primitive. */
  begin(value: unknown): void {
    this.#valuesLeft = this.#maxValues - 1;
    checkPart(value);
    if (value === undefined) throw NOT_A_VALUE;
  }

  tryToEncode(object: unknown): null {
    if (Array.isArray(object)) {
      for (const part of object) {
        if (part === undefined) throw NOT_A_VALUE;
        checkPart(part);
      }
      this.#count(object.length);
    } else if (typeof object !== 'object' || object === null) {
      throw NOT_A_VALUE;
    } else if (!(object instanceof Uint8Array)) {
      this.#checkObject(object);
    }
    return null;
  }

  /** No extension type is known, and the header pass lets none through. */
  decode(): never {
    throw new MalformedError('extension types are not allowed');
  }

  #checkObject(object: object): void {
    if (!isPlain(object)) throw NOT_A_VALUE;
    let parts = 0;
    for (const key in object) {
      if (key === '__proto__') throw NOT_A_VALUE;
      checkPart((object as Record<string, unknown>)[key]);
      parts += 2;
    }
    this.#count(parts);
  }

  #count(parts: number): void {
    this.#valuesLeft -= parts;
    if (this.#valuesLeft < 0) throw new NotEncodableError('', `holds more than ${this.#maxValues} values`);
  }
}

/** Thrown without a stack of its own: the caller finds the place and makes the error that users see. */
const NOT_A_VALUE = new Error('not a value');

function checkPart(part: unknown): void {
  if (typeof part === 'number' && !Number.isFinite(part)) throw NOT_A_VALUE;
}
