import { hashWords } from './tuple-table.js';

/**
 * A set that remembers 64 bits of each tuple instead of the tuple ("hash compaction": Wolper and Leroy, "Reliable
 * Hashing without Collision Detection", 1993): 11 to 22 bytes a tuple, whatever its length. Two tuples are taken for one
 * with a probability of about n squared / 2 to the 65th for n tuples: one in 370,000 for ten million.
 */
export class FingerprintSet {
  #low = new Uint32Array(1024);
  #high = new Uint32Array(1024);
  #size = 0;

  /** How many tuples were added. */
  get size(): number {
    return this.#size;
  }

  /** The memory it takes, in bytes. */
  get bytes(): number {
    return 8 * this.#low.length;
  }

  /** Adds a tuple; false when its fingerprint was there. */
  add(tuple: Uint32Array): boolean {
    const low = hashWords(tuple, 0, tuple.length, 0);
    // Both halves being 0 marks an empty slot.
    const high = hashWords(tuple, 0, tuple.length, 0x9747_b28c) | (low === 0 ? 1 : 0);
    if (!insert(this.#low, this.#high, low, high >>> 0)) return false;
    this.#size++;
    if (this.#size * 4 > this.#low.length * 3) this.#grow();
    return true;
  }

  #grow(): void {
    const [low, high] = [this.#low, this.#high];
    this.#low = new Uint32Array(low.length * 2);
    this.#high = new Uint32Array(low.length * 2);
    for (let i = 0; i < low.length; i++) {
      if ((low[i]! | high[i]!) !== 0) insert(this.#low, this.#high, low[i]!, high[i]!);
    }
  }
}

function insert(lows: Uint32Array, highs: Uint32Array, low: number, high: number): boolean {
  const mask = lows.length - 1;
  let slot = low & mask;
  while ((lows[slot]! | highs[slot]!) !== 0) {
    if (lows[slot] === low && highs[slot] === high) return false;
    slot = (slot + 1) & mask;
  }
  lows[slot] = low;
  highs[slot] = high;
  return true;
}
