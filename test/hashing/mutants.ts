import type { Mutant } from '../mutants.js';

/** Bugs that implementations of consistent hashing and of sharding have had. Each must be found by its suite. */
export const hashingMutants: readonly Mutant[] = [
  {
    name: 'gives a node points by its share of the total weight',
    suite: 'test/hashing/ring.test.ts',
    file: 'hashing/ring.ts',
    find: 'const count = Math.round(weights[number]! * this.#pointsPerNode);',
    replace:
      'const total = weights.reduce((sum, weight) => sum + weight, 0);\n' +
      '      const count = Math.round((weights[number]! / total) * nodes.length * this.#pointsPerNode);',
  },
  {
    name: 'lays nodes out in the order in which they came',
    suite: 'test/hashing/maglev.test.ts',
    file: 'hashing/laid-out.ts',
    find: 'const names = this.nodes.filter(',
    replace: 'const names = [...this.#weights.keys()].filter(',
  },
  {
    name: 'a ring ends at its last point',
    suite: 'test/hashing/ring.test.ts',
    file: 'hashing/points.ts',
    find: 'return point === this.length ? 0 : point;',
    replace: 'return Math.min(point, this.length - 1);',
  },
  {
    name: 'hashes only the low byte of each character',
    suite: 'test/hashing/key.test.ts',
    file: 'hashing/key.ts',
    find: '    if (unit > 0x7f) return encoded(key);\n',
    replace: '',
  },
  {
    name: 'takes a negative hash as it is',
    suite: 'test/hashing/buckets.test.ts',
    file: 'hashing/bucket-hash.ts',
    find: 'return this.#nodes[this.bucketOf(this.#hash(key) >>> 0)];',
    replace: 'return this.#nodes[this.bucketOf(this.#hash(key))];',
  },
  {
    name: 'takes the weights of libketama for numbers of points and not for shares',
    suite: 'test/hashing/ketama.test.ts',
    file: 'hashing/ketama.ts',
    find: 'const digests = Math.floor(Math.fround(share * DIGESTS_PER_NODE * nodes.length));',
    replace: 'const digests = Math.floor(weights[number]! * DIGESTS_PER_NODE + 0 * share);',
  },
  {
    name: 'reads the digests of libketama with the most significant byte first',
    suite: 'test/hashing/ketama.test.ts',
    file: 'hashing/ketama.ts',
    find: 'return (digest[at]! | (digest[at + 1]! << 8) | (digest[at + 2]! << 16) | (digest[at + 3]! << 24)) >>> 0;',
    replace: 'return ((digest[at]! << 24) | (digest[at + 1]! << 16) | (digest[at + 2]! << 8) | digest[at + 3]!) >>> 0;',
  },
  {
    name: 'jump hashing loses a carry into the upper half',
    suite: 'test/hashing/jump.test.ts',
    file: 'hashing/jump.ts',
    find: '    if (low === 0) high = (high + 1) | 0;\n',
    replace: '',
  },
  {
    name: 'multi-probe hashing gives a tie to the last name',
    suite: 'test/hashing/multi-probe.test.ts',
    file: 'hashing/multi-probe.ts',
    find: 'if (distance === least && node > best) continue;',
    replace: 'if (distance === least && node < best) continue;',
  },
  {
    name: 'walks from a removed bucket to those that were removed after it',
    suite: 'test/hashing/buckets.test.ts',
    file: 'hashing/memento.ts',
    find: 'left !== undefined && left >= count;',
    replace: 'left !== undefined;',
  },
  {
    name: 'rounds the room of a node down, so that there may be none at all',
    suite: 'test/hashing/bounded-loads.test.ts',
    file: 'hashing/bounded-loads.ts',
    find: 'return load < Math.ceil(',
    replace: 'return load < Math.floor(',
  },
  {
    name: 'only the widest of nested zones counts',
    suite: 'test/hashing/zones.test.ts',
    file: 'hashing/zones.ts',
    find: 'Array.from(zones.values(), (inZone) => spread(inZone, depth + 1))',
    replace: 'Array.from(zones.values())',
  },
  {
    name: 'merges shards that are on different nodes',
    suite: 'test/hashing/sharding/shard-map.test.ts',
    file: 'hashing/sharding/shard-map.ts',
    find: 'left.nodes.length === right.nodes.length && left.nodes.every((node) => right.nodes.includes(node))',
    replace: 'left.nodes.length === right.nodes.length',
  },
  {
    name: 'goes back to an older shard map',
    suite: 'test/hashing/sharding/epoch.test.ts',
    file: 'hashing/sharding/epoch.ts',
    find: 'return theirs.epoch > ours.epoch ? theirs : ours;',
    replace: 'return theirs;',
  },
  {
    name: 'begins one move more on a node than it may take part in',
    suite: 'test/hashing/sharding/rebalancer.test.ts',
    file: 'hashing/sharding/rebalancer.ts',
    find: '(busy.get(node) ?? 0) >= this.#limits.maxMovesPerNode',
    replace: '(busy.get(node) ?? 0) > this.#limits.maxMovesPerNode',
  },
  {
    name: 'a plan that takes a copy back loses the way to it',
    suite: 'test/hashing/sharding/flow.test.ts',
    file: 'hashing/sharding/flow.ts',
    find: 'this.#arcs[this.#arcs[arc + TWIN]! + CAPACITY]! += amount;',
    replace: 'if (this.#arcs[arc + COST]! >= 0) this.#arcs[this.#arcs[arc + TWIN]! + CAPACITY]! += amount;',
  },
];
