const EMPTY = 0xffff_ffff;

/** Mixes the words of a tuple into 32 bits: the inner loop of MurmurHash3 by Appleby, with its finalizer. */
export function hashWords(words: Uint32Array, from: number, length: number, seed: number): number {
  let hash = seed;
  for (let i = from; i < from + length; i++) {
    let word = Math.imul(words[i]!, 0xcc9e_2d51);
    word = (word << 15) | (word >>> 17);
    hash ^= Math.imul(word, 0x1b87_3593);
    hash = (hash << 13) | (hash >>> 19);
    hash = (Math.imul(hash, 5) + 0xe654_6b64) | 0;
  }
  hash ^= length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** A copy of `array` with room for half as much again, and for `least` elements. */
export function grown(array: Uint32Array<ArrayBuffer>, least: number): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(Math.max(least, array.length + (array.length >> 1)));
  larger.set(array);
  return larger;
}

/**
 * A set of tuples of 32-bit words, each with a number: 0, 1, 2 ... in the order in which they were added. Tuples are
 * compared word by word, so that no two are ever taken for one. Open addressing with linear probing over typed arrays:
 * no object for a tuple, hence nothing for the garbage collector to follow. Adding is O(length) on average; memory is
 * the words, and 9 to 20 bytes for each tuple.
 */
export class TupleTable {
  /** The words of all tuples, one after the other. Replaced when it grows: do not hold on to it. */
  words = new Uint32Array(1024);
  #starts = new Uint32Array(256);
  #slots = new Uint32Array(512).fill(EMPTY);
  #size = 0;

  /** How many tuples it holds. */
  get size(): number {
    return this.#size;
  }

  /** The memory it takes, in bytes. */
  get bytes(): number {
    return 4 * (this.words.length + this.#starts.length + this.#slots.length);
  }

  /** Where the words of a tuple begin in {@link words}. */
  start(id: number): number {
    return this.#starts[id]!;
  }

  /** How many words a tuple has. */
  length(id: number): number {
    return this.#starts[id + 1]! - this.#starts[id]!;
  }

  /** A copy of a tuple. */
  get(id: number): Uint32Array<ArrayBuffer> {
    return this.words.slice(this.#starts[id], this.#starts[id + 1]);
  }

  /** Adds the first `length` words of `tuple` unless they are there, and returns their number. */
  add(tuple: Uint32Array, length: number): number {
    const slot = this.#find(tuple, length);
    const known = this.#slots[slot]!;
    return known === EMPTY ? this.#insert(slot, tuple, length) : known;
  }

  /** Whether a tuple is there. */
  has(tuple: Uint32Array, length: number): boolean {
    return this.#slots[this.#find(tuple, length)]! !== EMPTY;
  }

  #find(tuple: Uint32Array, length: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = hashWords(tuple, 0, length, 0) & mask;
    for (let id = slots[slot]!; id !== EMPTY; id = slots[slot]!) {
      if (this.#equals(id, tuple, length)) return slot;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #equals(id: number, tuple: Uint32Array, length: number): boolean {
    const start = this.#starts[id]!;
    if (this.#starts[id + 1]! - start !== length) return false;
    const words = this.words;
    for (let i = 0; i < length; i++) if (words[start + i] !== tuple[i]) return false;
    return true;
  }

  #insert(slot: number, tuple: Uint32Array, length: number): number {
    const id = this.#size++;
    const start = this.#starts[id]!;
    if (start + length > this.words.length) this.words = grown(this.words, start + length);
    if (id + 2 > this.#starts.length) this.#starts = grown(this.#starts, id + 2);
    for (let i = 0; i < length; i++) this.words[start + i] = tuple[i]!;
    this.#starts[id + 1] = start + length;
    this.#slots[slot] = id;
    if (this.#size * 4 > this.#slots.length * 3) this.#rehash();
    return id;
  }

  #rehash(): void {
    const slots = new Uint32Array(this.#slots.length * 2).fill(EMPTY);
    const mask = slots.length - 1;
    for (let id = 0; id < this.#size; id++) {
      const start = this.#starts[id]!;
      let slot = hashWords(this.words, start, this.#starts[id + 1]! - start, 0) & mask;
      while (slots[slot]! !== EMPTY) slot = (slot + 1) & mask;
      slots[slot] = id;
    }
    this.#slots = slots;
  }
}
