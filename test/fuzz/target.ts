import { isQuorateError } from '../../src/core/index.js';
import { findDifference } from '../../src/testing/compare.js';
import type { Random } from './random.js';

/** Whether a decoder took an input, or refused it in the way that its documentation says. */
export type Verdict = 'accepted' | 'rejected';

/** One decoder and what is promised of it. */
export interface Target {
  readonly name: string;
  /** A valid input, as bytes. */
  valid(random: Random): Uint8Array;
  /** An input of another kind than mutated valid ones, and in their place. @defaultValue none */
  readonly generate?: (random: Random) => Uint8Array;
  /** Decodes; whatever it throws is a finding. */
  check(input: Uint8Array): Verdict | Promise<Verdict>;
}

/** The longest message of an error: what came from outside must not fill logs. */
const MAX_MESSAGE_CHARACTERS = 2000;

/** Runs a decoder that may refuse with one of these codes and with nothing else. `undefined` when it refused. */
export function decoded<T>(decode: () => T, ...codes: readonly string[]): { readonly value: T } | undefined {
  try {
    return { value: decode() };
  } catch (error) {
    assertRefusal(error, codes.length === 0 ? ['malformed'] : codes);
    return undefined;
  }
}

/** @throws the error itself unless it is a documented refusal with a message of bounded length */
export function assertRefusal(error: unknown, codes: readonly string[]): void {
  if (!isQuorateError(error) || !codes.includes(error.code)) throw error;
  ensure(
    error.message.length <= MAX_MESSAGE_CHARACTERS,
    `the message of the error has ${error.message.length} characters`,
  );
}

/** @throws Error when a promise does not hold */
export function ensure(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what);
}

/** @throws Error when two values differ, with the first difference */
export function ensureSame(what: string, expected: unknown, actual: unknown): void {
  const difference = findDifference(expected, actual);
  if (difference !== null) throw new Error(`${what}: ${difference}`);
}

/** Bytes and values in what a decoder returned: everything counts one, texts and byte arrays their length besides. */
export function sizeOf(value: unknown): number {
  if (typeof value === 'string') return 1 + value.length;
  if (typeof value !== 'object' || value === null) return 1;
  if (value instanceof Uint8Array) return 1 + value.length;
  let size = 1;
  if (Array.isArray(value)) for (const part of value) size += sizeOf(part);
  else for (const [key, part] of Object.entries(value)) size += key.length + 1 + sizeOf(part);
  return size;
}

export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** Whether all texts of a value are well-formed Unicode: lone surrogates do not survive encoding, as documented. */
export function isWellFormed(value: unknown): boolean {
  if (typeof value === 'string') return value === Buffer.from(value).toString();
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return true;
  return Array.isArray(value) ? value.every(isWellFormed) : Object.entries(value).flat().every(isWellFormed);
}
