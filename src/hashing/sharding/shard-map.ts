import { checkNumber, InvalidOptionError } from '../../core/index.js';
import type { Key } from '../key.js';
import { afterMove, type Move } from './move.js';
import { checkSplitKey, compareKeys, HashPartition, MAX_SHARDS, RangePartition } from './partition.js';
import type { KeyRange, Partition } from './partition.js';
import { formatShardMap, isNodeName, MAX_NODE_LENGTH, MAX_REPLICAS, parseShardMap } from './shard-map-json.js';
import type { ShardMapJson } from './shard-map-json.js';

/** A part of the keys, and the nodes that hold it. */
export interface Shard {
  /** Names the shard for as long as it exists; not used again after it. */
  readonly id: number;
  /** The nodes of its replicas, in order of preference: the first is the primary where there is one. */
  readonly nodes: readonly string[];
  /** Its keys when the map is by range; null when it is by hash. */
  readonly range: KeyRange | null;
}

/** Options of {@link ShardMap.byHash}. */
export interface HashShardMapOptions {
  /**
   * The seed of `hashKey32`.
   *
   * @defaultValue 1, so that a `HashRing` within a shard, whose seed is 0, does not see a slice of its circle only
   */
  readonly seed?: number;
}

/**
 * Which keys are in which shard, and which nodes hold it: a directory that everybody has a copy of (shards of MongoDB,
 * regions of Bigtable, slots of Redis Cluster, virtual buckets of Couchbase). It never changes: what changes it gives a
 * new map whose epoch is greater by 1. Keep the newest where all agree on it, in a replicated log or a
 * compare-and-set store, and let every request carry the epoch of its sender; see {@link checkEpoch}.
 *
 * By hash: a fixed number of shards with equal shares of the hashes of keys; O(key length) to locate. Take some ten to a
 * hundred a node, since a shard moves as a whole, and 10 to 20 bytes each. By range: neighbouring keys are neighbours,
 * so that they can be scanned; O(log shards) to locate; shards split and merge, and a range that all write to, such as
 * of timestamps, is hot.
 *
 * Balance and disruption are those of the plan: {@link rebalance} gives each node floor or ceil of its fair share and
 * moves no more than it must. Not where nobody can keep a directory: a ring needs only the list of nodes.
 */
export class ShardMap {
  /** The version: greater by 1 after each change. */
  readonly epoch: number;
  /** Whether keys are divided by their hashes or by their order. */
  readonly by: 'hash' | 'range';
  /** All shards: by id when by hash, in order of keys when by range. */
  readonly shards: readonly Shard[];
  readonly #partition: Partition;

  private constructor(epoch: number, partition: Partition, shards: readonly Shard[]) {
    this.epoch = epoch;
    this.by = partition.by;
    this.shards = shards;
    this.#partition = partition;
  }

  /**
   * A map of epoch 1 with this many shards by hash, ids from 0, on no nodes yet. The number cannot change later.
   *
   * @param count - up to 65 536
   * @throws InvalidOptionError
   */
  static byHash(count: number, { seed = 1 }: HashShardMapOptions = {}): ShardMap {
    checkNumber('count', count, { min: 1, max: MAX_SHARDS });
    checkNumber('seed', seed, { min: 0, max: 2 ** 32 - 1 });
    const partition = new HashPartition(count, seed);
    return new ShardMap(1, partition, shardsOf(partition, new Array<readonly string[]>(count).fill([])));
  }

  /**
   * A map of epoch 1 with ranges of keys, ids from 0, on no nodes yet. Keys are in the order of their UTF-8, which is
   * that of code points and not that of `<` for strings.
   *
   * @param splitKeys - the first keys of all ranges but the first, ascending. @defaultValue none: one range
   * @throws InvalidOptionError
   */
  static byRange(splitKeys: Iterable<string> = []): ShardMap {
    const starts = ['', ...splitKeys];
    checkNumber('number of ranges', starts.length, { min: 1, max: MAX_SHARDS });
    for (let i = 1; i < starts.length; i++)
      if (compareKeys(starts[i - 1]!, checkSplitKey('split key', starts[i]!)) >= 0)
        throw new InvalidOptionError('split key', starts[i], 'after the one before, in the order of UTF-8');
    const partition = new RangePartition([...starts], [...starts.keys()], starts.length);
    return new ShardMap(1, partition, shardsOf(partition, new Array<readonly string[]>(starts.length).fill([])));
  }

  /**
   * The map that `toJSON` gave, wherever it comes from. Unknown fields are ignored; at most 65 536 shards, 64 replicas
   * of each, and 65 536 nodes. O(shards).
   *
   * @throws MalformedError
   */
  static from(value: unknown): ShardMap {
    const { epoch, partition, replicas } = parseShardMap(value);
    return new ShardMap(epoch, partition, shardsOf(partition, replicas));
  }

  /** The nodes of all shards, in ascending order. O(shards). */
  get nodes(): string[] {
    return [...new Set(this.shards.flatMap(({ nodes }) => nodes))].sort();
  }

  /** The shard of a key. Every key is in exactly one. By hash O(key length), by range O(log shards) comparisons. */
  locate(key: Key): Shard {
    return this.shards[this.#partition.indexOfKey(key)]!;
  }

  /** A shard by its id; undefined when there is none, or none any more. O(1). */
  shard(id: number): Shard | undefined {
    const index = this.#partition.indexOfId(id);
    return index === undefined ? undefined : this.shards[index];
  }

  /** Whether the other map divides keys into the same shards, whatever nodes hold them and whatever its epoch. */
  hasSameShards(other: ShardMap): boolean {
    return this.#partition.equals(other.#partition);
  }

  /** The next map, in which these nodes hold the shard. O(shards). @throws InvalidOptionError */
  assign(id: number, nodes: readonly string[]): ShardMap {
    return this.#withNodes(new Map([[this.#indexOf('id', id), nodes]]));
  }

  /** The next map, with nodes chosen for every shard: `map.assignEach(({ id }) => ring.getN(String(id), 3))`. */
  assignEach(nodesOf: (shard: Shard) => readonly string[]): ShardMap {
    return this.#withNodes(new Map(this.shards.map((shard, index) => [index, nodesOf(shard)])));
  }

  /** The next map, after all these moves at once. O(shards and moves). @throws InvalidOptionError for one that does not fit */
  move(...moves: readonly Move[]): ShardMap {
    const changed = new Map<number, readonly string[]>();
    for (const move of moves) {
      const index = this.#indexOf('shard', move.shard);
      changed.set(index, afterMove(changed.get(index) ?? this.shards[index]!.nodes, move));
    }
    return this.#withNodes(changed);
  }

  /**
   * The next map, in which a range is two: the shard keeps what is before the key, and a shard with a new id and the
   * same nodes has the rest. Moves no data. O(shards).
   *
   * @param at - the first key of the new shard
   * @throws InvalidOptionError
   */
  split(id: number, at: string): ShardMap {
    const index = this.#indexOf('id', id);
    const { starts, ids, nextId } = this.#ranges();
    checkNumber('number of ranges', starts.length + 1, { min: 1, max: MAX_SHARDS });
    const range = this.shards[index]!.range!;
    const inside = compareKeys(range.start, checkSplitKey('at', at)) < 0;
    if (!inside || (range.end !== null && compareKeys(at, range.end) >= 0))
      throw new InvalidOptionError('at', at, `a key within shard ${id} and not its first`);
    const partition = new RangePartition(
      starts.toSpliced(index + 1, 0, at),
      ids.toSpliced(index + 1, 0, nextId),
      nextId + 1,
    );
    return this.#withRanges(partition, index, 1);
  }

  /**
   * The next map, in which a range and the next one are one, under the id of the former. Both must be on the same
   * nodes, since their data is. O(shards).
   *
   * @param id - the shard that stays
   * @throws InvalidOptionError
   */
  merge(id: number): ShardMap {
    const index = this.#indexOf('id', id);
    const { starts, ids, nextId } = this.#ranges();
    const [left, right] = [this.shards[index]!, this.shards[index + 1]];
    if (right === undefined) throw new InvalidOptionError('id', id, 'a shard with another after it');
    const together = left.nodes.length === right.nodes.length && left.nodes.every((node) => right.nodes.includes(node));
    if (!together)
      throw new InvalidOptionError('id', id, `on the same nodes as shard ${right.id}; move the replicas first`);
    const partition = new RangePartition(starts.toSpliced(index + 1, 1), ids.toSpliced(index + 1, 1), nextId);
    return this.#withRanges(partition, index, -1);
  }

  /** Plain data for `ShardMap.from`, with each name once; what `JSON.stringify` calls. O(shards). */
  toJSON(): ShardMapJson {
    const replicas = this.shards.map(({ nodes }) => nodes);
    return formatShardMap({ epoch: this.epoch, partition: this.#partition, replicas });
  }

  #indexOf(name: string, id: number): number {
    const index = this.#partition.indexOfId(id);
    if (index === undefined) throw new InvalidOptionError(name, id, 'the id of a shard of this map');
    return index;
  }

  #ranges(): RangePartition {
    if (this.#partition.by === 'range') return this.#partition;
    throw new InvalidOptionError('by', 'hash', 'range: shards by hash neither split nor merge');
  }

  #withNodes(changed: ReadonlyMap<number, readonly string[]>): ShardMap {
    const shards = [...this.shards];
    for (const [index, nodes] of changed)
      shards[index] = freezeShard({ ...shards[index]!, nodes: checkReplicas(nodes) });
    return new ShardMap(this.epoch + 1, this.#partition, Object.freeze(shards));
  }

  /** After a split (1) or a merge (-1) behind an index: those after it have moved by one. */
  #withRanges(partition: RangePartition, index: number, by: 1 | -1): ShardMap {
    const nodesAt = (i: number): readonly string[] => this.shards[i <= index ? i : i - by]!.nodes;
    return new ShardMap(
      this.epoch + 1,
      partition,
      shardsOf(
        partition,
        partition.starts.map((_, i) => nodesAt(i)),
      ),
    );
  }
}

function shardsOf(partition: Partition, replicas: readonly (readonly string[])[]): readonly Shard[] {
  const shard = (nodes: readonly string[], index: number): Shard =>
    freezeShard({ id: partition.idAt(index), nodes, range: partition.rangeAt(index) });
  return Object.freeze(replicas.map(shard));
}

/** A map is shared by all who look at it, so that a change in place would reach them without a new epoch. */
function freezeShard({ id, nodes, range }: Shard): Shard {
  return Object.freeze({ id, nodes: Object.freeze([...nodes]), range: range === null ? null : Object.freeze(range) });
}

function checkReplicas(nodes: readonly string[]): readonly string[] {
  checkNumber('number of replicas', nodes.length, { min: 0, max: MAX_REPLICAS });
  for (const [i, node] of nodes.entries()) {
    if (!isNodeName(node)) throw new InvalidOptionError('node', node, `a name of 1 to ${MAX_NODE_LENGTH} characters`);
    if (nodes.indexOf(node) < i)
      throw new InvalidOptionError('node', node, 'there once: replicas are on different nodes');
  }
  return nodes;
}
