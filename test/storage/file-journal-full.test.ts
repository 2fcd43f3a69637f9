import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openFileJournal } from '../../src/storage/file.js';
import type { FileJournal, FileJournalOptions, JournalError } from '../../src/storage/file.js';
import { entry, replayed, source } from './records.js';
import { SMALL_DISK, smallDisk } from './small-disk.js';
import { journalOptions, withJournal } from './temporary-place.js';

const data = (index: number): string => `${index} `.repeat(2000);
const entries = (count: number): string[] => Array.from({ length: count }, (_, i) => `g${i + 1}:${data(i + 1)}`);

/** Appends, four at a time, until the journal refuses; resolves to how many were acknowledged and to the refusal. */
async function fill(journal: FileJournal): Promise<{ acknowledged: number; refusal: JournalError }> {
  let acknowledged = 0;
  for (let index = 1; ; index += 4) {
    const four = [0, 1, 2, 3].map((i) => journal.append([entry('g', index + i, data(index + i))]));
    for (const outcome of await Promise.allSettled(four)) {
      if (outcome.status === 'rejected') return { acknowledged, refusal: outcome.reason as JournalError };
      acknowledged += 1;
    }
  }
}

describe(`a file journal on ${SMALL_DISK}`, () => {
  it('says that the disk is full, where, and what to do', async () => {
    const disk = await smallDisk();
    const options = optionsOn(disk);
    const { refusal } = await withJournal(options, fill);
    expect(refusal).toMatchObject({ code: 'journal-full', outcome: 'unknown', cause: { code: 'ENOSPC' } });
    expect(refusal.path).toContain(join(options.directory, 'segment-'));
    expect(refusal.message).toContain(`${refusal.path}: the disk is full`);
    expect(refusal.message).toContain('make room, then close it and open it again');
  });

  it('holds everything acknowledged, and whole records only, when it is opened after room was made', async () => {
    const disk = await smallDisk();
    const { acknowledged } = await withJournal(optionsOn(disk), fill);
    await disk.free();
    const found = await withJournal(optionsOn(disk), async (journal) => {
      const items = await replayed(journal);
      await journal.append([entry('g', items.length + 1, data(items.length + 1))]);
      return items;
    });
    expect(found.length).toBeGreaterThanOrEqual(acknowledged);
    expect(found).toEqual(entries(found.length));
    expect(await withJournal(optionsOn(disk), replayed)).toEqual(entries(found.length + 1));
  });

  it('can be opened and read while the disk is still full, or says that it is', async () => {
    const disk = await smallDisk();
    const { acknowledged } = await withJournal(optionsOn(disk), fill);
    const found = await withJournal(optionsOn(disk), replayed).catch((error: JournalError) => error.code);
    if (found !== 'journal-full') expect(found.length).toBeGreaterThanOrEqual(acknowledged);
  });

  it('is ended by a checkpoint that finds no room, and keeps the old state', async () => {
    const disk = await smallDisk();
    await using journal = await openFileJournal(optionsOn(disk));
    await journal.append([entry('g', 1)]);
    const tooMuch = source('x'.repeat(500_000), 'x'.repeat(500_000), 'x'.repeat(500_000));
    const checkpoint = journal.checkpoint('g', tooMuch, { keepFrom: Infinity, carry: [] });
    await expect(checkpoint).rejects.toMatchObject({ code: 'journal-full' });
    await expect(journal.append([entry('g', 2)])).rejects.toMatchObject({ code: 'journal-full' });
    await journal.close();
    expect(await withJournal(optionsOn(disk), replayed)).toEqual(['g1:g1']);
  });
});

function optionsOn({ directory, fileLayer }: Awaited<ReturnType<typeof smallDisk>>): FileJournalOptions {
  return journalOptions(join(directory, 'journal'), { segmentBytes: 64 * 1024, fileLayer });
}
