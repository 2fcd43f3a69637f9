import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/core/random.js';
import { openFileJournal } from '../../src/storage/file.js';
import type { FileJournal, JournalError } from '../../src/storage/file.js';
import { ForgetfulFileLayer } from './forgetful-file-layer.js';
import { entry, gated, loose, replayed, source } from './records.js';
import { journalOptions, openForTest, temporaryDirectory, withJournal } from './temporary-place.js';

const FRAME_BYTES = 29 + 1;

function inMemory(): ForgetfulFileLayer {
  return new ForgetfulFileLayer(seededRandom(1));
}

const large = (index: number): ReturnType<typeof entry> => entry('g', index, 'x'.repeat(500));

describe('the queue of a file journal', () => {
  it('takes exactly maxQueuedBytes and refuses a byte more', async () => {
    await using journal = await openFileJournal(
      journalOptions('/journal', { fileLayer: inMemory(), maxQueuedBytes: 4096 }),
    );
    const half = (index: number, bytes = 2048): ReturnType<typeof entry> =>
      entry('g', index, 'x'.repeat(bytes - FRAME_BYTES));
    const first = journal.append([half(1)]);
    await expect(journal.append([half(2, 2049)])).rejects.toMatchObject({ code: 'overloaded', outcome: 'failed' });
    const second = journal.append([half(2)]);
    expect(journal.status().queuedBytes).toBe(4096);
    await expect(journal.append([entry('g', 3)])).rejects.toMatchObject({ code: 'overloaded' });
    await Promise.all([first, second]);
    expect(journal.status().queuedBytes).toBe(0);
    await journal.append([half(3, 4096)]);
    await expect(journal.append([half(4, 4097)])).rejects.toMatchObject({ code: 'invalid-option' });
    expect((await journal.read('g', 1, 9)).map(({ index }) => index)).toEqual([1, 2, 3]);
  });

  it('counts what is being written too', async () => {
    const layer = inMemory();
    await using journal = await openFileJournal(journalOptions('/journal', { fileLayer: layer, maxQueuedBytes: 4096 }));
    const first = journal.append([entry('g', 1, 'x'.repeat(4000))]);
    const syncs = layer.syncs.length;
    while (layer.syncs.length === syncs) await Promise.resolve();
    await expect(journal.append([entry('g', 2, 'x'.repeat(100))])).rejects.toMatchObject({ code: 'overloaded' });
    await first;
    await journal.append([entry('g', 2, 'x'.repeat(100))]);
  });
});

describe('group commit of a file journal', () => {
  it('joins the appends of one turn, and those made during a sync, in one sync each', async () => {
    const layer = inMemory();
    await using journal = await openFileJournal(journalOptions('/journal', { fileLayer: layer }));
    await journal.append([entry('g', 1)]);
    const before = layer.syncs.length;
    const first = Array.from({ length: 100 }, (_, i) => journal.append([entry('g', i + 2)]));
    while (layer.syncs.length === before) await Promise.resolve();
    const second = Array.from({ length: 100 }, (_, i) => journal.append([entry('g', i + 102)]));
    await Promise.all([...first, ...second]);
    expect(layer.syncs.slice(before)).toEqual(['segment-data', 'segment-data']);
  });

  it('syncs the directory once for each segment', async () => {
    const layer = inMemory();
    await using journal = await openFileJournal(journalOptions('/journal', { fileLayer: layer, segmentBytes: 4096 }));
    for (let index = 1; index <= 50; index += 1) await journal.append([large(index)]);
    const segments = journal.status().segments;
    expect(segments).toBeGreaterThan(5);
    expect(layer.syncs.filter((purpose) => purpose === 'segment-directory')).toHaveLength(segments);
  });
});

describe('space of a file journal', () => {
  it('is freed by a checkpoint', async () => {
    const directory = join(await temporaryDirectory(), 'journal');
    const journal = await openForTest(directory, { segmentBytes: 4096 });
    for (let index = 1; index <= 200; index += 1) await journal.append([large(index)]);
    expect(await diskBytes(directory)).toBeGreaterThan(100_000);
    await journal.checkpoint('g', source('state'), { keepFrom: 195, carry: [] });
    expect(await diskBytes(directory)).toBeLessThan(12_000);
    expect(journal.status().segmentBytes).toBeLessThan(12_000);
    await journal.close();
    const items = await withJournal(journalOptions(directory), replayed);
    expect(items).toHaveLength(1 + 6);
  });

  it('is freed around what an idle group still needs', async () => {
    const directory = join(await temporaryDirectory(), 'journal');
    const options = { segmentBytes: 4096 };
    const journal = await openForTest(directory, options);
    await journal.append([loose('idle', 'vote'), entry('idle', 1)]);
    for (let index = 1; index <= 100; index += 1) await journal.append([large(index)]);
    await journal.append([entry('idle', 2)]);
    for (let index = 101; index <= 200; index += 1) await journal.append([large(index)]);
    for (const keepFrom of [50, 150, 198]) {
      await journal.checkpoint('g', source('state'), { keepFrom, carry: [] });
    }
    const { segments, segmentBytes } = journal.status();
    expect(segments).toBeLessThanOrEqual(6);
    expect(segmentBytes).toBeLessThan(20_000);
    await journal.close();
    const reopened = await openForTest(directory, options);
    expect(await replayed(reopened)).toEqual([
      'g=state',
      'idle0:vote',
      'idle1:idle1',
      'idle2:idle2',
      ...[198, 199, 200].map((index) => `g${index}:${'x'.repeat(500)}`),
    ]);
    await reopened.append([entry('idle', 3), large(201)]);
  });

  it('stays readable for those who began to read', async () => {
    const directory = join(await temporaryDirectory(), 'journal');
    const journal = await openForTest(directory, { segmentBytes: 4096 });
    for (let index = 1; index <= 100; index += 1) await journal.append([large(index)]);
    const replay = journal.replay();
    await replay.next();
    const read = journal.read('g', 1, 100, { maxBytes: Infinity });
    await journal.checkpoint('g', source('state'), { keepFrom: Infinity, carry: [] });
    expect(await read).toHaveLength(100);
    let rest = 0;
    for await (const _ of replay) rest += 1;
    expect(rest).toBe(99);
    expect(await journal.read('g', 1, 100)).toEqual([]);
  });

  it('of a checkpoint whose source throws is freed too', async () => {
    const directory = join(await temporaryDirectory(), 'journal');
    const journal = await openForTest(directory);
    const names = await readdir(directory);
    async function* failing(): AsyncIterable<Uint8Array> {
      yield new Uint8Array(1_000_000);
      throw new Error('no state');
    }
    await expect(journal.checkpoint('g', failing(), { keepFrom: 1, carry: [] })).rejects.toThrow('no state');
    expect(await readdir(directory)).toEqual(names);
  });
});

describe('a file journal whose disk fails', () => {
  /** Opens a journal on a disk that will fail `after` more operations. */
  async function failingAfter(after: number): Promise<{ layer: ForgetfulFileLayer; journal: FileJournal }> {
    const layer = inMemory();
    const journal = await openFileJournal(journalOptions('/journal', { fileLayer: layer }));
    await journal.append([entry('g', 1)]);
    layer.fault = { kind: 'fail', at: layer.operations + after };
    return { layer, journal };
  }

  it.each([
    { what: 'write', after: 1 },
    { what: 'sync', after: 2 },
  ])('is poisoned by a failed $what until it is opened anew', async ({ after }) => {
    const { layer, journal } = await failingAfter(after);
    const appends = [journal.append([entry('g', 2)]), journal.append([loose('g', 'vote')])];
    const [failure, other] = (await Promise.allSettled(appends)).map(reasonOf);
    expect(failure).toMatchObject({
      code: 'journal-full',
      outcome: 'unknown',
      path: '/journal/segment-0000000000000000',
      cause: { code: 'ENOSPC' },
    });
    expect(other).toBe(failure);
    const later = [
      journal.append([entry('g', 3)]),
      journal.read('g', 1, 1),
      journal.readCheckpoint('g', 0, 1),
      journal.checkpoint('g', source('x'), { keepFrom: 1, carry: [] }),
      replayed(journal),
    ];
    for (const outcome of await Promise.allSettled(later)) expect(reasonOf(outcome)).toBe(failure);
    await journal.close();
    const items = await withJournal(journalOptions('/journal', { fileLayer: layer }), replayed);
    expect(['g1:g1', 'g1:g1,g2:g2', 'g1:g1,g2:g2,g0:vote']).toContain(items.join());
  });

  it('is poisoned also for appends that wait behind the failed one', async () => {
    const { layer, journal } = await failingAfter(2);
    const first = journal.append([entry('g', 2)]);
    const syncs = layer.syncs.length;
    while (layer.syncs.length === syncs) await Promise.resolve();
    const outcomes = await Promise.allSettled([first, journal.append([entry('g', 3)])]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(reasonOf(outcomes[1])).toBe(reasonOf(outcomes[0]));
    await journal.close();
  });

  it.each([1, 2, 3, 4, 5, 6])('is poisoned by step %i of a checkpoint, and nothing is lost', async (after) => {
    const { layer, journal } = await failingAfter(after);
    const gate = gated('state');
    const checkpoint = journal.checkpoint('g', gate.chunks, { keepFrom: 1, carry: [] });
    gate.open();
    const [outcome] = await Promise.allSettled([checkpoint]);
    await journal.close();
    const items = await withJournal(journalOptions('/journal', { fileLayer: layer }), replayed);
    if (outcome.status === 'fulfilled') expect(items).toEqual(['g=state', 'g1:g1']);
    else expect(outcome.reason).toMatchObject({ code: 'journal-full' });
    expect(items.at(-1)).toBe('g1:g1');
  });

  it('ends a checkpoint under way when an append fails', async () => {
    const { layer, journal } = await failingAfter(3);
    const gate = gated('state');
    const checkpoint = journal.checkpoint('g', gate.chunks, { keepFrom: Infinity, carry: [] });
    const [failed] = await Promise.allSettled([journal.append([entry('g', 2)])]);
    gate.open();
    const [outcome] = await Promise.allSettled([checkpoint]);
    expect(reasonOf(outcome)).toMatchObject({ code: 'journal-full' });
    expect(reasonOf(failed)).toBe(reasonOf(outcome));
    await journal.close();
    const items = await withJournal(journalOptions('/journal', { fileLayer: layer }), replayed);
    expect(items[0]).toBe('g1:g1');
  });

  it('goes on after a failed read', async () => {
    const layer = inMemory();
    const open = layer.open.bind(layer);
    layer.open = async (path, mode) => ({ ...(await open(path, mode)), read: () => Promise.reject(new Error('EIO')) });
    await using journal = await openFileJournal(journalOptions('/journal', { fileLayer: layer }));
    await journal.append([entry('g', 1)]);
    await expect(journal.read('g', 1, 1)).rejects.toMatchObject({ code: 'journal-read', outcome: 'failed' });
    await journal.append([entry('g', 2)]);
  });
});

function reasonOf(outcome: PromiseSettledResult<unknown> | undefined): JournalError | undefined {
  return outcome?.status === 'rejected' ? (outcome.reason as JournalError) : undefined;
}

async function diskBytes(directory: string): Promise<number> {
  const names = (await readdir(directory)).filter((name) => name.startsWith('segment'));
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(directory, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
