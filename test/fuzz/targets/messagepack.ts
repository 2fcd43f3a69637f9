import { messagePackCodec } from '../../../src/codec/index.js';
import { decoded, ensure, ensureSame, isWellFormed, sizeOf, type Target } from '../target.js';
import { anyValue } from '../values.js';

const codec = messagePackCodec();
const MAX_DEPTH = 64;

/** MessagePack behind the pass over its headers. */
export const messagepack: Target = {
  name: 'messagepack',
  valid: (random) => codec.encode(anyValue(random, 4)),
  check(input) {
    const result = decoded(() => codec.decode(input));
    if (result === undefined) return 'rejected';
    const { value } = result;
    ensureOfModel(value, 1);
    ensure(sizeOf(value) <= 3 * input.length, `${sizeOf(value)} bytes and values came out of ${input.length} bytes`);
    if (isWellFormed(value)) ensureSame('decoded, encoded, decoded', value, codec.decode(codec.encode(value)));
    return 'accepted';
  },
};

/** The value model of the codec, see `docs/guide/codec.md`. */
function ensureOfModel(value: unknown, depth: number): void {
  ensure(depth <= MAX_DEPTH, `nested ${depth} deep`);
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return;
  if (typeof value === 'number') return ensure(Number.isFinite(value), `the number ${value}`);
  ensure(typeof value === 'object', `a ${typeof value}`);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Uint8Array.prototype) return;
  if (Array.isArray(value)) {
    for (const part of value) ensureOfModel(part, depth + 1);
    return;
  }
  ensure(prototype === Object.prototype, 'an object with another prototype');
  ensure(!Object.hasOwn(value, '__proto__'), 'the key __proto__');
  for (const part of Object.values(value)) ensureOfModel(part, depth + 1);
}
