import { messagePackCodec } from '../../src/codec/index.js';
import type { Random } from './random.js';
import { decoded } from './target.js';

const codec = messagePackCodec();
const [encoder, decoder] = [new TextEncoder(), new TextDecoder()];
const OPENING_BRACE = 0x7b;

const ODD = [null, true, false, -0, 1.5, -1, 2 ** 53 - 1, -(2 ** 53 - 1), 1e300, '', '__proto_', 'constructor', []];

/** Any value that messages may hold, seldom large. */
export function anyValue(random: Random, depth = 3): unknown {
  switch (random.below(depth > 0 ? 8 : 5)) {
    case 0:
      return random.pick(ODD);
    case 1:
      return random.count();
    case 2:
      return random.name(200);
    case 3:
      return random.bytes(random.length(8, 300));
    case 4:
      return random.oneIn(2) ? '\u00e9\u20ac\u{1f600}' : -random.count();
    case 5:
      return random.list(4, () => anyValue(random, depth - 1));
    default:
      return Object.fromEntries(random.list(4, () => [random.name(20), anyValue(random, depth - 1)]));
  }
}

/** A copy of a value with a field or an element somewhere left out, put in, doubled or replaced. */
export function mutateValue(random: Random, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array || random.oneIn(8)) {
    return neighbour(random, value);
  }
  if (Array.isArray(value)) return mutateList(random, value);
  const fields = Object.entries(value);
  if (fields.length === 0 || random.oneIn(12)) return { ...value, [random.name(8)]: anyValue(random) };
  const [key, part] = random.pick(fields);
  if (!random.oneIn(10)) return { ...value, [key]: mutateValue(random, part) };
  return Object.fromEntries(fields.filter(([name]) => name !== key));
}

/** {@link mutateValue} once, or again and again. */
export function mutateOften(random: Random, value: unknown): unknown {
  const mutated = mutateValue(random, value);
  return random.oneIn(3) ? mutateOften(random, mutated) : mutated;
}

function mutateList(random: Random, list: readonly unknown[]): unknown[] {
  const copy = [...list];
  const at = random.below(list.length + 1);
  if (list.length === 0 || random.oneIn(8)) copy.splice(at, 0, anyValue(random));
  else if (random.oneIn(8)) copy.splice(at, 1);
  else if (random.oneIn(8)) copy.splice(at, 0, random.pick(list));
  else if (at < list.length) copy[at] = mutateValue(random, list[at]);
  return copy;
}

/** A value that is a little off. */
function neighbour(random: Random, value: unknown): unknown {
  if (random.oneIn(3)) return anyValue(random);
  if (typeof value === 'number')
    return random.pick([value + 1, value - 1, -value, value + 0.5, value * 2, random.count()]);
  if (typeof value === 'string') return random.pick([`${value} `, value.slice(1), value.repeat(40), '', 'toString']);
  if (typeof value === 'boolean') return random.pick([!value, 0, 1]);
  if (value instanceof Uint8Array) return random.pick([value.slice(1), new Uint8Array(0), [...value], null]);
  return anyValue(random);
}

/** A value as it comes from outside: as JSON when it is an object, or as MessagePack. For {@link decodeValue}. */
export function encodeValue(random: Random, value: unknown): Uint8Array {
  return random.oneIn(2) ? encoder.encode(JSON.stringify(value)) : codec.encode(value);
}

/** What {@link encodeValue} made, or others; `undefined` when it is neither. */
export function decodeValue(input: Uint8Array): { readonly value: unknown } | undefined {
  if (input[0] !== OPENING_BRACE) return decoded(() => codec.decode(input));
  try {
    return { value: JSON.parse(decoder.decode(input)) as unknown };
  } catch {
    return undefined;
  }
}
