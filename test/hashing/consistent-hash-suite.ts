import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashKey32, type ConsistentHash, type Key, type KeyHash, type Nodes } from 'quorate/hashing';

/** What an algorithm promises, for {@link consistentHashSuite}. */
export interface Promises {
  /** Makes one with these nodes. */
  make(nodes: Nodes): ConsistentHash;
  /** Makes one that hashes in another way, if it takes a hash. */
  readonly withHash?: (nodes: Nodes, hash: KeyHash) => ConsistentHash;
  /** Only the nodes and their weights matter, not in which order they came. */
  readonly historyFree: boolean;
  /** Keys move only to a node that came, and only from one that went. */
  readonly minimal: boolean;
  /** It takes weights other than 1. */
  readonly weights: boolean;
  /** The greatest share of a node in relation to the average, of ten equal ones. */
  readonly peakOfTen: number;
}

const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `10.0.0.${i}:7000`);
const keys = Array.from({ length: 2000 }, (_, i) => `user:${i}`);
const placed = (hash: ConsistentHash): (string | undefined)[] => keys.map((key) => hash.get(key));

/** What everything that places keys must do. */
export function consistentHashSuite(name: string, promises: Promises): void {
  const { make } = promises;

  describe(name, () => {
    it('places no key while there are no nodes', () => {
      expect([make([]).get('key'), make([]).getN('key', 3), make([]).nodes]).toEqual([undefined, [], []]);
    });

    it('places every key on its only node', () => {
      expect(new Set(placed(make(['a'])))).toEqual(new Set(['a']));
    });

    it('takes strings of all of Unicode, and bytes', () => {
      const hash = make(names(10));
      for (const key of ['', 'ä', '日本', '😀', '\ud800', 'x'.repeat(5000)])
        expect(hash.nodes).toContain(hash.get(key));
      expect(hash.get(new TextEncoder().encode('日本'))).toBe(hash.get('日本'));
    });

    it('lists its nodes in ascending order', () => {
      expect(make(['b', 'a', 'c']).nodes).toEqual(['a', 'b', 'c']);
    });

    it('places alike in whatever order the nodes were given', () => {
      const expected = placed(make(names(8)));
      fc.assert(
        fc.property(fc.shuffledSubarray(names(8), { minLength: 8 }), (nodes) => {
          expect(placed(make(nodes))).toEqual(expected);
          if (!promises.historyFree) return;
          const grown = make([]);
          for (const node of nodes) grown.add(node);
          expect(placed(grown)).toEqual(expected);
        }),
        { numRuns: 20 },
      );
    });

    it('is as before when a node was added and removed again', () => {
      const hash = make(names(10));
      const before = placed(hash);
      hash.add('10.0.0.99:7000');
      expect(placed(hash)).not.toEqual(before);
      expect(hash.remove('10.0.0.99:7000')).toBe(true);
      expect(placed(hash)).toEqual(before);
    });

    it('does not mind the removal of a node that is not there', () => {
      const hash = make(names(3));
      expect(hash.remove('nobody')).toBe(false);
      expect(placed(hash)).toEqual(placed(make(names(3))));
    });

    it('has as preferences different nodes, beginning with that of get', () => {
      const hash = make(names(6));
      for (const key of keys.slice(0, 200)) {
        const preferred = hash.getN(key, 4);
        expect(preferred[0]).toBe(hash.get(key));
        expect(new Set(preferred).size).toBe(4);
        expect(hash.getN(key, 9)).toHaveLength(6);
        expect(hash.getN(key, 2)).toEqual(preferred.slice(0, 2));
      }
      expect(hash.getN('key', 0)).toEqual([]);
      expect(() => hash.getN('key', -1)).toThrow('count is -1');
    });

    it(`gives the fullest of ten nodes at most ${promises.peakOfTen} times the average`, () => {
      const hash = make(names(10));
      const counts = new Map<string, number>();
      for (let i = 0; i < 100_000; i++) {
        const node = hash.get(`key-${i}`)!;
        counts.set(node, (counts.get(node) ?? 0) + 1);
      }
      expect(Math.max(...counts.values()) / 10_000).toBeLessThanOrEqual(promises.peakOfTen);
    });

    it('refuses what is no node', () => {
      expect(() => make([''])).toThrow('node is ""; it must be a name');
      expect(() => make([['a', -1]])).toThrow('weight of a is -1');
      expect(() => make([['a', Number.NaN]])).toThrow('weight of a is NaN');
    });

    const { withHash } = promises;
    if (withHash !== undefined)
      it('takes the bits of a hash that is negative as an unsigned number, of nodes and of keys', () => {
        const [unsigned, signed] = [hashKey32, (key: Key, seed?: number) => hashKey32(key, seed) | 0].map((hash) =>
          withHash(names(8), hash),
        ) as [ConsistentHash, ConsistentHash];
        expect(placed(signed)).toEqual(placed(unsigned));
        for (const key of keys.slice(0, 200)) expect(signed.getN(key, 8)).toEqual(unsigned.getN(key, 8));
        for (const hash of [unsigned, signed]) hash.remove(names(8)[2]!);
        expect(placed(signed)).toEqual(placed(unsigned));
      });

    if (promises.minimal) minimalSuite(promises);
    if (promises.weights) weightSuite(promises);
  });
}

function minimalSuite({ make }: Promises): void {
  it('moves keys only to a node that comes, and only from one that goes', () => {
    const size = fc.integer({ min: 1, max: 20 });
    fc.assert(
      fc.property(size, fc.nat(), (count, which) => {
        const hash = make(names(count));
        const before = placed(hash);
        hash.add('10.0.0.99:7000');
        placed(hash).forEach((node, i) => node !== before[i] && expect(node).toBe('10.0.0.99:7000'));
        hash.remove('10.0.0.99:7000');
        const gone = names(count)[which % count]!;
        hash.remove(gone);
        placed(hash).forEach((node, i) => node !== before[i] && expect(before[i]).toBe(gone));
      }),
      { numRuns: 30 },
    );
  });
}

function weightSuite({ make, peakOfTen }: Promises): void {
  it('gives a node of weight three about three times as many keys, and one of weight 0 none', () => {
    const hash = make([...names(10).slice(0, 9), ['heavy', 3], ['idle', 0]]);
    let heavy = 0;
    for (let i = 0; i < 60_000; i++) {
      const node = hash.get(`key-${i}`);
      if (node === 'heavy') heavy++;
      expect(node).not.toBe('idle');
    }
    expect(heavy / 60_000 / (3 / 12)).toBeGreaterThan(2 - peakOfTen);
    expect(heavy / 60_000 / (3 / 12)).toBeLessThan(peakOfTen);
  });

  it('changes the weight of a node that is added again', () => {
    const hash = make([
      ['a', 1],
      ['b', 1],
    ]);
    hash.add('a', 0);
    expect(new Set(placed(hash))).toEqual(new Set(['b']));
    hash.add('a', 1);
    expect(placed(hash)).toEqual(placed(make(['a', 'b'])));
  });
}
