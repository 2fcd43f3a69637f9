import { describe, expect, it } from 'vitest';
import { seededRandom, TimeoutError, type NodeId } from '../../src/core/index.js';
import {
  gather,
  majority,
  readRepair,
  readWrite,
  readWriteCounts,
  readWriteGrid,
  type QuorumNotReachedError,
  type ReadRepairOptions,
  type ReadWriteSystem,
} from '../../src/quorum/index.js';
import {
  checkLinearizability,
  HistoryRecorder,
  registerModel,
  type History,
  type RegisterInput,
} from '../../src/testing/index.js';
import { broken, CountingClock, failed, watch, type Watched } from './scripted.js';

const three = readWrite({ read: majority(['a', 'b', 'c']), write: majority(['a', 'b', 'c']) });

/** What one replica does: its version, after how long it answers reads and writes, and how writes end. */
type Line = readonly [version: number, readMs: number, writeMs: number, writes?: 'fails' | 'never'];

interface Run extends Watched<{ readonly value: number; readonly repaired: readonly NodeId[] }> {
  readonly clock: CountingClock;
  readonly written: readonly (readonly [NodeId, number, number])[];
  readonly aborted: readonly NodeId[];
}

async function run(
  replicas: Readonly<Record<NodeId, Line>>,
  systems: ReadWriteSystem,
  options: Partial<ReadRepairOptions<number>> = {},
  ms = 10_000,
): Promise<Run> {
  const clock = new CountingClock();
  const written: [NodeId, number, number][] = [];
  const aborted: NodeId[] = [];
  const after = <Value>(member: NodeId, delay: number, signal: AbortSignal, value: Value): Promise<Value> =>
    new Promise((resolve, reject) => {
      let answered = false;
      const cancel = clock.after(delay, () => ((answered = true), resolve(value)));
      signal.addEventListener('abort', () => {
        if (answered) return;
        cancel();
        aborted.push(member);
        reject(signal.reason);
      });
    });
  const read = (member: NodeId, signal: AbortSignal): Promise<number> =>
    after(member, replicas[member]![1], signal, replicas[member]![0]);
  const write = async (member: NodeId, version: number, signal: AbortSignal): Promise<void> => {
    written.push([member, version, clock.now()]);
    const [, , delay, ends] = replicas[member]!;
    await after(member, ends === 'never' ? 1e9 : delay, signal, null);
    if (ends === 'fails') throw failed;
  };
  const watched = watch(readRepair({ clock, systems, read, write, compare: (a, b) => a - b, ...options }), clock);
  await clock.run(ms);
  return Object.assign(watched, { clock, written, aborted });
}

describe('readRepair', () => {
  it('writes nothing when the answers show the newest at a write quorum', async () => {
    const { value, at, written, clock } = await run({ a: [7, 1, 1], b: [7, 5, 1], c: [3, 9, 1] }, three);
    expect([value, at, written, clock.armed]).toEqual([{ value: 7, repaired: [] }, 5, [], 0]);
  });

  it('aborts the reads that it does not need', async () => {
    expect((await run({ a: [7, 1, 1], b: [7, 5, 1], c: [7, 9, 1] }, three)).aborted).toEqual(['c']);
  });

  it('writes the newest to those who have an older one, before it returns', async () => {
    const { value, at, written, clock } = await run({ a: [3, 1, 4], b: [7, 5, 1], c: [3, 9, 1] }, three);
    expect([value, at, written]).toEqual([{ value: 7, repaired: ['a'] }, 9, [['a', 7, 5]]]);
    expect(clock.armed).toBe(0);
  });

  it('writes to others when those do not suffice, or fail, or are slow', async () => {
    const systems = readWriteCounts(['a', 'b', 'c', 'd'], { read: 2, write: 3 });
    const few = await run({ a: [3, 1, 4], b: [7, 5, 1], c: [3, 9, 6], d: [3, 9, 1] }, systems);
    expect([few.value!.repaired, few.written]).toEqual([
      ['a', 'c'],
      [
        ['a', 7, 5],
        ['c', 7, 5],
      ],
    ]);
    const fails = await run({ a: [3, 1, 4, 'fails'], b: [7, 5, 1], c: [3, 9, 1] }, three);
    expect([fails.value, fails.at, fails.written[1]]).toEqual([{ value: 7, repaired: ['c'] }, 10, ['c', 7, 9]]);
    const options = { hedgeAfterMs: 50 };
    const slow = await run({ a: [3, 1, 4, 'never'], b: [7, 5, 1], c: [3, 9, 1] }, three, options);
    expect([slow.value, slow.at, slow.written[1]]).toEqual([{ value: 7, repaired: ['c'] }, 56, ['c', 7, 55]]);
    expect(slow.clock.armed).toBe(0);
  });

  it('lets those writes go on that it does not wait for', async () => {
    const systems = readWriteCounts(['a', 'b', 'c', 'd', 'e'], { read: 4, write: 2 });
    const replicas = { a: [7, 1, 1], b: [3, 1, 4], c: [3, 1, 9], d: [3, 1, 5], e: [3, 20, 1] } as const;
    const { value, at, written, aborted, clock } = await run(replicas, systems);
    expect([value, at, aborted, clock.armed]).toEqual([{ value: 7, repaired: ['b'] }, 5, ['e'], 0]);
    expect(written.map(([member]) => member)).toEqual(['b', 'c', 'd']);
  });

  it('does not count those who can be read from only', async () => {
    const read = majority(['a', 'b', 'x']);
    const systems = readWrite({ read, write: majority(['a', 'b', 'x']) });
    const narrow = { read, write: readWrite({ read: majority(['a', 'b']) }).write };
    const all = { a: [1, 1, 1], b: [1, 9, 1], x: [5, 1, 1] } as const;
    expect((await run(all, systems)).value!.repaired).toEqual(['a']);
    const { value, written } = await run(all, narrow);
    expect([value, written.map(([member]) => member)]).toEqual([{ value: 5, repaired: ['a'] }, ['a']]);
  });

  it('has one time limit for both halves', async () => {
    const options = { timeoutMs: 100 };
    const { error, at, clock } = await run({ a: [3, 60, 99], b: [7, 60, 1], c: [3, 99, 1, 'never'] }, three, options);
    expect([at, clock.armed]).toEqual([100, 0]);
    expect((error as QuorumNotReachedError).cause).toBeInstanceOf(TimeoutError);
    expect([...(error as QuorumNotReachedError).yes.keys()]).toEqual(['b']);
  });

  it('passes on why it could not read, and the reason of the signal', async () => {
    const read = (): never => {
      throw broken;
    };
    const { error } = await run({ a: [0, 0, 0], b: [0, 0, 0], c: [0, 0, 0] }, three, { read });
    expect(error).toMatchObject({ code: 'quorum-not-reached', outcome: 'unknown' });
    const controller = new AbortController();
    const { signal } = controller;
    const stopped = await run({ a: [3, 1, 40], b: [7, 5, 1], c: [3, 90, 1] }, three, { signal }, 20);
    controller.abort('enough');
    await stopped.clock.run(0);
    expect([stopped.error, stopped.clock.armed, stopped.aborted]).toEqual(['enough', 0, ['c', 'a']]);
  });

  it('reads from `first` and hedges', async () => {
    const options = { first: ['a'], hedgeAfterMs: 30 };
    const { at, value } = await run({ a: [7, 5, 1], b: [7, 99, 1], c: [7, 5, 1] }, three, options);
    expect([at, value]).toEqual([35, { value: 7, repaired: [] }]);
  });
});

/** A version of a register: writers number theirs above all they have read, and ids break ties. */
interface Version {
  readonly number: number;
  readonly writer: number;
  readonly value: string;
}

const compare = (a: Version, b: Version): number => a.number - b.number || a.writer - b.writer;

const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
/** Systems, and how many of their members may crash. */
const registers: readonly (readonly [systems: ReadWriteSystem, crashes: number])[] = [
  [three, 1],
  [readWrite({ read: majority(ids.slice(0, 5)), write: majority(ids.slice(0, 5)) }), 2],
  [readWriteCounts(ids.slice(0, 5), { read: 2, write: 4 }), 1],
  [readWriteCounts(ids.slice(0, 4), { read: 3, write: 2 }), 1],
  [readWriteGrid([ids.slice(0, 2), ids.slice(2, 4), ids.slice(4)]), 1],
];

/** In-memory replicas behind a network with random delays; some crash, each at some time. */
class Cluster {
  readonly clock = new CountingClock();
  readonly #random: () => number;
  readonly #versions = new Map<NodeId, Version>();
  readonly #crashed = new Set<NodeId>();

  constructor(members: readonly NodeId[], crashes: number, random: () => number) {
    this.#random = random;
    for (const id of members) this.#versions.set(id, { number: 0, writer: 0, value: 'none' });
    const from = Math.floor(random() * members.length);
    for (let i = 0; i < crashes; i++) {
      const crashing = members[(from + i) % members.length]!;
      this.clock.after(random() * 600, () => this.#crashed.add(crashing));
    }
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.clock.after(this.#random() * ms, resolve));
  }

  readonly read = (member: NodeId): Promise<Version> => this.#call(member, 100, () => this.#versions.get(member)!);

  readonly write = (member: NodeId, version: Version): Promise<void> =>
    this.#call(member, 300, () => {
      if (compare(version, this.#versions.get(member)!) > 0) this.#versions.set(member, version);
    });

  async #call<Value>(member: NodeId, slowMs: number, handle: () => Value): Promise<Value> {
    await this.#travel(slowMs);
    const value = this.#crashed.has(member) ? new Promise<never>(() => {}) : handle();
    await this.#travel(slowMs);
    return value;
  }

  /** Quick or slow: so writes are half done for a while. */
  #travel(slowMs: number): Promise<void> {
    return this.sleep(this.#random() < 0.4 ? slowMs : 10);
  }
}

type Reader = (cluster: Cluster, systems: ReadWriteSystem) => Promise<Version>;

const repairing: Reader = async (cluster, systems) => {
  const { clock, read, write } = cluster;
  return (await readRepair({ clock, systems, read, write, compare, timeoutMs: 1000, hedgeAfterMs: 40 })).value;
};

/** The same without the second half. */
const plain: Reader = async ({ clock, read }, { read: system }) => {
  const { yes } = await gather(read, system, { clock, timeoutMs: 1000, hedgeAfterMs: 40, stopRest: true });
  return [...yes.values()].sort(compare).at(-1)!;
};

async function writeOnce(cluster: Cluster, { read, write }: ReadWriteSystem, writer: number, value: string) {
  const { clock } = cluster;
  const { yes } = await gather(cluster.read, read, { clock, timeoutMs: 1000 });
  const number = Math.max(...[...yes.values()].map((version) => version.number)) + 1;
  await gather((member) => cluster.write(member, { number, writer, value }), write, { clock, timeoutMs: 1000 });
}

/** What two writers and three readers saw. */
async function history(seed: number, reader: Reader): Promise<History<RegisterInput, unknown>> {
  const random = seededRandom(seed);
  const [system, crashes] = registers[seed % registers.length]!;
  const cluster = new Cluster(system.read.members, crashes, random);
  const recorder = new HistoryRecorder<RegisterInput, unknown>({ clock: cluster.clock });
  const client = async (name: string, operate: (i: number) => Promise<unknown>): Promise<void> => {
    for (let i = 0; i < 6; i++) {
      await cluster.sleep(60);
      await operate(i).catch(() => {}); // its outcome is in the history
    }
    done.add(name);
  };
  const done = new Set<string>();
  for (const writer of [1, 2]) {
    void client(`writer ${writer}`, (i) => {
      const value = `${writer}.${i}`;
      return recorder.record(`writer ${writer}`, { op: 'write', value }, () =>
        writeOnce(cluster, system, writer, value),
      );
    });
  }
  for (const name of ['x', 'y', 'z']) {
    const read = async (): Promise<unknown> => (await reader(cluster, system)).value;
    void client(name, () => recorder.record(name, { op: 'read' }, read));
  }
  await cluster.clock.run(20_000);
  expect([done.size, cluster.clock.armed]).toEqual([5, 0]);
  return recorder.history();
}

const seeds = Array.from({ length: 150 }, (_, seed) => seed);

describe('a register that is read with readRepair', () => {
  it('is atomic: the history of its clients is linearizable', async () => {
    let reads = 0;
    for (const seed of seeds) {
      const operations = await history(seed, repairing);
      const result = checkLinearizability(operations, registerModel('none'));
      expect(result.verdict, `seed ${seed}`).toBe('ok');
      reads += operations.filter(({ input, outcome }) => input.op === 'read' && outcome === 'ok').length;
    }

    expect(reads).toBeGreaterThan(0.9 * 18 * seeds.length);
  });

  it('is not without the write back: a second read finds what is older', async () => {
    let violations = 0;
    for (const seed of seeds) {
      const operations = await history(seed, plain);
      const result = checkLinearizability(operations, registerModel('none'));
      if (result.verdict !== 'violation') continue;
      violations++;
      const culprit = operations[result.culprit]!;
      expect(culprit.input.op).toBe('read');
    }

    expect(violations).toBeGreaterThan(10);
  });
});
