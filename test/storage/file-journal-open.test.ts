import { cp, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { InvalidOptionError, isQuorateError } from '../../src/core/errors.js';
import { openFileJournal } from '../../src/storage/file.js';
import type { FileJournalOptions, FileLayer } from '../../src/storage/file.js';
import { nodeFileLayer } from '../../src/storage/file/node-file-layer.js';
import { entry, loose, replayed, source } from './records.js';
import { journalOptions, openForTest, temporaryDirectory, withJournal } from './temporary-place.js';

/** The error with which a journal refuses to open. */
async function refusal(options: FileJournalOptions): Promise<unknown> {
  return openFileJournal(options).then(
    () => expect.unreachable('it opened'),
    (error: unknown) => error,
  );
}

describe('opening a file journal', () => {
  it('is refused while the directory is open, under any of its names, and possible again after closing', async () => {
    const root = await temporaryDirectory();
    const directory = join(root, 'journal');
    const journal = await openForTest(directory);
    await symlink(directory, join(root, 'alias'));
    for (const name of [directory, `${directory}/`, join(root, 'alias')]) {
      const error = await refusal(journalOptions(name));
      expect(error).toMatchObject({ code: 'journal-locked', message: expect.stringContaining(`${process.pid}`) });
    }
    await journal.append([entry('g', 1)]);
    await journal.close();
    expect(await withJournal(journalOptions(directory), replayed)).toEqual(['g1:g1']);
    expect((await readdir(directory)).sort()).toEqual(['journal.json', 'segment-0000000000000000']);
  });

  it('never admits two that start at the same moment', async () => {
    const directory = join(await temporaryDirectory(), 'journal');
    await (await openForTest(directory)).close();
    for (let attempt = 0; attempt < 20; attempt += 1) {
      const outcomes = await Promise.allSettled([1, 2, 3].map(() => openFileJournal(journalOptions(directory))));
      const open = outcomes.filter((outcome) => outcome.status === 'fulfilled');
      expect(open.length).toBeLessThanOrEqual(1);
      await Promise.all(open.map(({ value }) => value.close()));
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'journal-locked' });
      }
    }
    await (await openForTest(directory)).close();
  });

  it('removes stale locks, and respects what answers', async () => {
    const directory = join(await temporaryDirectory(), 'journal');
    await (await openForTest(directory)).close();
    await writeFile(join(directory, 'lock-1-abc'), '');
    await writeFile(join(directory, 'claim-1-abc'), '');
    await (await openForTest(directory)).close();
    expect(await readdir(directory)).toEqual(['journal.json']);
    const holder = createServer().listen(join(directory, 'lock-77-abc'));
    expect(await refusal(journalOptions(directory))).toMatchObject({
      code: 'journal-locked',
      message: expect.stringContaining('process 77'),
    });
    await new Promise((resolve) => holder.close(resolve));
    await (await openForTest(directory)).close();
  });

  it('works in directories with long paths', async () => {
    const root = await temporaryDirectory();
    const parent = join(root, 'x'.repeat(200));
    await mkdir(parent);
    const directory = join(parent, 'y'.repeat(200));
    const journal = await openForTest(directory);
    await journal.append([entry('g', 1)]);
    expect(await refusal(journalOptions(directory))).toMatchObject({ code: 'journal-locked' });
  });

  it('is refused to another cluster, node or version', async () => {
    const directory = join(await temporaryDirectory(), 'journal');
    await (await openForTest(directory)).close();
    for (const other of [{ cluster: 'other' }, { node: 'other' }]) {
      const error = await refusal(journalOptions(directory, other));
      expect(error).toMatchObject({ code: 'journal-mismatch', message: expect.stringContaining('"other"') });
    }
    const metadata = join(directory, 'journal.json');
    await writeFile(metadata, (await readFile(metadata, 'utf8')).replace('"format": 1', '"format": 2'));
    expect(await refusal(journalOptions(directory))).toMatchObject({ code: 'journal-mismatch', path: metadata });
  });

  it('names a directory that cannot be used', async () => {
    const root = await temporaryDirectory();
    await writeFile(join(root, 'file'), '');
    const unusable = [join(root, 'missing', 'journal'), join(root, 'file'), join(root, 'file', 'journal')];
    for (const directory of unusable) {
      const error = await refusal(journalOptions(directory));
      expect(error, directory).toMatchObject({
        code: 'journal-directory',
        path: directory,
        message: expect.stringContaining(directory),
        cause: { code: expect.any(String) },
      });
    }
  });

  it('names a directory without permission, and the remedy', async () => {
    const directory = join(await temporaryDirectory(), 'journal');
    // Injected, because no mode bits keep the superuser out.
    const denied = Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' });
    const fileLayer: FileLayer = { ...nodeFileLayer, lock: () => Promise.reject(denied) };
    const error = await refusal({ ...journalOptions(directory), fileLayer });
    const message = expect.stringMatching(/may not write there .*; give it permission/) as string;
    expect(error).toMatchObject({ code: 'journal-permission', path: directory, message, cause: denied });
  });

  it('checks its options', async () => {
    const directory = join(await temporaryDirectory(), 'journal');
    const wrong: Partial<FileJournalOptions>[] = [
      { directory: '' },
      { directory: 7 as unknown as string },
      { cluster: '' },
      { node: 'white space' },
      { segmentBytes: 100 },
      { segmentBytes: 1e12 },
      { maxQueuedBytes: 0 },
      { maxQueuedBytes: 4096.5 },
    ];
    for (const options of wrong) {
      const error = await refusal(journalOptions(directory, options));
      expect(error).toBeInstanceOf(InvalidOptionError);
      expect(error).toMatchObject({ option: Object.keys(options)[0] });
    }
    await expect(readdir(directory)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('removes unfinished files of a crash and leaves foreign ones alone', async () => {
    const directory = join(await temporaryDirectory(), 'journal');
    await withJournal(journalOptions(directory), async (journal) => {
      await journal.append([entry('g', 1)]);
      await journal.checkpoint('g', source('state'), { keepFrom: 1, carry: [] });
    });
    const left = ['checkpoint-0000000002-g', 'segment-0000000000000000', 'journal.json'];
    for (const name of left) await writeFile(join(directory, `${name}.temporary`), 'unfinished');
    const foreign = ['notes.temporary', 'README', 'segment-1'];
    for (const name of foreign) await writeFile(join(directory, name), 'mine');
    expect(await withJournal(journalOptions(directory), replayed)).toEqual(['g=state', 'g1:g1']);
    const ours = ['checkpoint-0000000001-g', 'journal.json', 'segment-0000000000000000'];
    expect((await readdir(directory)).sort()).toEqual([...ours, ...foreign].sort());
  });

  it('refuses a checkpoint under another name', async () => {
    const directory = join(await temporaryDirectory(), 'journal');
    await withJournal(journalOptions(directory), (journal) =>
      journal.checkpoint('g', source('state'), { keepFrom: 1, carry: [] }),
    );
    await cp(join(directory, 'checkpoint-0000000001-g'), join(directory, 'checkpoint-0000000001-h'));
    expect(isQuorateError(await refusal(journalOptions(directory)), 'journal-corrupt')).toBe(true);
    await rm(join(directory, 'checkpoint-0000000001-g'));
    expect(isQuorateError(await refusal(journalOptions(directory)), 'journal-missing-file')).toBe(true);
  });

  it('refuses a journal whose newest segments are gone, when a checkpoint tells', async () => {
    const directory = join(await temporaryDirectory(), 'journal');
    await withJournal(journalOptions(directory), async (journal) => {
      await journal.append([entry('g', 1), loose('g', 'vote')]);
      await journal.checkpoint('g', source('state'), { keepFrom: 1, carry: [] });
    });
    const path = join(directory, 'segment-0000000000000000');
    await rm(path);
    expect(await refusal(journalOptions(directory))).toMatchObject({ code: 'journal-missing-file', path });
  });
});
