import { cp, mkdir, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  backupFileJournal,
  inspectFileJournal,
  openFileJournal,
  openJournalBackup,
  type FileJournal,
  type JournalError,
} from '../../src/storage/file.js';
import { type DirectoryAccess, freeze } from '../../src/storage/file/frozen-files.js';
import { entry, loose, replayed, source } from './records.js';
import { journalOptions, openForTest, temporaryDirectory, withJournal } from './temporary-place.js';

const options = (directory: string) => journalOptions(directory, { segmentBytes: 4096 });

/** Several segments, a stub, a checkpoint with what it carried, two groups. */
async function fill(journal: FileJournal): Promise<void> {
  await journal.append([loose('idle', 'vote'), entry('idle', 1)]);
  for (let index = 1; index <= 40; index += 1) await journal.append([entry('g', index, `${index} `.repeat(100))]);
  await journal.checkpoint('g', source('state'), { keepFrom: 35, carry: [loose('g', 'carried')] });
  await journal.append([entry('g', 41), loose('g', 'vote')]);
}

/** A closed journal, and what it replays. */
async function prepare(): Promise<{ root: string; directory: string; contents: string[] }> {
  const root = await temporaryDirectory();
  const directory = join(root, 'journal');
  const contents = await withJournal(options(directory), async (journal) => {
    await fill(journal);
    return replayed(journal);
  });
  return { root, directory, contents };
}

async function contentsOf(backup: string): Promise<string[]> {
  await using opened = await openJournalBackup(backup);
  return await replayed(opened);
}

async function refusal(promise: Promise<unknown>): Promise<JournalError> {
  return promise.then(
    () => expect.unreachable('it was not refused'),
    (error: unknown) => error as JournalError,
  );
}

/** All files of a directory with their bytes. */
async function snapshot(directory: string): Promise<Record<string, string>> {
  const files = (await readdir(directory)).sort();
  const bytes = await Promise.all(files.map((name) => readFile(join(directory, name), 'base64')));
  return Object.fromEntries(files.map((name, i) => [name, bytes[i]!]));
}

describe('the inspection of a journal', () => {
  it('tells whose it is and what is in it', async () => {
    const { directory } = await prepare();
    expect(await inspectFileJournal(directory)).toEqual({
      directory,
      cluster: 'cluster',
      node: 'node',
      takenAt: null,
      bytes: expect.any(Number),
      unfinished: null,
      groups: [
        { group: 'g', firstIndex: 35, lastIndex: 41, otherRecords: 2, checkpoint: { sequence: 1, bytes: 5 } },
        { group: 'idle', firstIndex: 1, lastIndex: 1, otherRecords: 1, checkpoint: null },
      ],
    });
  });

  it('changes nothing, not even a torn tail, and says where that begins', async () => {
    const { directory } = await prepare();
    const path = join(
      directory,
      (await readdir(directory))
        .filter((name) => name.startsWith('segment'))
        .sort()
        .at(-1)!,
    );
    const { size } = await readFile(path).then((bytes) => ({ size: bytes.length }));
    await writeFile(path, 'torn', { flag: 'a' });
    const before = await snapshot(directory);
    expect((await inspectFileJournal(directory)).unfinished).toEqual({ path, offset: size, bytes: 4 });
    expect(await snapshot(directory)).toEqual(before);
  });

  it('names file and byte of damage', async () => {
    const { directory } = await prepare();
    const path = join(directory, 'checkpoint-0000000001-g');
    const file = await open(path, 'r+');
    await file.write('S', 0);
    await file.close();
    expect(await refusal(inspectFileJournal(directory))).toMatchObject({ code: 'journal-corrupt', path, offset: 0 });
  });

  it('works beside the process that has the journal open', async () => {
    const directory = join(await temporaryDirectory(), 'journal');
    const journal = await openForTest(directory);
    await journal.append([entry('g', 1)]);
    expect((await inspectFileJournal(directory)).groups).toMatchObject([{ group: 'g', lastIndex: 1 }]);
    await journal.append([entry('g', 2)]);
  });

  it('of a directory without a journal, or that is not there, says so', async () => {
    const root = await temporaryDirectory();
    await mkdir(join(root, 'empty'));
    const empty = await refusal(inspectFileJournal(join(root, 'empty')));
    expect(empty).toMatchObject({ code: 'journal-directory', message: expect.stringContaining('holds no journal') });
    await expect(inspectFileJournal(join(root, 'missing'))).rejects.toMatchObject({ code: 'journal-directory' });
  });

  it('of a journal without its metadata names the file', async () => {
    const { directory } = await prepare();
    const path = join(directory, 'journal.json');
    await rm(path);
    await expect(inspectFileJournal(directory)).rejects.toMatchObject({ code: 'journal-missing-file', path });
  });
});

describe('a backup', () => {
  it('holds what the journal held, and the inspection says when it was taken', async () => {
    const { root, directory, contents } = await prepare();
    const before = await snapshot(directory);
    const report = await backupFileJournal(directory, join(root, 'backup'));
    expect(await contentsOf(join(root, 'backup'))).toEqual(contents);
    expect(report.takenAt).toMatch(/^\d{4}-\d\d-\d\dT/);
    expect(await inspectFileJournal(join(root, 'backup'))).toEqual(report);
    expect(await snapshot(directory)).toEqual(before);
  });

  it('leaves out what is unfinished', async () => {
    const { root, directory, contents } = await prepare();
    const last = (await readdir(directory))
      .filter((name) => name.startsWith('segment'))
      .sort()
      .at(-1)!;
    await writeFile(join(directory, last), 'torn', { flag: 'a' });
    expect((await backupFileJournal(directory, join(root, 'backup'))).unfinished).toBeNull();
    expect(await contentsOf(join(root, 'backup'))).toEqual(contents);
  });

  it('is refused as a journal, whoever opens it', async () => {
    const { root, directory } = await prepare();
    const backup = join(root, 'backup');
    await backupFileJournal(directory, backup);
    const before = await snapshot(backup);
    const error = await refusal(openFileJournal(options(backup)));
    expect(error).toMatchObject({
      code: 'journal-backup',
      message: expect.stringContaining('quorate journal restore'),
    });
    expect(await snapshot(backup)).toEqual(before);
  });

  it('of a damaged journal is refused, and leaves nothing behind', async () => {
    const { root, directory } = await prepare();
    await rm(join(directory, 'checkpoint-0000000001-g'));
    const error = await refusal(backupFileJournal(directory, join(root, 'backup')));
    expect(error).toMatchObject({ code: 'journal-missing-file' });
    expect(await readdir(root)).toEqual(['journal']);
  });

  it('goes into an empty directory, and never over what is there', async () => {
    const { root, directory } = await prepare();
    const backup = join(root, 'backup');
    await mkdir(backup);
    await backupFileJournal(directory, backup);
    const before = await snapshot(backup);
    await expect(backupFileJournal(directory, backup)).rejects.toMatchObject({ code: 'journal-directory' });
    expect(await snapshot(backup)).toEqual(before);
  });

  it('of a backup is refused: a copy is enough', async () => {
    const { root, directory } = await prepare();
    await backupFileJournal(directory, join(root, 'backup'));
    const again = refusal(backupFileJournal(join(root, 'backup'), join(root, 'again')));
    expect(await again).toMatchObject({ code: 'journal-directory' });
    await cp(join(root, 'backup'), join(root, 'copy'), { recursive: true });
    expect(await contentsOf(join(root, 'copy'))).toEqual(await contentsOf(join(root, 'backup')));
  });

  it('into a directory that cannot be made says why', async () => {
    const { root, directory } = await prepare();
    const target = join(root, 'missing', 'backup');
    const error = await refusal(backupFileJournal(directory, target));
    expect(error).toMatchObject({ code: 'journal-directory', path: target, cause: { code: 'ENOENT' } });
  });

  it('is what openJournalBackup opens, and a journal is not', async () => {
    const { directory } = await prepare();
    await expect(openJournalBackup(directory)).rejects.toMatchObject({ code: 'journal-directory' });
  });

  it('taken again and again during appends and checkpoints holds all that was acknowledged before', async () => {
    const root = await temporaryDirectory();
    const journal = await openForTest(join(root, 'journal'), { segmentBytes: 4096 });
    let acknowledged = 0;
    let stopped = false;
    const write = async (): Promise<void> => {
      for (let index = 1; !stopped; index += 1) {
        await journal.append([entry('g', index, `${index} `.repeat(100))]);
        acknowledged = index;
        if (index % 20 > 0) continue;
        await journal.checkpoint('g', source(`${index}`), { keepFrom: index - 5, carry: [loose('g', 'carried')] });
      }
    };
    const writing = write();
    for (let i = 0; i < 15; i += 1) {
      const atLeast = acknowledged;
      const report = await backupFileJournal(join(root, 'journal'), join(root, `backup-${i}`));
      const lastIndex = report.groups[0]?.lastIndex ?? 0;
      expect(lastIndex).toBeGreaterThanOrEqual(atLeast);
      const entries = (await contentsOf(join(root, `backup-${i}`))).filter((item) => /^g[1-9]/.test(item));
      expect(entries.at(-1)?.startsWith(`g${lastIndex}:${lastIndex} `) ?? true).toBe(true);
    }
    stopped = true;
    await writing;
  });
});

describe('reading a journal as of one moment', () => {
  /** The system, and something that happens between opening and looking again, so many times. */
  function disturbed(times: number, disturb: (attempt: number) => Promise<void>): DirectoryAccess {
    let lists = 0;
    return {
      list: async (directory) => {
        lists += 1;
        if (lists % 2 === 0 && lists / 2 <= times) await disturb(lists / 2);
        return readdir(directory);
      },
      open: (path) => open(path),
      inode: async (path) =>
        (await open(path).then(async (file) => [await file.stat(), await file.close()] as const))[0].ino,
    };
  }

  it('begins again when a checkpoint came meanwhile', async () => {
    const directory = join(await temporaryDirectory(), 'journal');
    const journal = await openForTest(directory);
    await journal.append([entry('g', 1)]);
    const access = disturbed(1, () => journal.checkpoint('g', source('state'), { keepFrom: 1, carry: [] }));
    const files = await freeze(directory, access);
    await files.close();
    expect(files.names).toContain('checkpoint-0000000001-g');
  });

  it('gives up when something changes each time', async () => {
    const directory = join(await temporaryDirectory(), 'journal');
    const journal = await openForTest(directory);
    const access = disturbed(Infinity, () => journal.checkpoint('g', source('state'), { keepFrom: 1, carry: [] }));
    await expect(freeze(directory, access)).rejects.toMatchObject({ code: 'journal-locked' });
  });
});
