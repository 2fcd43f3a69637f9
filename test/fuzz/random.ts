import { nextUint32, seedRandom, type RandomState } from '../../src/core/index.js';

/** Draws for fuzzing: all of an input follows from a seed and its number. */
export class Random {
  readonly #state: RandomState;

  constructor(seed: number, stream = 0) {
    this.#state = seedRandom(seed, stream);
  }

  /** A whole number from 0 to below `limit`. */
  below(limit: number): number {
    return Math.floor((nextUint32(this.#state) / 0x1_0000_0000) * limit);
  }

  /** True once in `n` draws. */
  oneIn(n: number): boolean {
    return this.below(n) === 0;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!;
  }

  /** A small length, seldom a larger one. */
  length(usual: number, rare = usual * 8): number {
    return this.below((this.oneIn(16) ? rare : usual) + 1);
  }

  byte(): number {
    return nextUint32(this.#state) & 0xff;
  }

  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let i = 0; i < length; i++) bytes[i] = this.byte();
    return bytes;
  }

  /** A list of up to `most` items. */
  list<T>(most: number, item: () => T): T[] {
    return Array.from({ length: this.below(most + 1) }, item);
  }

  /** Printable ASCII without spaces, seldom as long as `most`. */
  name(most = 64): string {
    const length = this.oneIn(32) ? most : 1 + this.below(Math.min(8, most));
    return Array.from({ length }, () => String.fromCharCode(0x21 + this.below(94))).join('');
  }

  /** A whole number from 0 on: small ones and those at the edges of widths, mostly. */
  count(): number {
    if (this.oneIn(3)) return this.pick(EDGES);
    return this.below(this.pick([4, 300, 70_000, 2 ** 32, 2 ** 45]));
  }
}

/** Whole numbers at which encodings change, and the largest. */
const EDGES = [0, 1, 127, 128, 255, 256, 65_535, 65_536, 2 ** 31, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER];
