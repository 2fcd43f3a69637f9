import { mkdir, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openFileJournal } from '../../src/storage/file.js';
import type { FileJournal, FileJournalOptions, JournalError } from '../../src/storage/file.js';
import { nodeFileLayer } from '../../src/storage/file/node-file-layer.js';
import { VirtualClock } from '../../src/testing/index.js';
import { type Faults, faultyLayer, systemError } from './faulty-layer.js';
import { entry, replayed } from './records.js';
import { journalOptions, temporaryDirectory, withJournal } from './temporary-place.js';

const EXPLAINED = [
  { system: 'ENOSPC', code: 'journal-full', remedy: 'make room' },
  { system: 'EDQUOT', code: 'journal-full', remedy: 'make room or raise the quota' },
  { system: 'EACCES', code: 'journal-permission', remedy: 'give it permission' },
  { system: 'EPERM', code: 'journal-permission', remedy: 'give it permission' },
  { system: 'EROFS', code: 'journal-permission', remedy: 'mount it writable' },
  { system: 'EIO', code: 'journal-failed', remedy: 'look at the disk' },
  { system: 'EFBIG', code: 'journal-failed', remedy: 'ulimit -f' },
  { system: 'EMFILE', code: 'journal-failed', remedy: 'ulimit -n' },
] as const;

/** A journal in a new directory whose disk does as `faults` says; they may be set and removed at any time. */
async function openFaulty(options: Partial<FileJournalOptions> = {}): Promise<{
  journal: FileJournal;
  faults: { -readonly [K in keyof Faults]?: Faults[K] | undefined };
  options: FileJournalOptions;
}> {
  const faults: Faults = {};
  const directory = join(await temporaryDirectory(), 'journal');
  const all = journalOptions(directory, { ...options, fileLayer: faultyLayer(nodeFileLayer, faults) });
  return { journal: await openFileJournal(all), faults, options: all };
}

/** The error with which something is refused. */
async function refusal(promise: Promise<unknown>): Promise<JournalError> {
  return promise.then(
    () => expect.unreachable('it was not refused'),
    (error: unknown) => error as JournalError,
  );
}

describe('what the system refuses', () => {
  it.each(EXPLAINED)('while a journal is open: $system ends it with $code', async ({ system, code, remedy }) => {
    const { journal, faults, options } = await openFaulty();
    await journal.append([entry('g', 1)]);
    faults.write = () => Promise.reject(systemError(system));
    const error = await refusal(journal.append([entry('g', 2)]));
    const path = join(options.directory, 'segment-0000000000000000');
    expect(error).toMatchObject({ code, outcome: 'unknown', path, cause: { code: system } });
    expect(error.message).toContain(`${path}: `);
    expect(error.message).toContain(remedy);
    faults.write = undefined;
    expect(await refusal(journal.append([entry('g', 2)]))).toBe(error);
    await journal.close();
    expect(await withJournal(options, replayed)).toEqual(['g1:g1']);
  });

  it.each(EXPLAINED)('at the opening: $system is $code and leaves the journal as it was', async (explained) => {
    const { journal, faults, options } = await openFaulty();
    await journal.append([entry('g', 1)]);
    await journal.close();
    faults.open = () => Promise.reject(systemError(explained.system));
    const error = await refusal(openFileJournal(options));
    expect(error).toMatchObject({ code: explained.code, outcome: 'failed', path: options.directory });
    expect(error.message).toContain(explained.remedy);
    faults.open = undefined;
    expect(await withJournal(options, replayed)).toEqual(['g1:g1']);
  });

  it('and nobody has heard of ends a journal with journal-failed, and the reason', async () => {
    const { journal, faults } = await openFaulty();
    faults.write = () => Promise.reject(systemError('EHWPOISON'));
    const error = await refusal(journal.append([entry('g', 1)]));
    expect(error).toMatchObject({ code: 'journal-failed', message: expect.stringContaining('EHWPOISON') });
    await journal.close();
  });
});

describe('a write', () => {
  it('that is cut short in the middle of a batch leaves whole records only', async () => {
    const { journal, faults, options } = await openFaulty();
    await journal.append([entry('g', 1)]);
    faults.write = async (source, put) => {
      await put(source.subarray(0, source.length - 10));
      throw systemError('ENOSPC');
    };
    const batch = [2, 3, 4].map((index) => journal.append([entry('g', index)]));
    for (const append of batch) await expect(append).rejects.toMatchObject({ code: 'journal-full' });
    faults.write = undefined;
    await journal.close();
    const found = await withJournal(options, replayed);
    expect(['g1:g1', 'g2:g2', 'g3:g3'].slice(0, found.length)).toEqual(found);
    expect(found).toContain('g1:g1');
  });
});

describe('an fsync that fails once', () => {
  it('ends the journal until it is opened again, though the next one would succeed', async () => {
    const { journal, faults, options } = await openFaulty();
    await journal.append([entry('g', 1)]);
    let syncs = 0;
    faults.sync = (sync) => (++syncs === 1 ? Promise.reject(systemError('EIO')) : sync());
    const error = await refusal(journal.append([entry('g', 2)]));
    expect(error).toMatchObject({ code: 'journal-failed', cause: { code: 'EIO' } });
    for (const index of [2, 3]) expect(await refusal(journal.append([entry('g', index)]))).toBe(error);
    expect(syncs).toBe(1);
    await journal.close();
    await withJournal(options, async (reopened) => {
      const found = await replayed(reopened);
      expect(found[0]).toBe('g1:g1');
      await reopened.append([entry('g', found.length + 1)]);
    });
  });
});

/** A journal whose disk hangs in an fsync of entry 1 until `answer` is called. */
async function hang(options: Partial<FileJournalOptions>) {
  let answer = (): void => undefined;
  const answered = new Promise<void>((resolve) => (answer = resolve));
  const opened = await openFaulty(options);
  const hanging = new Promise<void>((resolve) => {
    opened.faults.sync = async (sync) => {
      resolve();
      await answered;
      return sync();
    };
  });
  const append = opened.journal.append([entry('g', 1)]);
  append.catch(() => undefined);
  await hanging;
  return { ...opened, append, answer };
}

describe('an fsync that hangs', () => {
  it('makes appends wait, and those beyond maxQueuedBytes are refused', async () => {
    const { journal, append, answer } = await hang({ maxQueuedBytes: 4096 });
    const waiting = journal.append([entry('g', 2, 'x'.repeat(4000))]);
    for (let i = 0; i < 1000; i += 1) {
      await expect(journal.append([entry('g', 3, 'x'.repeat(100))])).rejects.toMatchObject({ code: 'overloaded' });
    }
    expect(journal.status().queuedBytes).toBeLessThanOrEqual(4096);
    answer();
    await Promise.all([append, waiting]);
    await journal.close();
  });

  it('leaves a close until the disk answers', async () => {
    const { journal, append, answer, options } = await hang({ clock: new VirtualClock() });
    const closing = journal.close();
    answer();
    await Promise.all([append, closing]);
    expect(await withJournal(options, replayed)).toEqual(['g1:g1']);
  });

  it('makes close and what waits give up after closeTimeoutMs', async () => {
    const clock = new VirtualClock();
    const { journal, append, answer } = await hang({ clock, closeTimeoutMs: 500 });
    const closing = refusal(journal.close());
    clock.advance(499);
    expect(await Promise.race([closing, Promise.resolve('waits')])).toBe('waits');
    clock.advance(1);
    const error = await closing;
    expect(error).toMatchObject({ code: 'journal-stalled', outcome: 'unknown', path: journal.directory });
    expect(error.message).toMatch(/has not answered for 500 ms.*end the process/);
    expect(await refusal(append)).toBe(error);
    answer();
  });

  it('keeps the directory locked after close gave up, until the disk answers', async () => {
    const clock = new VirtualClock();
    const { journal, answer, options } = await hang({ clock, closeTimeoutMs: 500 });
    const closing = refusal(journal.close());
    clock.advance(500);
    await closing;
    await expect(openFileJournal(options)).rejects.toMatchObject({ code: 'journal-locked' });
    answer();
    const open = (): Promise<string[]> =>
      withJournal(options, replayed).catch((error: JournalError) => {
        if (error.code !== 'journal-locked') throw error;
        return open();
      });
    expect(await open()).toEqual(['g1:g1']);
  });
});

describe('the directory of a journal', () => {
  it('that is removed while the journal is open ends it at the next append', async () => {
    const { journal, options } = await openFaulty();
    await journal.append([entry('g', 1)]);
    await rm(options.directory, { recursive: true });
    const error = await refusal(journal.append([entry('g', 2)]));
    expect(error).toMatchObject({ code: 'journal-missing-file', outcome: 'unknown' });
    expect(error.message).toContain('removed while the journal was open');
    await journal.close();
  });

  it('that is removed before the first append ends the journal too', async () => {
    const { journal, options } = await openFaulty();
    await rm(options.directory, { recursive: true });
    await expect(journal.append([entry('g', 1)])).rejects.toMatchObject({ code: 'journal-missing-file' });
    await journal.close();
  });

  it('may be given as a relative path', async () => {
    const directory = join(await temporaryDirectory(), 'journal');
    await using journal = await openFileJournal(journalOptions(relative(process.cwd(), directory)));
    expect(journal.directory).toBe(directory);
  });

  it('has a path that is too long: journal-directory says so', async () => {
    const directory = join(await temporaryDirectory(), 'x'.repeat(300));
    const error = await refusal(openFileJournal(journalOptions(directory)));
    expect(error).toMatchObject({ code: 'journal-directory', cause: { code: 'ENAMETOOLONG' } });
    expect(error.message).toContain('choose a shorter one');
  });

  it('may hold lost+found and directories of others', async () => {
    const directory = await temporaryDirectory();
    for (const name of ['lost+found', '.snapshots', 'segments']) await mkdir(join(directory, name));
    await withJournal(journalOptions(directory), (journal) => journal.append([entry('g', 1)]));
    expect(await withJournal(journalOptions(directory), replayed)).toEqual(['g1:g1']);
  });

  it('with a directory in the place of a segment is refused by name', async () => {
    const directory = await temporaryDirectory();
    await withJournal(journalOptions(directory), async () => undefined);
    await mkdir(join(directory, 'segment-0000000000000000'));
    const error = await refusal(openFileJournal(journalOptions(directory)));
    expect(error).toMatchObject({ code: 'journal-directory', cause: { code: 'EISDIR' } });
  });
});
