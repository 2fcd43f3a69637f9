import type { Key } from '../../../src/hashing/index.js';
import { newerMap, ShardMap, type Shard } from '../../../src/hashing/sharding/index.js';
import type { Random } from '../random.js';
import { decoded, ensure, ensureSame, sizeOf, type Target } from '../target.js';
import { decodeValue, encodeValue, mutateOften } from '../values.js';

const ALPHABET = ['a', 'b', 'z', '~', ' ', '\u00e9', '\uffee', '\u{1f600}'];
/** The greatest epoch, and the greatest id to come, that are taken. */
const MAX_NUMBER = 2 ** 52;
/** Longer keys have none after them that starts a range. */
const MAX_START = 4095;

/** Maps of shards, which come from whoever has a newer one. */
export const shardMap: Target = {
  name: 'shard-map',
  valid: (random) => encodeValue(random, anyMap(random).toJSON()),
  generate: (random) => encodeValue(random, mutateOften(random, anyMap(random).toJSON())),
  check(input) {
    const given = decodeValue(input);
    const result = given && decoded(() => ShardMap.from(given.value));
    if (result === undefined) return 'rejected';
    const map = result.value;
    const json = map.toJSON();
    const places = map.shards.reduce((sum, { nodes }) => sum + 1 + nodes.length, 0);
    ensure(places <= input.length, `${places} shards and replicas came out of ${input.length} bytes`);
    ensure(sizeOf(json) <= 3 * input.length + 200, `${sizeOf(json)} came out of ${input.length} bytes`);

    const back = ShardMap.from(JSON.parse(JSON.stringify(map)));
    ensureSame('as JSON and back', JSON.stringify(json), JSON.stringify(back));
    ensureSame('as JSON and back, its shards', map.shards, back.shards);
    ensure(map.hasSameShards(back) && newerMap(map, back) === map, 'a map is another one than itself');
    ensureWhole(map);
    const starts = map.shards.slice(0, 8).map(({ range }) => range?.start ?? '');
    for (const key of ['key', '\ud800', '\u{10ffff}', input.slice(0, 40), input.slice(-3), ...starts]) {
      ensureHolds(map, map.locate(key), key);
      ensure(back.locate(key).id === map.locate(key).id, 'a key is in another shard of a copy');
    }
    ensureGoesOn(map);
    return 'accepted';
  },
};

/** The replicas of a shard are on different nodes, and ranges follow each other from the first key to the last. */
function ensureWhole({ by, shards }: ShardMap): void {
  for (const [i, { nodes, range }] of shards.entries()) {
    ensure(new Set(nodes).size === nodes.length, `two replicas are on one node of ${nodes.join()}`);
    ensure((range === null) === (by === 'hash'), `a range by ${by}`);
    if (range === null) continue;
    const after = shards[i + 1]?.range?.start ?? null;
    ensure(range.end === after && (i > 0 || range.start === ''), `the range ${range.start} to ${range.end} at ${i}`);
    const ascends = range.end === null || Buffer.compare(Buffer.from(range.start), Buffer.from(range.end)) < 0;
    ensure(ascends, `the range ${range.start} to ${range.end} is empty`);
  }
}

function ensureHolds(map: ShardMap, shard: Shard, key: Key): void {
  ensure(map.shards.includes(shard) && map.shard(shard.id) === shard, `shard ${shard.id} is none of the map`);
  if (shard.range === null) return;
  const { start, end } = shard.range;
  const bytes = Buffer.from(key as string);
  const holds = Buffer.compare(Buffer.from(start), bytes) <= 0;
  ensure(
    holds && (end === null || Buffer.compare(bytes, Buffer.from(end)) < 0),
    `${start} to ${end} has ${String(key)}`,
  );
}

/** What can be done to a map gives one that is taken again, unless its numbers are the greatest that are. */
function ensureGoesOn(map: ShardMap): void {
  const last = map.shards.at(-1)!;
  const json = map.toJSON();
  if (map.epoch === MAX_NUMBER || (json.by === 'range' && json.nextId === MAX_NUMBER)) return;
  const changes = [(): ShardMap => map.assign(last.id, ['z', 'y'])];
  if (last.range !== null && last.range.start.length < MAX_START)
    changes.push(() => map.split(last.id, `${last.range!.start}\u{10ffff}`));
  for (const change of changes) {
    const next = change();
    ensure(next.epoch === map.epoch + 1, `epoch ${next.epoch} follows ${map.epoch}`);
    ensureSame('after a change', JSON.stringify(next), JSON.stringify(ShardMap.from(next.toJSON())));
  }
}

function anyMap(random: Random): ShardMap {
  const names = [...new Set(random.list(6, () => random.name(1024)))];
  const some = (): string[] => names.filter(() => random.oneIn(2));
  let map = (random.oneIn(2) ? byHash(random) : byRange(random)).assignEach(some);
  for (let changes = random.below(4); changes > 0; changes--) map = changed(random, map, some);
  return map;
}

function byHash(random: Random): ShardMap {
  return ShardMap.byHash(1 + random.length(6, 200), { seed: random.pick([0, 1, 2 ** 32 - 1]) });
}

function byRange(random: Random): ShardMap {
  const keys = random.list(random.length(6, 60), () => splitKey(random));
  const ordered = [...new Set(keys)].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return ShardMap.byRange(ordered);
}

function splitKey(random: Random): string {
  return random.pick(ALPHABET) + random.list(4, () => random.pick(ALPHABET)).join('');
}

function changed(random: Random, map: ShardMap, some: () => string[]): ShardMap {
  const { id, range } = random.pick(map.shards);
  const at = splitKey(random);
  if (range === null || random.oneIn(3)) return map.assign(id, some());
  const shard = map.locate(at);
  return shard.range!.start === at ? map.assign(id, []) : map.split(shard.id, at);
}
