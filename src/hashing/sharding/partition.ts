import { InvalidOptionError } from '../../core/index.js';
import { bytesOf, hashKey32, type Key } from '../key.js';

/** A range of keys: from `start`, up to and without `end`; to the last of all keys when `end` is null. */
export interface KeyRange {
  readonly start: string;
  readonly end: string | null;
}

/** How keys are divided among shards, each of which has an index here and an id that outlives changes. */
export type Partition = HashPartition | RangePartition;

/** The most shards of a map. */
export const MAX_SHARDS = 65_536;
/** The longest split key, in units of UTF-16. */
const MAX_SPLIT_KEY_LENGTH = 4096;

/** Shard i has the hashes from i/count to (i + 1)/count of all. */
export class HashPartition {
  readonly by = 'hash';

  constructor(
    readonly count: number,
    readonly seed: number,
  ) {}

  indexOfKey(key: Key): number {
    return Math.floor((hashKey32(key, this.seed) / 2 ** 32) * this.count);
  }

  indexOfId(id: number): number | undefined {
    return Number.isInteger(id) && id >= 0 && id < this.count ? id : undefined;
  }

  idAt(index: number): number {
    return index;
  }

  rangeAt(_index: number): null {
    return null;
  }

  equals(other: Partition): boolean {
    return other.by === 'hash' && other.count === this.count && other.seed === this.seed;
  }
}

/** Shard i has the keys from `starts[i]` up to the next start. The first start is the empty key. */
export class RangePartition {
  readonly by = 'range';
  readonly count: number;
  readonly #encoded: readonly Uint8Array[];
  readonly #indexes: ReadonlyMap<number, number>;

  constructor(
    readonly starts: readonly string[],
    readonly ids: readonly number[],
    /** The id of the next shard: ids are not used again, so that nobody takes one shard for another. */
    readonly nextId: number,
  ) {
    this.count = starts.length;
    this.#encoded = starts.map((start) => bytesOf(start).slice());
    this.#indexes = new Map(ids.map((id, index) => [id, index]));
  }

  /** The last shard that starts at the key or before it. */
  indexOfKey(key: Key): number {
    const bytes = bytesOf(key);
    let low = 0;
    let high = this.count - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (compareBytes(this.#encoded[middle]!, bytes) <= 0) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  indexOfId(id: number): number | undefined {
    return this.#indexes.get(id);
  }

  idAt(index: number): number {
    return this.ids[index]!;
  }

  rangeAt(index: number): KeyRange {
    return { start: this.starts[index]!, end: this.starts[index + 1] ?? null };
  }

  equals(other: Partition): boolean {
    if (other.by === 'hash' || other.count !== this.count) return false;
    return this.starts.every((start, i) => start === other.starts[i] && this.ids[i] === other.ids[i]);
  }
}

/** The order of keys: that of their UTF-8, byte by byte, a prefix first. It is the order of code points, everywhere. */
export function compareKeys(a: string, b: string): number {
  return compareBytes(bytesOf(a).slice(), bytesOf(b));
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const common = Math.min(a.length, b.length);
  for (let i = 0; i < common; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}

/** Whether a key may divide ranges. A lone surrogate has no UTF-8 of its own, so that its place would be another's. */
export function isSplitKey(key: unknown): key is string {
  return typeof key === 'string' && key !== '' && key.length <= MAX_SPLIT_KEY_LENGTH && !/\p{Surrogate}/u.test(key);
}

/** @throws InvalidOptionError */
export function checkSplitKey(name: string, key: string): string {
  if (isSplitKey(key)) return key;
  throw new InvalidOptionError(name, key, `text of 1 to ${MAX_SPLIT_KEY_LENGTH} characters without lone surrogates`);
}
