/**
 * A process that measures one way to place keys, ours or a peer's. Each has one of its own, as a program that uses one of
 * them: what several share, a hash above all, would otherwise be compiled for all of them at once, and be slower for each.
 */
import { keep } from '../harness.js';

/** What to measure, for {@link Answer}. */
export interface Question {
  readonly subject: string;
  readonly nodes: number;
  /** `lookup`: nanoseconds. `build`: milliseconds until the first lookup. `point`: bytes of a point. */
  readonly what: 'lookup' | 'build' | 'point';
  readonly seconds: number;
}

/** A number, or what went wrong. */
export type Answer = number | { readonly error: string };

interface Getter {
  get(key: string): unknown;
}

const KEYS = 65_536;
const POINTS = 160;
const keys = Array.from({ length: KEYS }, (_, i) => `session:${String(i * 97).padStart(8, '0')}`);

/** Only the one that is measured is loaded. */
const makers: Readonly<Record<string, () => Promise<(names: readonly string[]) => Getter>>> = {
  ring: async () => {
    const { HashRing } = await import('quorate/hashing');
    return (names) => new HashRing(names, { pointsPerNode: POINTS });
  },
  maglev: async () => {
    const { Maglev } = await import('quorate/hashing');
    return (names) => new Maglev(names);
  },
  rendezvous: async () => {
    const { RendezvousHash } = await import('quorate/hashing');
    return (names) => new RendezvousHash(names);
  },
  jump: async () => {
    const { JumpHash } = await import('quorate/hashing');
    return (names) => new JumpHash(names);
  },
  hashring: async () => {
    const { default: HashRing } = await import('hashring');
    return (names) => new HashRing(names);
  },
  'consistent-hash': async () => {
    const { default: ConsistentHash } = await import('consistent-hash');
    return (names) => {
      const ring = new ConsistentHash({ range: 16_777_213 }); // its default caps the points
      for (const name of names) ring.add(name, POINTS);
      return ring;
    };
  },
  'rendezvous-hash': async () => {
    const { default: select } = await import('rendezvous-hash');
    return (names) => {
      const named = Object.fromEntries(names.map((name) => [name, name]));
      return { get: (key) => select(key, named) };
    };
  },
  'jump-gouache': async () => {
    const { murmurConsistentHash } = await import('jump-gouache');
    return (names) => ({ get: (key) => murmurConsistentHash(key, names.length) });
  },
};

const made = new Map<number, Getter>();

async function answer({ subject, nodes, what, seconds }: Question): Promise<number> {
  const make = await makers[subject]!();
  const names = Array.from({ length: nodes }, (_, i) => `10.0.${i >> 8}.${i & 255}:11211`);
  if (what === 'build') return build(() => make(names));
  if (what === 'point') return bytesOfPoint(() => make(names), nodes);
  const hash = made.get(nodes) ?? make(names);
  made.set(nodes, hash);
  keep(hash.get('key')); // the first lookup lays out what is looked up in
  return lookup(hash, seconds);
}

/** Different keys all the time, so that caches of answers do not help. */
function lookup(hash: Getter, seconds: number): number {
  const start = performance.now();
  const end = start + seconds * 1000;
  let now = start;
  let lookups = 0;
  for (; now < end; now = performance.now()) {
    for (let i = 0; i < 1024; i++) keep(hash.get(keys[(lookups + i) & (KEYS - 1)]!));
    lookups += 1024;
  }
  return ((now - start) * 1e6) / lookups;
}

function build(make: () => Getter): number {
  const start = performance.now();
  keep(make().get('key'));
  return performance.now() - start;
}

/** What typed arrays hold of a ring. */
function bytesOfPoint(make: () => Getter, nodes: number): number {
  global.gc!();
  const before = process.memoryUsage().arrayBuffers;
  const ring = make();
  ring.get('key');
  global.gc!();
  const bytes = process.memoryUsage().arrayBuffers - before;
  keep(ring);
  return bytes / (nodes * POINTS);
}

const tell = (value: Answer): void => void process.send!(value);

process.on('message', (question) => {
  answer(question as Question).then(tell, (error: unknown) => tell({ error: String(error) }));
});
process.on('disconnect', () => process.exit(0));
