import { MalformedError } from '../../core/index.js';
import { compareKeys, HashPartition, isSplitKey, MAX_SHARDS, RangePartition, type Partition } from './partition.js';

/** A {@link ShardMap} as plain data. Shards name their nodes by the index in `nodes`. */
export type ShardMapJson = HashShardMapJson | RangeShardMapJson;

/** A map whose shards have equal parts of the hashes of keys. */
export interface HashShardMapJson {
  readonly epoch: number;
  readonly by: 'hash';
  /** The seed of `hashKey32`. */
  readonly seed: number;
  readonly nodes: readonly string[];
  /** The nodes of shard 0, 1 ... */
  readonly shards: readonly (readonly number[])[];
}

/** A map whose shards have ranges of keys. */
export interface RangeShardMapJson {
  readonly epoch: number;
  readonly by: 'range';
  readonly nextId: number;
  readonly nodes: readonly string[];
  /** In ascending order of their first keys, the first of which is empty. */
  readonly shards: readonly { readonly id: number; readonly start: string; readonly nodes: readonly number[] }[];
}

/** What a map consists of. */
export interface ShardMapParts {
  readonly epoch: number;
  readonly partition: Partition;
  /** The nodes of each shard. */
  readonly replicas: readonly (readonly string[])[];
}

/** The greatest epoch, and the greatest id to come, from outside: there is room for as many changes again before numbers are no longer exact. */
const MAX_EPOCH = 2 ** 52;
/** The most nodes of a map. */
const MAX_NODES = 65_536;
/** The most replicas of a shard. */
export const MAX_REPLICAS = 64;
/** The longest name of a node, in units of UTF-16. */
export const MAX_NODE_LENGTH = 1024;

/** Whether a value can be the name of a node in a map. */
export function isNodeName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_NODE_LENGTH;
}

/** O(shards and their nodes). */
export function formatShardMap({ epoch, partition, replicas }: ShardMapParts): ShardMapJson {
  const nodes = [...new Set(replicas.flat())].sort();
  const numbers = new Map(nodes.map((node, number) => [node, number]));
  const numbered = replicas.map((names) => names.map((name) => numbers.get(name)!));
  if (partition.by === 'hash') return { epoch, by: 'hash', seed: partition.seed, nodes, shards: numbered };
  const shards = numbered.map((names, i) => ({ id: partition.ids[i]!, start: partition.starts[i]!, nodes: names }));
  return { epoch, by: 'range', nextId: partition.nextId, nodes, shards };
}

/** Checks what may come from anywhere; unknown fields are ignored. @throws MalformedError */
export function parseShardMap(value: unknown): ShardMapParts {
  const map = record(value, 'a shard map');
  const epoch = integer(map.epoch, 'epoch', 1, MAX_EPOCH);
  const nodes = list(map.nodes, 'nodes', 0, MAX_NODES);
  nodes.forEach((node, i) => isNodeName(node) || fail(`nodes[${i}]`, `a name of 1 to ${MAX_NODE_LENGTH} characters`));
  if (new Set(nodes).size < nodes.length) fail('nodes', 'names that differ');
  const names = nodes as string[];
  const shards = list(map.shards, 'shards', 1, MAX_SHARDS);
  if (map.by === 'hash') {
    const partition = new HashPartition(shards.length, integer(map.seed, 'seed', 0, 2 ** 32 - 1));
    return { epoch, partition, replicas: shards.map((shard, i) => parseReplicas(shard, `shards[${i}]`, names)) };
  }
  if (map.by !== 'range') return fail('by', '"hash" or "range"');
  const records = shards.map((shard, i) => record(shard, `shards[${i}]`));
  const partition = parseRanges(records, integer(map.nextId, 'nextId', 1, MAX_EPOCH));
  const replicas = records.map((shard, i) => parseReplicas(shard.nodes, `shards[${i}].nodes`, names));
  return { epoch, partition, replicas };
}

function parseRanges(shards: readonly Record<string, unknown>[], nextId: number): RangePartition {
  const ids = shards.map(({ id }, i) => integer(id, `shards[${i}].id`, 0, nextId - 1));
  if (new Set(ids).size < ids.length) fail('shards', 'ids that differ');
  const starts: string[] = [];
  for (const [i, { start }] of shards.entries()) {
    const fits = i === 0 ? start === '' : isSplitKey(start) && compareKeys(starts[i - 1]!, start) < 0;
    if (!fits) fail(`shards[${i}].start`, i === 0 ? 'the empty key' : 'a split key after the one before');
    starts.push(start as string);
  }
  return new RangePartition(starts, ids, nextId);
}

function parseReplicas(value: unknown, what: string, nodes: readonly string[]): string[] {
  const numbers = list(value, what, 0, MAX_REPLICAS);
  const names = numbers.map((number) => nodes[integer(number, `a node of ${what}`, 0, nodes.length - 1)]!);
  return new Set(names).size === names.length ? names : fail(what, 'nodes that differ');
}

function record(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  return fail(what, 'an object');
}

function list(value: unknown, what: string, min: number, max: number): readonly unknown[] {
  return Array.isArray(value) && value.length >= min && value.length <= max
    ? Array.from<unknown>(value) // without holes
    : fail(what, `a list of ${min} to ${max}`);
}

function integer(value: unknown, what: string, min: number, max: number): number {
  const fits = typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
  return fits ? value : fail(what, `a whole number from ${min} to ${max}`);
}

function fail(what: string, allowed: string): never {
  throw new MalformedError(`${what} must be ${allowed}`);
}
