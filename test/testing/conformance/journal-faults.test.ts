import { describe, expect, it } from 'vitest';
import type { CheckpointOptions, Journal, JournalRecord, ReplayItem } from '../../../src/core/index.js';
import { MemoryJournal, MemoryStore } from '../../../src/storage/memory.js';
import { journalCases, type JournalPlace } from '../../../src/testing/index.js';

const ALL = { persistent: true, exclusive: true, crashes: true };

/** A memory journal with some of its methods replaced. */
type Wrap = (journal: Journal, store: MemoryStore) => Partial<Journal>;

function changed(journal: Journal, members: Partial<Journal>): Journal {
  return new Proxy(journal, {
    get(_, name) {
      const value: unknown = Reflect.get(Object.hasOwn(members, name) ? members : journal, name);
      return typeof value === 'function' ? (value as () => unknown).bind(journal) : value;
    },
  });
}

function placeOf(wrap: Wrap): JournalPlace {
  const store = new MemoryStore();
  return { open: () => ((journal) => changed(journal, wrap(journal, store)))(new MemoryJournal({ store })) };
}

/** Changes the arguments of checkpoints. */
function checkpointing(change: (options: CheckpointOptions) => CheckpointOptions): Wrap {
  return (journal) => ({
    checkpoint: (group, chunks, options) => journal.checkpoint(group, chunks, change(options)),
  });
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return all;
}

async function* stream<T>(items: readonly T[]): AsyncIterable<T> {
  yield* items;
}

const faults: readonly { readonly name: string; readonly found: string; readonly wrap: Wrap }[] = [
  {
    name: 'forgets when it is opened again',
    found: 'finds everything again after each of many openings',
    wrap(_, store) {
      store.records = [];
      store.groups.clear();
      return {};
    },
  },
  {
    name: 'forgets what is no entry',
    found: 'replays records of several groups in the order of their appends',
    wrap: (journal) => ({ append: (records) => journal.append(records.filter(({ index }) => index > 0)) }),
  },
  {
    name: 'says that it has stored before it has',
    found: 'has what was appended once the append has resolved',
    wrap(journal) {
      let done = Promise.resolve();
      return { append: async (records) => void (done = done.then(() => journal.append(records))) };
    },
  },
  {
    name: 'appends in another order than it was asked',
    found: 'carries out concurrent appends in the order of the calls',
    wrap: (journal) => ({
      async append(records) {
        for (let turns = (records[0]?.index ?? 0) % 3; turns > 0; turns--) await Promise.resolve();
        await journal.append(records);
      },
    }),
  },
  {
    name: 'keeps the memory of the caller beyond what a view shows',
    found: 'takes views of larger memory for what they show',
    wrap: (journal) => ({
      append: (records) => journal.append(records.map((one) => ({ ...one, data: new Uint8Array(one.data.buffer) }))),
    }),
  },
  {
    name: 'takes gaps',
    found: 'refuses a gap, and then takes nothing of the call',
    wrap: (journal) => ({ append: (records) => journal.append(records).catch(() => {}) }),
  },
  {
    name: 'takes the first part of a call that it refuses',
    found: 'refuses a gap, and then takes nothing of the call',
    wrap: (journal) => ({
      async append(records) {
        for (const record of records) await journal.append([record]);
      },
    }),
  },
  {
    name: 'truncates without discarding what is behind',
    found: 'replaces an entry and discards all behind it',
    wrap(journal) {
      const all: JournalRecord[] = [];
      return {
        async append(records) {
          await journal.append(records);
          all.push(...records);
        },
        replay: () => stream(all.map((record): ReplayItem => ({ type: 'record', record }))),
      };
    },
  },
  {
    name: 'counts bytes wrongly',
    found: 'reads as many as fit into maxBytes, but one at least',
    wrap: (journal) => ({
      read: (group, from, to, options) =>
        journal.read(group, from, to, { ...options, maxBytes: (options?.maxBytes ?? 1 << 20) + 1 }),
    }),
  },
  {
    name: 'does not listen to signals',
    found: 'stops when its signal aborts',
    wrap: (journal) => ({ read: (group, from, to) => journal.read(group, from, to) }),
  },
  {
    name: 'drops what a checkpoint carries',
    found: 'puts a checkpoint and what it carries in the place of what is below keepFrom',
    wrap: checkpointing((options) => ({ ...options, carry: [] })),
  },
  {
    name: 'carries in another order',
    found: 'replays the checkpoint of each group, then what it carried, before the records of the group',
    wrap: checkpointing(({ keepFrom, carry }) => ({ keepFrom, carry: [...carry].reverse() })),
  },
  {
    name: 'takes keepFrom for the last entry that goes',
    found: 'puts a checkpoint and what it carries in the place of what is below keepFrom',
    wrap: checkpointing(({ keepFrom, carry }) => ({ keepFrom: keepFrom + 1, carry })),
  },
  {
    name: 'takes Infinity for the entry behind the last',
    found: 'takes any next entry after keepFrom Infinity',
    wrap: checkpointing(({ keepFrom, carry }) => ({ keepFrom: Math.min(keepFrom, 3), carry })),
  },
  {
    name: 'replaces the state before the chunks have ended',
    found: 'changes nothing when the chunks of a checkpoint throw',
    wrap: (journal) => ({
      async checkpoint(group, chunks, options) {
        await journal.checkpoint(group, stream([new Uint8Array(1)]), options);
        const all = await collect(chunks);
        await journal.checkpoint(group, stream(all), options);
      },
    }),
  },
  {
    name: 'drops what is appended while a checkpoint is written',
    found: 'keeps what is appended while a checkpoint is written',
    wrap: (journal) => ({
      async checkpoint(group, chunks, options) {
        const all = await collect(chunks);
        await journal.checkpoint(group, stream(all), options);
      },
    }),
  },
  {
    name: 'lets two checkpoints of a group overlap',
    found: 'has one checkpoint of a group at a time, whatever other groups do',
    wrap(journal) {
      let last = Promise.resolve();
      return {
        checkpoint: (...args) =>
          (last = Promise.race([last, Promise.resolve()]).then(() => journal.checkpoint(...args).catch(() => {}))),
      };
    },
  },
  {
    name: 'gives each checkpoint the same sequence',
    found: 'reads a checkpoint in pieces with a growing sequence',
    wrap: (journal) => ({
      readCheckpoint: (...args) => journal.readCheckpoint(...args).then((piece) => piece && { ...piece, sequence: 1 }),
    }),
  },
  {
    name: 'has a checkpoint of no bytes for none',
    found: 'is empty at first',
    wrap: (journal) => ({
      readCheckpoint: async (...args) =>
        (await journal.readCheckpoint(...args)) ?? { sequence: 0, offset: 0, size: 0, data: new Uint8Array(0) },
    }),
  },
  {
    name: 'does not wait for appends when it closes',
    found: 'waits for the appends under way when it closes',
    wrap: (journal) => ({
      async append(records) {
        await Promise.resolve();
        await journal.append(records);
      },
    }),
  },
  {
    name: 'answers when it is closed',
    found: 'closes more than once, and refuses everything afterwards',
    wrap: (journal) => ({ append: (records) => journal.append(records).catch(() => {}) }),
  },
  {
    name: 'can be opened twice',
    found: 'rejects a second opening while it is open',
    wrap: () => ({}),
  },
];

async function complaintOf(found: string, place: () => JournalPlace): Promise<string> {
  const { run } = journalCases({ place }, ALL).find(({ name }) => name === found)!;
  return run().then(
    () => 'nothing',
    (error: Error) => error.message,
  );
}

describe('the kit for journals', () => {
  it.each(faults)('finds one that $name', async ({ found, wrap }) => {
    expect(await complaintOf(found, () => placeOf(wrap))).toMatch(/expected|index is|closed/);
  });

  it('finds one that forgets what it acknowledged, or keeps half of a checkpoint, when the power goes', async () => {
    let kept = 0;
    /** Everything is in memory until the power goes; then the first records are found again. */
    const forgetful = (): JournalPlace => {
      let store = new MemoryStore();
      return {
        open: () => new MemoryJournal({ store }),
        async crash() {
          const before = store;
          store = new MemoryStore();
          const records = before.records.filter(({ index }) => index > 0).slice(0, kept);
          await new MemoryJournal({ store }).append(records).catch(() => {});
        },
      };
    };
    const lost = 'keeps all that it acknowledged when the power goes';
    const prefix = 'keeps a prefix of what was under way when the power went';
    const torn = 'has the old state or the new one, whole, when the power goes during a checkpoint';
    expect(await complaintOf(lost, forgetful)).toMatch('what has survived');
    expect(await complaintOf(prefix, forgetful)).toMatch('all that was acknowledged to survive');
    kept = 29;
    expect(await complaintOf(torn, forgetful)).toMatch('expected the old state or the new one');
  });

  it('leaves out what the manifest does not promise', async () => {
    const setup = { place: () => ({ open: () => new MemoryJournal() }) };
    const least = journalCases(setup, { persistent: false, exclusive: false, crashes: false });
    const most = journalCases(setup, ALL);
    expect(new Set(most.map(({ name }) => name)).size).toBe(most.length);
    expect(most.length - least.length).toBe(8);
    expect(least.length).toBeGreaterThan(49);
    for (const { run } of least) await run();
  });
});
