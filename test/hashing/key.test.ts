import fc from 'fast-check';
import murmur from 'murmurhash3js-revisited';
import { describe, expect, it } from 'vitest';
import { hashKey128, hashKey32 } from 'quorate/hashing';

const pangram = 'The quick brown fox jumps over the lazy dog';

describe('hashKey32', () => {
  it.each([
    ['', 0, 0],
    ['', 1, 0x514e28b7],
    ['', 0xffff_ffff, 0x81f16f39],
    ['test', 0, 0xba6bd213],
    ['test', 0x9747b28c, 0x704b81dc],
    ['Hello, world!', 0, 0xc0363e43],
    ['Hello, world!', 0x9747b28c, 0x24884cba],
    [pangram, 0, 0x2e4ff723],
    [pangram, 0x9747b28c, 0x2fa826cd],
  ])('%j with seed %i', (key, seed, hash) => {
    expect(hashKey32(key, seed)).toBe(hash);
  });

  it('refuses what is neither a string nor bytes', () => {
    for (const key of [42, null, undefined, ['a'], new Uint16Array(1)]) {
      expect(() => hashKey32(key as never)).toThrow('it must be a string or bytes');
    }
  });

  it('leaves the checks of the library to others who use it', () => {
    expect(() => hashKey32('key')).not.toThrow();
    expect((murmur as { readonly inputValidation?: boolean }).inputValidation).toBe(true);
  });

  it("has the author's verification value", () => {
    expect(verification((key, seed) => littleEndian(hashKey32(key, seed)))).toBe(0xb0f57ee3);
  });

  it('agrees with a plain implementation, on strings and bytes of any length', () => {
    const keys = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.string({ unit: 'binary', minLength: 300, maxLength: 400 }), // around the size of the buffer
      fc.constantFrom('\ud800', 'a\udc00b', '€'.repeat(341), '€'.repeat(342), 'x'.repeat(5000)),
    );
    fc.assert(
      fc.property(keys, fc.integer({ min: -(2 ** 31), max: 2 ** 32 - 1 }), (key, seed) => {
        const bytes = typeof key === 'string' ? Buffer.from(key, 'utf8') : key;
        expect(hashKey32(key, seed)).toBe(plainMurmur32(bytes, seed));
        expect(hashKey128(key, seed)).toBe(hashKey128(new Uint8Array(bytes), seed));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('hashKey128', () => {
  it.each([
    ['', '00000000000000000000000000000000'],
    ['hello', 'cbd8a7b341bd9b025b1e906a48ae1d19'],
    [pangram, 'e34bbc7bbc071b6c7a433ca9c49a9347'],
  ])('%j', (key, hash) => {
    expect(hashKey128(key)).toBe(hash);
  });

  it("has the author's verification value", () => {
    const bytes = (hex: string): number[] => hex.match(/../g)!.map((digits) => parseInt(digits, 16));
    const reference = (key: Uint8Array, seed: number): number[] => {
      const hash = bytes(hashKey128(key, seed));
      return [...hash.slice(0, 8).reverse(), ...hash.slice(8).reverse()];
    };
    expect(verification(reference)).toBe(0x6384ba69);
  });
});

/** SMHasher's check: hash the keys [], [0], [0, 1] ... with seeds 256, 255 ..., then hash the hashes. */
function verification(hash: (key: Uint8Array, seed: number) => number[]): number {
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
  const hashes = Array.from(bytes, (length) => hash(bytes.slice(0, length), 256 - length));
  return Buffer.from(hash(Uint8Array.from(hashes.flat()), 0)).readUInt32LE(0);
}

function littleEndian(n: number): number[] {
  return [n & 255, (n >>> 8) & 255, (n >>> 16) & 255, n >>> 24];
}

function plainMurmur32(key: Uint8Array, seed: number): number {
  const rotate = (n: number, by: number): number => (n << by) | (n >>> (32 - by));
  const scramble = (k: number): number => Math.imul(rotate(Math.imul(k, 0xcc9e2d51), 15), 0x1b873593);
  let h = seed | 0;
  const whole = key.length - (key.length % 4);
  for (let i = 0; i < whole; i += 4) {
    h ^= scramble(key[i]! | (key[i + 1]! << 8) | (key[i + 2]! << 16) | (key[i + 3]! << 24));
    h = (Math.imul(rotate(h, 13), 5) + 0xe6546b64) | 0;
  }
  let tail = 0;
  for (let i = key.length - 1; i >= whole; i--) tail = (tail << 8) | key[i]!;
  h ^= scramble(tail) ^ key.length;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
