import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isQuorateError } from 'quorate/core';
import { AnchorHash, hashKey32, JumpHash, MementoHash } from 'quorate/hashing';
import { jumpOfHash } from '../../src/hashing/jump.js';
import { derive32, mix32 } from '../../src/hashing/mix.js';
import { consistentHashSuite } from './consistent-hash-suite.js';
import { moved, names } from './moved.js';

consistentHashSuite('AnchorHash', {
  make: (nodes) => new AnchorHash(nodes, { capacity: 100 }),
  withHash: (nodes, hash) => new AnchorHash(nodes, { capacity: 100, hash }),
  historyFree: false,
  minimal: true,
  weights: false,
  peakOfTen: 1.03,
});

consistentHashSuite('AnchorHash that is nearly full', {
  make: (nodes) => new AnchorHash(nodes, { capacity: 21 }),
  historyFree: false,
  minimal: true,
  weights: false,
  peakOfTen: 1.03,
});

consistentHashSuite('MementoHash', {
  make: (nodes) => new MementoHash(nodes),
  withHash: (nodes, hash) => new MementoHash(nodes, { hash }),
  historyFree: false,
  minimal: true,
  weights: false,
  peakOfTen: 1.03,
});

/**
 * The definition that both algorithms make cheap: each removed bucket keeps a copy of the whole list of those in use just
 * after it was removed, in which the last took its place, and a key is hashed again among these.
 */
class Naive {
  readonly #algorithm: 'anchor' | 'memento';
  #inUse: number[];
  #total: number;
  readonly #removed: { bucket: number; at: number; after: readonly number[] }[] = [];
  readonly #nodes = new Map<number, string>();

  constructor(algorithm: 'anchor' | 'memento', nodes: readonly string[], capacity = nodes.length) {
    this.#algorithm = algorithm;
    this.#total = algorithm === 'anchor' ? capacity : nodes.length;
    this.#inUse = Array.from({ length: this.#total }, (_, bucket) => bucket);
    for (let bucket = this.#total - 1; bucket >= nodes.length; bucket--) this.#removeBucket(bucket);
    nodes.forEach((node, bucket) => this.#nodes.set(bucket, node));
  }

  add(node: string): void {
    const last = this.#removed.pop();
    if (last === undefined) this.#inUse.push(this.#total++);
    else {
      this.#inUse = [...last.after];
      if (last.at < this.#inUse.length) this.#inUse.push(this.#inUse[last.at]!);
      this.#inUse[last.at] = last.bucket;
    }
    this.#nodes.set(last?.bucket ?? this.#total - 1, node);
  }

  remove(node: string): void {
    const [bucket] = [...this.#nodes].find(([, name]) => name === node)!;
    this.#nodes.delete(bucket);
    if (this.#algorithm === 'memento' && this.#removed.length === 0 && bucket === this.#total - 1) {
      this.#total--;
      this.#inUse.pop();
    } else this.#removeBucket(bucket);
  }

  #removeBucket(bucket: number): void {
    const at = this.#inUse.indexOf(bucket);
    const last = this.#inUse.pop()!;
    if (last !== bucket) this.#inUse[at] = last;
    this.#removed.push({ bucket, at, after: [...this.#inUse] });
  }

  get(key: string): string | undefined {
    if (this.#nodes.size === 0) return undefined;
    const hash = hashKey32(key);
    const anchor = this.#algorithm === 'anchor';
    const other = mix32(hash ^ (anchor ? 0x3c6ef372 : 0x510e527f));
    let bucket = anchor ? hash % this.#total : jumpOfHash(hash, this.#total);
    for (;;) {
      const removal = this.#removed.find((one) => one.bucket === bucket);
      if (removal === undefined) return this.#nodes.get(bucket);
      bucket = removal.after[derive32(other, bucket) % removal.after.length]!;
    }
  }
}

const algorithms = [
  {
    name: 'anchor' as const,
    make: (nodes: readonly string[]) => new AnchorHash(nodes, { capacity: 24 }),
    from: (state: unknown) => AnchorHash.from(state),
  },
  {
    name: 'memento' as const,
    make: (nodes: readonly string[]) => new MementoHash(nodes),
    from: (state: unknown) => MementoHash.from(state),
  },
];
const someKeys = Array.from({ length: 200 }, (_, i) => `key-${i}`);
/** Each number adds a node that is not there, or removes one that is. */
const history = fc.array(fc.nat({ max: 23 }), { maxLength: 60 });
const all = names(24);

describe.each(algorithms)('$name hashing', ({ name, make, from }) => {
  it('places as its definition, after any history', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 24 }), history, (count, changes) => {
        const hash = make(all.slice(0, count));
        const naive = new Naive(name, all.slice(0, count), 24);
        for (const change of changes) {
          const node = all[change]!;
          if (hash.remove(node)) naive.remove(node);
          else [hash, naive].forEach((one) => one.add(node));
          const keys = someKeys.slice(0, 40);
          expect(keys.map((key) => hash.get(key))).toEqual(keys.map((key) => naive.get(key)));
        }
      }),
      { numRuns: 150 },
    );
  });

  it('moves keys only to what comes and from what goes, after any history, and shares stay equal', () => {
    fc.assert(
      fc.property(history, (changes) => {
        const hash = make(all.slice(0, 12));
        let before = someKeys.map((key) => hash.get(key));
        for (const change of changes) {
          const node = all[change]!;
          const removed = hash.remove(node);
          if (!removed) hash.add(node);
          const after = someKeys.map((key) => hash.get(key));
          after.forEach((place, i) => place !== before[i] && expect(removed ? before[i] : place).toBe(node));
          before = after;
        }
      }),
      { numRuns: 100 },
    );
    const hash = make(all);
    for (let i = 0; i < 24; i += 2) hash.remove(all[i]!);
    const counts = new Map<string, number>();
    for (let i = 0; i < 60_000; i++) counts.set(hash.get(`key-${i}`)!, (counts.get(hash.get(`key-${i}`)!) ?? 0) + 1);
    expect(Math.max(...counts.values()) / 5000).toBeLessThan(1.05);
    expect(Math.min(...counts.values()) / 5000).toBeGreaterThan(0.95);
  });

  it('is as before when nodes come back in the reverse order of their removal', () => {
    const hash = make(all.slice(0, 20));
    const before = JSON.stringify(hash);
    for (const node of all.slice(3, 20)) hash.remove(node);
    for (const node of all.slice(3, 20).reverse()) hash.add(node);
    expect(JSON.stringify(hash)).toBe(before);
    expect(moved(hash, make(all.slice(0, 20)))).toEqual({ needed: 0, extra: 0 });
  });

  it('gives the bucket that was removed last to the next node, whatever its name', () => {
    const hash = make(all.slice(0, 10));
    const before = someKeys.map((key) => hash.get(key));
    hash.remove(all[4]!);
    hash.add('other');
    const renamed = before.map((node) => (node === all[4] ? 'other' : node));
    expect(someKeys.map((key) => hash.get(key))).toEqual(renamed);
  });

  it('places after another history as the state that it is given, and goes on alike', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 24 }), history, history, (count, first, second) => {
        const hash = make(all.slice(0, count));
        const apply = (one: typeof hash, changes: readonly number[]): void => {
          for (const change of changes) if (!one.remove(all[change]!)) one.add(all[change]!);
        };
        apply(hash, first);
        const copy = from(JSON.parse(JSON.stringify(hash)));
        expect(copy.toJSON()).toEqual(hash.toJSON());
        apply(hash, second);
        apply(copy, second);
        expect(copy.toJSON()).toEqual(hash.toJSON());
        const places = (one: typeof hash): unknown => someKeys.map((key) => one.getN(key, 3));
        expect(places(copy)).toEqual(places(hash));
      }),
      { numRuns: 100 },
    );
  });

  it('refuses as a state what is none', () => {
    const hash = make(all.slice(0, 5));
    hash.remove(all[2]!);
    const state = hash.toJSON();
    const other = name === 'anchor' ? 'memento' : 'anchor';
    const wrong: [unknown, string][] = [
      [null, 'it is no object'],
      [{ ...state, algorithm: other }, 'it is of another algorithm'],
      [{ ...state, nodes: 'abc' }, 'nodes is no list of names'],
      [{ ...state, nodes: [...state.nodes.slice(1), ''] }, 'nodes is no list of names'],
      [{ ...state, removed: undefined }, 'removed is no list of buckets'],
      [{ ...state, buckets: 2 ** 40 }, 'buckets is not the number of nodes and removed buckets'],
      [{ ...state, nodes: state.nodes.slice(1) }, 'buckets is not the number'],
      [{ ...state, removed: state.removed.map(() => state.buckets) }, 'a removed bucket does not exist'],
      [{ ...state, removed: state.removed.map(() => 0.5) }, 'a removed bucket does not exist'],
      [{ ...state, buckets: state.buckets + 1, removed: [...state.removed, 2] }, 'a bucket is removed twice'],
      [{ ...state, nodes: state.nodes.map(() => 'a') }, 'a node is there twice'],
      // Lists with holes, which come through a structured clone, at any length.
      [{ ...state, buckets: state.removed.length + 1, nodes: new Array(1) }, 'nodes is no list of names'],
      [{ ...state, buckets: state.nodes.length + 1, removed: new Array(1) }, 'a removed bucket does not exist'],
      [
        { ...state, buckets: 2 ** 32 - 1, nodes: [], removed: new Array(2 ** 32 - 1) },
        'a removed bucket does not exist',
      ],
    ];
    for (const [given, message] of wrong) {
      expect(() => from(given)).toThrow(message);
      expect(() => from(given)).toThrow(expect.toSatisfy((error) => isQuorateError(error, 'malformed')));
    }
  });

  it('takes each node once, and no weights', () => {
    const hash = make(['b', 'a', 'b']);
    hash.add('a');
    expect(hash.nodes).toEqual(['a', 'b']);
    expect(() => hash.add('c', 2)).toThrow('weight of c is 2; it must be 1');
    expect(hash.nodes).toEqual(['a', 'b']);
  });
});

describe('AnchorHash', () => {
  it('has places for as many nodes as its capacity, and says what to do about more', () => {
    const full = new AnchorHash(names(4), { capacity: 4 });
    const message =
      'capacity is 4; it must be at least 5, the number of nodes: move to an AnchorHash with more, or to a MementoHash';
    expect(() => full.add('fifth')).toThrow(message);
    expect(() => new AnchorHash(names(5), { capacity: 4 })).toThrow(message);
    expect(full.nodes).toHaveLength(4);
    full.add('node-0000');
    full.remove('node-0001');
    full.add('fifth');
    expect(full.get('key')).toBeDefined();
    expect(() => new AnchorHash([], { capacity: 0 })).toThrow('capacity is 0');
    const none = { algorithm: 'anchor', buckets: 0, nodes: [], removed: [] };
    expect(() => AnchorHash.from(none)).toThrow('state of anchor hashing: it has no buckets');
  });
});

describe('MementoHash', () => {
  it('is JumpHash while nothing is removed but from the end', () => {
    const memento = new MementoHash(names(30));
    expect(moved(memento, new JumpHash(names(30)))).toEqual({ needed: 0, extra: 0 });
    memento.remove('node-0029');
    memento.remove('node-0028');
    expect(moved(memento, new JumpHash(names(28)))).toEqual({ needed: 0, extra: 0 });
    expect(memento.toJSON()).toMatchObject({ buckets: 28, removed: [] });
  });

  it('refuses a state in which the last bucket went first, since it is then no bucket any more', () => {
    const state = { algorithm: 'memento', buckets: 3, nodes: ['a', 'b'], removed: [2] };
    expect(() => MementoHash.from(state)).toThrow('state of memento hashing: the last bucket is removed first');
    expect(MementoHash.from({ ...state, nodes: ['a'], removed: [1, 2] }).nodes).toEqual(['a']);
    expect(MementoHash.from({ ...state, buckets: 0, nodes: [], removed: [] }).toJSON()).toEqual(
      new MementoHash().toJSON(),
    );
  });

  it('remembers no more than the nodes that there were at once', () => {
    const memento = new MementoHash(names(10));
    for (let i = 0; i < 1000; i++) {
      memento.remove(memento.nodes[i % 10]!);
      memento.add(`new-${i}`);
    }
    expect(memento.toJSON()).toMatchObject({ buckets: 10, removed: [] });
  });
});
