import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isQuorateError } from 'quorate/core';
import { jump, JumpHash } from 'quorate/hashing';
import { consistentHashSuite } from './consistent-hash-suite.js';
import { moved, names } from './moved.js';

consistentHashSuite('JumpHash', {
  make: (nodes) => new JumpHash(nodes),
  withHash: (nodes, hash) => new JumpHash(nodes, { hash }),
  historyFree: true,
  minimal: false,
  weights: false,
  peakOfTen: 1.03,
});

/** The figure in the paper, with 64-bit integers. */
function naive(key: bigint, buckets: number): number {
  let state = BigInt.asUintN(64, key);
  let b = -1;
  let j = 0;
  while (j < buckets) {
    b = j;
    state = BigInt.asUintN(64, state * 2862933555777941757n + 1n);
    j = Math.trunc((b + 1) * (2 ** 31 / Number((state >> 33n) + 1n)));
  }
  return b;
}

describe('jump', () => {
  // The first twenty and the last six are what Guava holds itself to.
  it('gives the published buckets', () => {
    const golden = [0, 55, 62, 8, 45, 59, 86, 97, 82, 59, 73, 37, 17, 56, 86, 21, 90, 37, 38, 83];
    expect(golden.map((_, key) => jump(key, 100))).toEqual(golden);
    expect([10863919174838991n, 2016238256797177309n, 1673758223894951030n].map((key) => jump(key, 11))).toEqual([
      6, 3, 5,
    ]);
    expect([2, 2201, 2202].map((key) => jump(key, 100_001))).toEqual([80343, 22152, 15018]);
  });

  it('agrees with 64-bit arithmetic', () => {
    const key = fc.oneof(fc.bigInt(0n, 2n ** 64n - 1n), fc.constantFrom(0n, 2n ** 32n - 1n, 2n ** 63n, 2n ** 64n - 1n));
    const buckets = fc.oneof(fc.integer({ min: 1, max: 2000 }), fc.integer({ min: 1, max: 2 ** 31 - 1 }));
    fc.assert(
      fc.property(key, buckets, (k, n) => {
        expect(jump(k, n)).toBe(naive(k, n));
        expect(jump(BigInt.asIntN(64, k), n)).toBe(naive(k, n));
      }),
      { numRuns: 2000 },
    );
  });

  it('takes safe integers, also negative ones', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (key) => {
        expect(jump(key, 1000)).toBe(naive(BigInt(key), 1000));
      }),
    );
  });

  // 0x87b0b0fd times this is 2^32 - 1, so that adding one carries into the upper half.
  it('carries from the lower half into the upper', () => {
    const low = BigInt.asUintN(32, -inverse(0x87b0_b0fdn));
    for (let high = 0n; high < 100n; high++) {
      const key = (high << 32n) + low;
      expect(jump(key, 1_000_000)).toBe(naive(key, 1_000_000));
    }
  });

  it('moves keys to the new bucket only', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 64n - 1n), fc.integer({ min: 1, max: 10_000 }), (key, buckets) => {
        expect([jump(key, buckets), buckets]).toContain(jump(key, buckets + 1));
      }),
    );
  });

  it('refuses what it has no bucket for', () => {
    expect(() => jump(1, 0)).toThrow('buckets is 0');
    expect(() => jump(1, 2 ** 31)).toThrow('buckets is 2147483648');
    expect(() => jump(0.5, 10)).toThrow('key is 0.5');
    expect(() => jump(2 ** 53, 10)).toThrow('key is 9007199254740992; it must be a bigint or a safe integer');
    expect(() => jump(2n ** 64n, 10)).toThrow('key is 18446744073709551616');
    expect(() => jump(-(2n ** 63n) - 1n, 10)).toThrow('it must be an integer of 64 bits');
  });
});

/** The inverse of an odd number modulo 2^32: each step doubles how many of its bits are right. */
function inverse(odd: bigint): bigint {
  let x = odd;
  for (let i = 0; i < 5; i++) x = BigInt.asUintN(32, x * (2n - odd * x));
  return x;
}

describe('JumpHash', () => {
  it('moves the least when the node that comes or goes sorts last, and most keys otherwise', () => {
    const ten = new JumpHash(names(10));
    expect(moved(ten, new JumpHash(names(9)))).toMatchObject({ extra: 0 });
    const withoutFirst = moved(ten, new JumpHash(names(10).slice(1)));
    expect(withoutFirst.needed + withoutFirst.extra).toBeGreaterThan(0.8);
  });

  it('refuses unequal weights, and says which algorithms take them', () => {
    const hash = new JumpHash(['a']);
    expect(() => hash.add('b', 2)).toThrow('weight of b is 2; it must be 1: JumpHash gives equal shares; Rendezvous');
    expect(() => new JumpHash([['b', 0]])).toThrow('weight of b is 0');
    expect(hash.nodes).toEqual(['a']);
    expect(
      isQuorateError(
        catching(() => hash.add('b', 3)),
        'invalid-option',
      ),
    ).toBe(true);
  });

  it('completes preferences in order of name when hashes derived from a key do not find them', () => {
    // 176 attempts miss each of the 40 with probability e^-4.4: for half of the keys one of them.
    const hash = new JumpHash(names(40));
    for (let i = 0; i < 300; i++) {
      const preferred = hash.getN(`key-${i}`, 40);
      expect(new Set(preferred).size).toBe(40);
      expect(hash.getN(`key-${i}`, 39)).toEqual(preferred.slice(0, 39));
    }
  });
});

function catching(act: () => void): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
}
