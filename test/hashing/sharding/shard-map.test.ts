import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isQuorateError } from 'quorate/core';
import { hashKey32, HashRing } from 'quorate/hashing';
import { ShardMap, type ShardMapJson } from 'quorate/hashing/sharding';
import { compareKeys } from '../../../src/hashing/sharding/partition.js';

const anyKey = fc.oneof(fc.string({ unit: 'binary', maxLength: 8 }), fc.uint8Array({ maxLength: 8 }));
const splitKeys = fc
  .uniqueArray(fc.string({ unit: 'binary', minLength: 1, maxLength: 6 }), { maxLength: 12 })
  .map((keys) => keys.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));

describe('a shard map by hash', () => {
  it('has equal parts of the hashes, each in one shard', () => {
    const map = ShardMap.byHash(1000, { seed: 7 });
    fc.assert(
      fc.property(anyKey, (key) => {
        const { id } = map.locate(key);
        const hash = BigInt(hashKey32(key, 7));
        expect(BigInt(id)).toBe((hash * 1000n) / 2n ** 32n);
      }),
    );
    expect([map.epoch, map.by, map.shards.length, map.nodes]).toEqual([1, 'hash', 1000, []]);
  });

  it('places keys evenly, and apart from a ring within a shard', () => {
    const map = ShardMap.byHash(16);
    const ring = new HashRing(['a', 'b', 'c', 'd']);
    const counts = new Map<string, number>();
    for (let i = 0; i < 40_000; i++)
      if (map.locate(`key-${i}`).id === 3) {
        const node = ring.get(`key-${i}`)!;
        counts.set(node, (counts.get(node) ?? 0) + 1);
      }
    for (const node of ring.nodes) expect(counts.get(node)).toBeGreaterThan(300); // of some 2500
  });

  it('takes nodes from whatever places them', () => {
    const ring = new HashRing(['a', 'b', 'c']);
    const map = ShardMap.byHash(8).assignEach(({ id }) => ring.getN(`shard-${id}`, 2));
    expect(map.shards.every(({ id, nodes }) => nodes.join() === ring.getN(`shard-${id}`, 2).join())).toBe(true);
    expect([map.epoch, map.nodes]).toEqual([2, ['a', 'b', 'c']]);
  });

  it('neither splits nor merges', () => {
    const map = ShardMap.byHash(2);
    expect(() => map.split(0, 'm')).toThrow('by is "hash"; it must be range');
    expect(() => map.merge(0)).toThrow('by is "hash"; it must be range');
  });
});

describe('a shard map by range', () => {
  it('has each key in one shard, in the order of UTF-8', () => {
    fc.assert(
      fc.property(splitKeys, anyKey, (splits, key) => {
        const map = ShardMap.byRange(splits);
        const bytes = Buffer.from(key as string);
        const holders = map.shards.filter(({ range }) => {
          const begun = Buffer.compare(Buffer.from(range!.start), bytes) <= 0;
          return begun && (range!.end === null || Buffer.compare(bytes, Buffer.from(range!.end)) < 0);
        });
        expect(holders).toEqual([map.locate(key)]);
      }),
    );
  });

  it('has what is above the basic plane after what is in it, unlike the order of strings', () => {
    expect('\u{1f600}' < '\uffee').toBe(true);
    const map = ShardMap.byRange(['\uffee', '\u{1f600}']);
    expect(['\uffed', '\uffee', '\u{1f600}', '\u{1f601}'].map((key) => map.locate(key).id)).toEqual([0, 1, 2, 2]);
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        expect(Math.sign(compareKeys(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
    );
  });

  it('splits a range in two on the same nodes, and merges them to what was before', () => {
    fc.assert(
      fc.property(splitKeys, fc.string({ unit: 'binary', minLength: 1, maxLength: 6 }), anyKey, (splits, at, key) => {
        const map = ShardMap.byRange(splits).assignEach(() => ['a', 'b']);
        fc.pre(!splits.includes(at));
        const { id } = map.locate(at);
        const split = map.split(id, at);
        const fresh = split.locate(at);
        expect([split.epoch, fresh.id, fresh.range!.start]).toEqual([3, splits.length + 1, at]);
        expect([split.locate(key).id]).toEqual(
          map.locate(key).id !== id || Buffer.compare(Buffer.from(key as string), Buffer.from(at)) < 0
            ? [map.locate(key).id]
            : [fresh.id],
        );
        const merged = split.merge(id);
        expect([merged.epoch, merged.shards]).toEqual([4, map.shards]);
        expect(merged.hasSameShards(map)).toBe(true);
        // The id of the shard that is gone is not given to another.
        expect([merged.shard(fresh.id), merged.split(id, at).locate(at).id]).toEqual([undefined, fresh.id + 1]);
      }),
    );
  });

  it('refuses splits outside of the shard or at its first key, and merges of what is apart', () => {
    const map = ShardMap.byRange(['g', 'p']).assign(0, ['a', 'b']).assign(1, ['b', 'a']).assign(2, ['a']);
    for (const at of ['g', 'f', 'p', 'z'])
      expect(() => map.split(1, at)).toThrow(`at is "${at}"; it must be a key within`);
    for (const at of ['', '\ud800', 'x'.repeat(4097)]) expect(() => map.split(2, at)).toThrow('at is');
    expect(map.merge(0).shard(0)!.nodes).toEqual(['a', 'b']);
    expect(() => map.merge(1)).toThrow('on the same nodes as shard 2; move the replicas first');
    expect(() => map.merge(2)).toThrow('a shard with another after it');
    expect(() => map.merge(9)).toThrow('id is 9');
  });

  it.each([[['a']], [['a', 'b', 'c']], [['a', 'c']], [[]]])(
    'refuses to merge what is on a, b with what is on %j',
    (other) => {
      const map = ShardMap.byRange(['g']).assign(0, ['a', 'b']).assign(1, other);
      expect(() => map.merge(0)).toThrow('on the same nodes as shard 1; move the replicas first');
    },
  );

  it('refuses split keys that do not ascend', () => {
    for (const splits of [['b', 'a'], ['a', 'a'], [''], ['\u{1f600}', '\uffee']])
      expect(() => ShardMap.byRange(splits)).toThrow('split key is');
  });
});

describe('changes', () => {
  const map = ShardMap.byHash(3).assign(0, ['a', 'b']);

  it('give a new map with the next epoch, and leave the old one', () => {
    const next = map.move(
      { shard: 0, from: 'a', to: 'c' },
      { shard: 1, from: null, to: 'c' },
      { shard: 0, from: 'b', to: null },
    );
    expect([next.epoch, next.shards.map(({ nodes }) => nodes)]).toEqual([3, [['c'], ['c'], []]]);
    expect([map.epoch, map.shard(0)!.nodes]).toEqual([2, ['a', 'b']]);
    expect(next.shards[2]).toBe(map.shards[2]);
  });

  it('cannot be made in place', () => {
    expect(() => (map.shards as unknown[]).push(1)).toThrow(TypeError);
    expect(() => (map.locate('key').nodes as string[]).push('z')).toThrow(TypeError);
  });

  it.each([
    ['a shard that is not there', () => map.assign(3, ['a']), 'id is 3'],
    ['a node twice', () => map.assign(0, ['a', 'a']), 'replicas are on different nodes'],
    ['no name', () => map.assign(0, ['']), 'node is ""'],
    [
      'too many',
      () =>
        map.assign(
          0,
          Array.from({ length: 65 }, (_, i) => `n${i}`),
        ),
      'number of replicas is 65',
    ],
    ['a move from a node without it', () => map.move({ shard: 0, from: 'z', to: 'c' }), 'from is "z"'],
    ['a move to a node that has it', () => map.move({ shard: 0, from: 'a', to: 'b' }), 'to is "b"'],
    ['no shards', () => ShardMap.byHash(0), 'count is 0'],
    ['more shards than there may be', () => ShardMap.byHash(65_537), 'count is 65537'],
    ['a seed that is none', () => ShardMap.byHash(1, { seed: -1 }), 'seed is -1'],
  ])('are refused: %s', (_, change, message) => {
    expect(change).toThrow(message);
  });
});

describe('JSON', () => {
  const replicas = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'ä'), { maxLength: 3 });
  const maps = fc.oneof(
    fc.tuple(fc.integer({ min: 1, max: 20 }), fc.nat()).map(([count, seed]) => ShardMap.byHash(count, { seed })),
    splitKeys.map((splits) => ShardMap.byRange(splits)),
  );

  it('comes back as it went', () => {
    fc.assert(
      fc.property(maps, fc.infiniteStream(replicas), anyKey, (empty, nodes, key) => {
        const map = empty.assignEach(() => nodes.next().value as string[]);
        const back = ShardMap.from(JSON.parse(JSON.stringify(map)));
        expect([back.epoch, back.by, back.shards]).toEqual([map.epoch, map.by, map.shards]);
        expect([back.toJSON(), back.locate(key), back.hasSameShards(map)]).toEqual([
          map.toJSON(),
          map.locate(key),
          true,
        ]);
      }),
    );
  });

  it('has each name once', () => {
    expect(ShardMap.byHash(2).assign(0, ['b', 'a']).assign(1, ['b']).toJSON()).toEqual({
      epoch: 3,
      by: 'hash',
      seed: 1,
      nodes: ['a', 'b'],
      shards: [[1, 0], [1]],
    } satisfies ShardMapJson);
  });

  it('may have fields that are not known', () => {
    expect(ShardMap.from({ ...ShardMap.byHash(2).toJSON(), later: true }).shards).toHaveLength(2);
  });

  const hash = { epoch: 1, by: 'hash', seed: 0, nodes: ['a', 'b'], shards: [[0], [1]] };
  const shard = { id: 0, start: '', nodes: [0] };
  const range = {
    epoch: 1,
    by: 'range',
    nextId: 9,
    nodes: ['a', 'b'],
    shards: [shard, { id: 1, start: 'm', nodes: [] }],
  };
  it.each([
    null,
    7,
    [hash],
    { ...hash, epoch: 0 },
    { ...hash, epoch: 2 ** 53 },
    { ...hash, epoch: '1' },
    { ...hash, by: 'luck' },
    { ...hash, seed: 1.5 },
    { ...hash, nodes: { length: 2 } },
    { ...hash, nodes: ['a', 'a'] },
    { ...hash, nodes: ['a', ''] },
    { ...hash, nodes: ['a', 'x'.repeat(1025)] },
    { ...hash, nodes: new Array<string>(2) },
    { ...hash, nodes: Array.from({ length: 65_537 }, (_, i) => `n${i}`) },
    { ...hash, shards: [] },
    { ...hash, shards: [[2]] },
    { ...hash, shards: [[-1]] },
    { ...hash, shards: [[0, 0]] },
    { ...hash, shards: [['a']] },
    { ...hash, shards: [Array.from({ length: 65 }, (_, i) => i)] },
    { ...hash, shards: Array.from({ length: 65_537 }, () => []) },
    { ...range, nextId: 1 },
    { ...range, shards: [{ ...shard, start: 'a' }] },
    { ...range, shards: [shard, { ...shard, start: 'm' }] },
    { ...range, shards: [shard, { id: 1, start: '', nodes: [] }] },
    { ...range, shards: [shard, { id: 1, start: '\udc00', nodes: [] }] },
    { ...range, shards: [...range.shards, { id: 2, start: 'b', nodes: [] }] },
    { ...range, shards: [shard, null] },
    { ...range, shards: [[0]] },
  ])('is refused when it is wrong (%#)', (value) => {
    expect(() => ShardMap.from(value)).toThrow(expect.toSatisfy((error) => isQuorateError(error, 'malformed')));
  });

  it('throws nothing else, whatever it is', () => {
    const seeds = [hash, range].map((map) => JSON.stringify(map));
    const damaged = fc
      .tuple(fc.constantFrom(...seeds), fc.nat(), fc.nat(), fc.string({ maxLength: 3 }))
      .map(
        ([text, from, length, by]) =>
          text.slice(0, from % text.length) + by + text.slice((from % text.length) + (length % 5)),
      );
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.anything(), damaged.map(parsed)), (value) => {
        try {
          ShardMap.from(value).locate('key');
        } catch (error) {
          expect(isQuorateError(error, 'malformed')).toBe(true);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
