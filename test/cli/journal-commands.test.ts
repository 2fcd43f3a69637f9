import { open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openFileJournal } from '../../src/storage/file.js';
import { entry, source } from '../storage/records.js';
import { journalOptions, temporaryDirectory, withJournal } from '../storage/temporary-place.js';
import { runCommand } from '../../src/cli/run.js';

/** Runs a command in this process. */
async function quorate(...args: readonly string[]): Promise<{ code: number; out: string; error: string }> {
  let [out, error] = ['', ''];
  const code = await runCommand(args, { out: (text) => void (out += text), error: (text) => void (error += text) });
  return { code, out, error };
}

/** A closed journal with three entries and a checkpoint. */
async function prepare(): Promise<{ root: string; directory: string }> {
  const root = await temporaryDirectory();
  const directory = join(root, 'journal');
  await withJournal(journalOptions(directory), async (journal) => {
    await journal.append([1, 2, 3].map((index) => entry('g', index)));
    await journal.checkpoint('g', source('state'), { keepFrom: 3, carry: [] });
  });
  return { root, directory };
}

async function spoil(path: string): Promise<void> {
  await using file = await open(path, 'r+');
  await file.write('S', 0);
}

describe('quorate', () => {
  it('--help says what there is, with exit code 0', async () => {
    const { code, out, error } = await quorate('--help');
    expect({ code, error }).toEqual({ code: 0, error: '' });
    for (const verb of ['check', 'backup', 'restore']) expect(out).toContain(`quorate journal ${verb}`);
  });

  it.each([
    { args: [], why: 'no command is given' },
    { args: ['journey'], why: 'no command journey' },
    { args: ['journal', 'repair', 'x'], why: 'no command journal repair' },
    { args: ['journal', 'check'], why: 'DIRECTORY must be given' },
    { args: ['journal', 'check', 'a', 'b'], why: 'DIRECTORY must be given, found a b' },
    { args: ['journal', 'check', ''], why: 'DIRECTORY must be given, found ""' },
    { args: ['journal', 'check', 'a b', '\n'], why: 'DIRECTORY must be given, found "a b" "\\n"' },
    { args: [''], why: 'no command ""' },
    { args: ['journal', ''], why: 'no command journal ""' },
    { args: ['journal', 'check', 'a', '--force'], why: "Unknown option '--force'" },
    { args: ['journal', 'backup', 'a', 'b', '--member', 'c'], why: '--member belong to restore' },
    { args: ['journal', 'restore', 'a', 'b', '--member', 'c'], why: '--as-new-cluster must name a new cluster' },
    { args: ['journal', 'restore', 'a', 'b', '--as-new-cluster', 'c'], why: '--member must name at least one' },
    {
      args: ['journal', 'restore', 'a', 'b', '--as-new-cluster', 'c', '--member', 'a=1', '--member', 'a=2'],
      why: 'one member twice',
    },
  ])('$args is a wrong call: exit code 2', async ({ args, why }) => {
    const { code, out, error } = await quorate(...args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(error).toContain(why);
  });
});

describe('quorate journal check', () => {
  it('prints whose journal it is and what is in it, with exit code 0', async () => {
    const { directory } = await prepare();
    const { code, out } = await quorate('journal', 'check', directory);
    expect(code).toBe(0);
    expect(out).toMatch(/^cluster +cluster$/m);
    expect(out).toMatch(/^node +node$/m);
    expect(out).toMatch(/^g +3 to 3 +number 1, 5 bytes +0$/m);
  });

  it('--json prints one line', async () => {
    const { directory } = await prepare();
    const { code, out } = await quorate('journal', 'check', directory, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ ok: true, cluster: 'cluster', groups: [{ group: 'g', lastIndex: 3 }] });
  });

  it('of a damaged journal names file and byte, with exit code 1', async () => {
    const { directory } = await prepare();
    const path = join(directory, 'checkpoint-0000000001-g');
    await spoil(path);
    const { code, out, error } = await quorate('journal', 'check', directory, '--json');
    expect(code).toBe(1);
    expect(error).toContain(`${path} is corrupt at byte 0`);
    expect(JSON.parse(out)).toMatchObject({ ok: false, code: 'journal-corrupt', path, offset: 0 });
  });

  it('of what is no journal has exit code 2', async () => {
    const root = await temporaryDirectory();
    for (const path of [root, join(root, 'missing')]) expect((await quorate('journal', 'check', path)).code).toBe(2);
  });
});

describe('quorate journal backup', () => {
  it('copies a journal that another process has open', async () => {
    const { root, directory } = await prepare();
    await using journal = await openFileJournal(journalOptions(directory));
    await journal.append([entry('g', 4)]);
    const { code } = await quorate('journal', 'backup', directory, join(root, 'backup'));
    expect(code).toBe(0);
    const { out } = await quorate('journal', 'check', join(root, 'backup'), '--json');
    expect(JSON.parse(out)).toMatchObject({ takenAt: expect.any(String), groups: [{ group: 'g', lastIndex: 4 }] });
  });

  it('of a damaged journal has exit code 1 and leaves nothing behind', async () => {
    const { root, directory } = await prepare();
    await rm(join(directory, 'checkpoint-0000000001-g'));
    const { code, error } = await quorate('journal', 'backup', directory, join(root, 'backup'));
    expect(code).toBe(1);
    expect(error).toContain('journal-missing-file');
    expect(await readdir(root)).toEqual(['journal']);
  });
});

describe('quorate journal restore', () => {
  const newCluster = ['--as-new-cluster', 'second', '--member', 'x'];

  it('refuses a journal, which is no backup', async () => {
    const { root, directory } = await prepare();
    const { code, error } = await quorate('journal', 'restore', directory, join(root, 'new'), ...newCluster);
    expect(code).toBe(2);
    expect(error).toContain('it is a journal and no backup');
  });

  it('refuses the name of the old cluster', async () => {
    const { root, directory } = await prepare();
    await quorate('journal', 'backup', directory, join(root, 'backup'));
    const same = ['--as-new-cluster', 'cluster', '--member', 'node'];
    const { code, error } = await quorate('journal', 'restore', join(root, 'backup'), join(root, 'new'), ...same);
    expect(code).toBe(2);
    expect(error).toContain('another name than that of the old cluster');
    expect((await readdir(root)).sort()).toEqual(['backup', 'journal']);
  });

  it('refuses groups that Raft did not write, with exit code 1, and leaves nothing behind', async () => {
    const { root, directory } = await prepare();
    await quorate('journal', 'backup', directory, join(root, 'backup'));
    const { code, error } = await quorate('journal', 'restore', join(root, 'backup'), join(root, 'new'), ...newCluster);
    expect(code).toBe(1);
    expect(error).toContain('group g was not written by Raft');
    expect(await readdir(join(root, 'new'))).toEqual([]);
  });
});
