import { MalformedError } from '../../core/index.js';

/** The field that stands for bytes; objects that have it, or {@link ESCAPED}, themselves are wrapped. */
const BYTES = '$bytes';
const ESCAPED = '$object';

/** A message as JSON can say it: bytes become `{"$bytes": base64}`. Linear in the size of the value. */
export function toJson(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return { [BYTES]: encodeBase64(value) };
  if (Array.isArray(value)) return value.map(toJson);
  const plain = Object.fromEntries(Object.entries(value).map(([key, part]) => [key, toJson(part)]));
  return BYTES in plain || ESCAPED in plain ? { [ESCAPED]: plain } : plain;
}

/** How deep messages may be nested, as in the codec: a number has depth 1, an array around it 2. */
const MAX_DEPTH = 64;

/**
 * The other way round.
 *
 * @throws MalformedError when what should be base64 is not, a number is too large for one, or the nesting too deep
 */
export function fromJson(value: unknown, depth = 1): unknown {
  if (depth > MAX_DEPTH) throw new MalformedError(`a message is nested deeper than ${MAX_DEPTH}`);
  if (typeof value === 'number' && !Number.isFinite(value)) throw new MalformedError('a number is beyond all range');
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((part) => fromJson(part, depth + 1));
  const fields = value as Readonly<Record<string, unknown>>;
  if (Object.keys(fields).length === 1) {
    if (typeof fields[BYTES] === 'string') return decodeBase64(fields[BYTES]);
    if (typeof fields[ESCAPED] === 'object' && fields[ESCAPED] !== null) return parts(fields[ESCAPED], depth);
  }
  return parts(fields, depth);
}

function parts(fields: object, depth: number): unknown {
  return Object.fromEntries(Object.entries(fields).map(([key, part]) => [key, fromJson(part, depth + 1)]));
}

function encodeBase64(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

function decodeBase64(text: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch (cause) {
    throw new MalformedError(`${BYTES} is no base64: ${text.slice(0, 40)}`, { cause });
  }
}
