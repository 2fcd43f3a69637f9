import type { Random } from './random.js';

/** Bytes that mean something to one decoder or the other: lengths, type bytes of MessagePack, digits, separators. */
const INTERESTING = [
  0x00, 0x01, 0x7f, 0x80, 0xff, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc4, 0xc6, 0xc7, 0xca, 0xcb, 0xcf, 0xd3,
  0xd9, 0xdb, 0xdc, 0xdd, 0xde, 0xdf, 0xe0, 0x0a, 0x20, 0x22, 0x2d, 0x2e, 0x2f, 0x30, 0x39, 0x3a, 0x5b, 0x5d, 0x7b,
  0x7d,
];
const INTERESTING_32 = [0, 1, 0x7f, 0xff, 0x100, 0xffff, 0x1_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];

type Mutation = (random: Random, bytes: Uint8Array, other: Uint8Array) => Uint8Array;

/** Damage that leaves every byte where it is. */
const IN_PLACE: readonly Mutation[] = [
  (random, bytes) => change(bytes, random, (at, copy) => (copy[at]! ^= 1 << random.below(8))),
  (random, bytes) => change(bytes, random, (at, copy) => (copy[at] = random.byte())),
  (random, bytes) => change(bytes, random, (at, copy) => (copy[at] = random.pick(INTERESTING))),
  (random, bytes) => change(bytes, random, (at, copy) => (copy[at] = copy[at]! + random.pick([1, 2, 0xfe, 0xff]))),
  (random, bytes) => change(bytes, random, (at, copy) => writeNumber(copy, at, random)),
  (random, bytes) => change(bytes, random, (at, copy) => copy.fill(random.pick([0, 0xff]), at, at + random.length(16))),
];

/** Damage that also moves bytes. */
const MOVING: readonly Mutation[] = [
  (random, bytes) => bytes.slice(0, random.below(bytes.length + 1)),
  (random, bytes) => remove(bytes, random.below(bytes.length + 1), random.length(8)),
  (random, bytes) => insert(bytes, random.below(bytes.length + 1), random.bytes(1 + random.length(8))),
  (random, bytes) => insert(bytes, random.below(bytes.length + 1), piece(random, bytes)),
  (random, bytes, other) => insert(bytes, random.below(bytes.length + 1), piece(random, other)),
  (random, bytes, other) => concatenate([bytes.slice(0, cut(random, bytes)), other.slice(cut(random, other))]),
  (random, bytes) => insert(bytes, random.below(bytes.length + 1), repeat(piece(random, bytes), 1 + random.length(8))),
];

const ALL = [...IN_PLACE, ...MOVING];

/** One to four changes of a valid encoding; `other` is another one, for splices. */
export function mutate(random: Random, bytes: Uint8Array, other: Uint8Array): Uint8Array {
  let mutated = bytes;
  for (let left = 1 + random.length(1, 3); left > 0; left--) mutated = random.pick(ALL)(random, mutated, other);
  return mutated;
}

/** One or two changes that leave the length as it is: what a disk does. */
export function damage(random: Random, bytes: Uint8Array): Uint8Array {
  let damaged = bytes;
  for (let left = 1 + random.below(2); left > 0; left--) damaged = random.pick(IN_PLACE)(random, damaged, bytes);
  return damaged;
}

export function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function change(bytes: Uint8Array, random: Random, apply: (at: number, copy: Uint8Array) => void): Uint8Array {
  const copy = bytes.slice();
  if (copy.length > 0) apply(random.below(copy.length), copy);
  return copy;
}

/** A number of 16 or 32 bits in either byte order. */
function writeNumber(copy: Uint8Array, at: number, random: Random): void {
  const view = new DataView(copy.buffer);
  const value = random.pick(INTERESTING_32);
  const littleEndian = random.oneIn(2);
  if (at + 4 <= copy.length && random.oneIn(2)) view.setUint32(at, value, littleEndian);
  else if (at + 2 <= copy.length) view.setUint16(at, value & 0xffff, littleEndian);
}

function cut(random: Random, bytes: Uint8Array): number {
  return random.below(bytes.length + 1);
}

function piece(random: Random, bytes: Uint8Array): Uint8Array {
  const start = cut(random, bytes);
  return bytes.slice(start, start + 1 + random.length(8, 64));
}

function repeat(bytes: Uint8Array, times: number): Uint8Array {
  return concatenate(Array.from({ length: times }, () => bytes));
}

function insert(bytes: Uint8Array, at: number, inserted: Uint8Array): Uint8Array {
  return concatenate([bytes.subarray(0, at), inserted, bytes.subarray(at)]);
}

function remove(bytes: Uint8Array, at: number, count: number): Uint8Array {
  return concatenate([bytes.subarray(0, at), bytes.subarray(at + count)]);
}
