import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import PeerRing from 'consistent-hash';
import LibketamaRing from 'hashring';
import { murmurConsistentHash } from 'jump-gouache';
import { HashRing, JumpHash, Maglev, RendezvousHash } from 'quorate/hashing';
import select from 'rendezvous-hash';
import { keep, type Case, type Suite } from '../harness.js';
import { peer } from '../peers.js';

/*
 * Which node a key belongs to, for 65,536 different keys of 16 characters, so that caches of answers do not help; and
 * what it takes to begin with 160 points a node.
 */
const COUNTS = [10, 100, 1000];
const POINTS = 160;
const KEYS = 65_536;

const keys = Array.from({ length: KEYS }, (_, i) => `session:${String(i * 97).padStart(8, '0')}`);
const nodes = (count: number): string[] => Array.from({ length: count }, (_, i) => `10.0.${i >> 8}.${i & 255}:11211`);

interface Getter {
  get(key: string): unknown;
}

type Loop = (hash: Getter, iterations: number, start: number, keep: (value: unknown) => void) => void;

/** Loops of their own for every case, from text: one for all would be compiled for all kinds at once, and be slower. */
function loop(name: string, by: string | null): Loop {
  const body = `for (let i = 0, at = start; i < iterations; i++) keep(hash.get(keys[at++ & ${KEYS - 1}])); // ${name} ${by}`;
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the text is from here
  const made = new Function('keys', 'hash', 'iterations', 'start', 'keep', body) as (
    k: unknown,
    ...rest: unknown[]
  ) => void;
  return (...rest) => made(keys, ...rest);
}

/** Made when it is first measured, so that making one does not disturb the others. */
function lookups(name: string, make: () => Getter, by: string | null): Case {
  const get = loop(name, by);
  let made: Getter | null = null;
  let at = 0;
  const run = (iterations: number): void => {
    get((made ??= make()), iterations, at, keep);
    at = (at + iterations) & (KEYS - 1);
  };
  return { name, unit: 'ns/op', run, ...(by === null ? {} : { peer: by }) };
}

function building(name: string, make: () => Getter, by: string | null): Case {
  const measure = (): number => {
    const start = performance.now();
    keep(make().get('key'));
    return performance.now() - start;
  };
  return { name, unit: 'ms', measure, ...(by === null ? {} : { peer: by }) };
}

function peerRing(names: readonly string[]): Getter {
  const ring = new PeerRing({ range: 16_777_213 }); // its default caps the points
  for (const name of names) ring.add(name, POINTS);
  return ring;
}

function casesFor(count: number): Case[] {
  const names = nodes(count);
  const named = Object.fromEntries(names.map((name) => [name, name]));
  return [
    lookups(`ring, ${count} nodes`, () => new HashRing(names, { pointsPerNode: POINTS }), null),
    lookups(`ring, ${count} nodes`, () => new LibketamaRing(names), peer('hashring')),
    lookups(`ring, ${count} nodes`, () => peerRing(names), peer('consistent-hash')),
    lookups(`Maglev, ${count} nodes`, () => new Maglev(names), null),
    lookups(`rendezvous, ${count} nodes`, () => new RendezvousHash(names), null),
    lookups(`rendezvous, ${count} nodes`, () => ({ get: (key) => select(key, named) }), peer('rendezvous-hash')),
    lookups(`jump, ${count} nodes`, () => new JumpHash(names), null),
    lookups(`jump, ${count} nodes`, () => ({ get: (key) => murmurConsistentHash(key, count) }), peer('jump-gouache')),
    building(`ring of ${count} nodes, built`, () => new HashRing(names, { pointsPerNode: POINTS }), null),
    building(`ring of ${count} nodes, built`, () => new LibketamaRing(names), peer('hashring')),
    building(`ring of ${count} nodes, built`, () => peerRing(names), peer('consistent-hash')),
    building(`Maglev of ${count} nodes, built`, () => new Maglev(names), null),
  ];
}

/** What typed arrays hold of a ring, for each of its points. */
function bytesPerPoint(count: number): Case {
  const measure = (): number => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    collect();
    const before = process.memoryUsage().arrayBuffers;
    const ring = new HashRing(nodes(count), { pointsPerNode: POINTS });
    ring.get('key');
    collect();
    const bytes = process.memoryUsage().arrayBuffers - before;
    keep(ring);
    return bytes / ring.points;
  };
  return { name: `ring of ${count} nodes, a point`, unit: 'bytes', measure };
}

const suite: Suite = () => [...COUNTS.flatMap(casesFor), bytesPerPoint(1000)];

export default suite;
