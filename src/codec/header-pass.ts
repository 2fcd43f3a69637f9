import { MalformedError } from '../core/index.js';

/** What {@link HeaderPass} allows. */
export interface HeaderLimits {
  /** How deep values may be nested; a value that is no container has depth 1, its container 2, and so on. */
  readonly maxDepth: number;
  /** How many values, map keys among them, one frame may hold. */
  readonly maxValues: number;
}

/**
 * One pass over the headers of MessagePack bytes, before anything is decoded. It refuses what promises more than there
 * is, what is nested too deep, what holds too many values, and what the value model does not know: extension types,
 * integers beyond the safe range, numbers that are not finite, map keys that are no strings, bytes after the value.
 * What passes can be decoded in memory proportional to the bytes (at most `maxValues` objects besides).
 *
 * Linear in the number of values, without allocation. One instance is not re-entrant.
 */
export class HeaderPass {
  readonly #limits: HeaderLimits;
  /** How many values the container at each depth still waits for; twice the number of pairs for a map. */
  readonly #left: Float64Array;
  /** 1 where the container at that depth is a map: then an even number left means that a key comes next. */
  readonly #isMap: Uint8Array;
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;

  constructor(limits: HeaderLimits) {
    this.#limits = limits;
    this.#left = new Float64Array(limits.maxDepth + 1);
    this.#isMap = new Uint8Array(limits.maxDepth + 1);
  }

  /** @throws {@link MalformedError} saying what is wrong and where */
  check(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#at = 0;
    this.#left[0] = 1;
    this.#isMap[0] = 0;
    let depth = 0; // of the innermost open container; what is in it has depth + 1
    let pending = 1; // values promised so far and not seen yet; each takes at least one byte
    let values = 0;
    while (depth >= 0) {
      if (this.#left[depth] === 0) {
        depth--;
        continue;
      }
      if (depth >= this.#limits.maxDepth) refuse(this.#at, `nested deeper than ${this.#limits.maxDepth}`);
      if (this.#isMap[depth] === 1 && this.#left[depth]! % 2 === 0) this.#expectKey();
      this.#left[depth]!--;
      const inner = this.#header();
      pending += inner - 1;
      values++;
      if (pending > bytes.length - this.#at) refuse(this.#at, 'more is promised than there are bytes');
      if (values + pending > this.#limits.maxValues) refuse(this.#at, `more than ${this.#limits.maxValues} values`);
      if (inner > 0) {
        depth++;
        this.#left[depth] = inner;
        this.#isMap[depth] = this.#wasMap ? 1 : 0;
      }
    }
    if (this.#at !== bytes.length) refuse(this.#at, 'bytes follow the value');
  }

  #wasMap = false;

  /** A map key must be a string. That it is not `__proto__` is checked by the decoder, on the decoded string. */
  #expectKey(): void {
    const head = this.#bytes[this.#at];
    if (head !== undefined && !((head >= 0xa0 && head < 0xc0) || (head >= 0xd9 && head <= 0xdb))) {
      refuse(this.#at, 'a map key is no string');
    }
  }

  /** Steps over one header and, unless it opens a container, its content. Returns how many values are inside. */
  #header(): number {
    if (this.#at >= this.#bytes.length) refuse(this.#at, 'the bytes end too early');
    const head = this.#bytes[this.#at++]!;
    if (head < 0x80 || head >= 0xe0) return 0;
    if (head < 0x90) return this.#map(head & 0x0f);
    if (head < 0xa0) return this.#array(head & 0x0f);
    if (head < 0xc0) return this.#skip(head & 0x1f);
    if (head >= 0xd4 && head <= 0xd8) refuse(this.#at - 1, 'extension types are not allowed');
    return this.#longHeader(head);
  }

  #longHeader(head: number): number {
    switch (head) {
      case 0xc0: // nil, false, true
      case 0xc2:
      case 0xc3:
        return 0;
      case 0xc4: // bin and str with 8, 16, 32 bits of length
      case 0xd9:
        return this.#skip(this.#length(1));
      case 0xc5:
      case 0xda:
        return this.#skip(this.#length(2));
      case 0xc6:
      case 0xdb:
        return this.#skip(this.#length(4));
      case 0xca:
      case 0xcb:
        return this.#float(head === 0xca ? 4 : 8);
      case 0xcf:
      case 0xd3:
        return this.#wideInteger(head === 0xd3);
      case 0xcc: // integers of 8, 16, 32 bits
      case 0xcd:
      case 0xce:
        return this.#skip(1 << (head - 0xcc));
      case 0xd0:
      case 0xd1:
      case 0xd2:
        return this.#skip(1 << (head - 0xd0));
      case 0xdc:
      case 0xdd:
        return this.#array(this.#length(head === 0xdc ? 2 : 4));
      case 0xde:
      case 0xdf:
        return this.#map(this.#length(head === 0xde ? 2 : 4));
      default:
        return refuse(this.#at - 1, head === 0xc1 ? 'type byte c1 is not used' : 'extension types are not allowed');
    }
  }

  #array(size: number): number {
    this.#wasMap = false;
    return size;
  }

  #map(pairs: number): number {
    this.#wasMap = true;
    return pairs * 2;
  }

  #length(width: number): number {
    this.#need(width);
    const start = this.#at;
    this.#at += width;
    let length = 0;
    for (let i = start; i < this.#at; i++) length = length * 256 + this.#bytes[i]!;
    return length;
  }

  #skip(length: number): 0 {
    this.#need(length);
    this.#at += length;
    return 0;
  }

  #need(length: number): void {
    if (length > this.#bytes.length - this.#at) refuse(this.#at, 'more is promised than there are bytes');
  }

  /** Infinities and NaN have all bits of the exponent set: 8 of them behind the sign in 4 bytes, 11 in 8 bytes. */
  #float(width: 4 | 8): 0 {
    this.#need(width);
    const exponentTail = width === 4 ? 0x80 : 0xf0;
    const atLimit =
      (this.#bytes[this.#at]! & 0x7f) === 0x7f && (this.#bytes[this.#at + 1]! & exponentTail) === exponentTail;
    if (atLimit) refuse(this.#at - 1, 'a number is not finite');
    return this.#skip(width);
  }

  /** Integers of 64 bits must be safe ones: from -(2^53 - 1) to 2^53 - 1. */
  #wideInteger(signed: boolean): 0 {
    const at = this.#at - 1;
    const unsignedHigh = this.#length(4);
    const low = this.#length(4);
    const high = signed ? unsignedHigh | 0 : unsignedHigh;
    if (high > 0x1f_ffff || high < -0x20_0000 || (high === -0x20_0000 && low === 0)) {
      refuse(at, 'an integer is beyond the safe range');
    }
    return 0;
  }
}

function refuse(at: number, problem: string): never {
  throw new MalformedError(`malformed MessagePack at byte ${at}: ${problem}`);
}
