const FIRST_WORDS = 256;
const FIRST_SLOTS = 64;

/**
 * The configurations that a search has been in, each a list of whole numbers: one array holds them one behind the other,
 * another is a hash table of their places. Exact: two configurations are the same only if all of their numbers are.
 */
export class Visited {
  #words = new Int32Array(FIRST_WORDS);
  #used = 1; // place 0 stands for an empty slot
  #slots = new Int32Array(FIRST_SLOTS);
  #count = 0;

  /** How much memory this takes. */
  get bytes(): number {
    return 4 * (this.#words.length + this.#slots.length);
  }

  /** Adds the first `length` numbers; returns whether they were not there yet. Constant time for each number. */
  add(configuration: Int32Array, length: number): boolean {
    const mask = this.#slots.length - 1;
    let slot = hashOf(configuration, length) & mask;
    for (; this.#slots[slot] !== 0; slot = (slot + 1) & mask) {
      if (this.#isAt(this.#slots[slot]!, configuration, length)) return false;
    }
    this.#slots[slot] = this.#append(configuration, length);
    if (++this.#count * 2 > this.#slots.length) this.#growSlots();
    return true;
  }

  #isAt(place: number, configuration: Int32Array, length: number): boolean {
    const words = this.#words;
    if (words[place] !== length) return false;
    for (let i = 0; i < length; i++) if (words[place + 1 + i] !== configuration[i]) return false;
    return true;
  }

  #append(configuration: Int32Array, length: number): number {
    const place = this.#used;
    this.#used += length + 1;
    if (this.#used > this.#words.length)
      this.#words = enlarged(this.#words, Math.max(this.#used, 2 * this.#words.length));
    this.#words[place] = length;
    for (let i = 0; i < length; i++) this.#words[place + 1 + i] = configuration[i]!;
    return place;
  }

  #growSlots(): void {
    const slots = new Int32Array(2 * this.#slots.length);
    const mask = slots.length - 1;
    for (let place = 1; place < this.#used; place += this.#words[place]! + 1) {
      const length = this.#words[place]!;
      let slot = hashOf(this.#words.subarray(place + 1), length) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = place;
    }
    this.#slots = slots;
  }
}

/** Murmur's mixing of one word after the other, and its finish. */
function hashOf(words: Int32Array, length: number): number {
  let hash = length;
  for (let i = 0; i < length; i++) {
    const word = Math.imul(words[i]!, 0xcc9e_2d51);
    hash ^= Math.imul((word << 15) | (word >>> 17), 0x1b87_3593);
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe654_6b64) | 0;
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return hash ^ (hash >>> 16);
}

function enlarged(words: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(length);
  larger.set(words);
  return larger;
}
