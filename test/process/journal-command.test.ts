import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openFileJournal } from '../../src/storage/file.js';
import { entry } from '../storage/records.js';
import { journalOptions, temporaryDirectory, withJournal } from '../storage/temporary-place.js';
import { freePorts } from './free-ports.js';
import { quorate, Server } from './journal-servers.js';

describe('the command quorate as a process', () => {
  it('ends with 0 after --help', async () => {
    const { code, out, error } = await quorate('--help');
    expect({ code, error }).toEqual({ code: 0, error: '' });
    expect(out).toContain('quorate journal check DIRECTORY');
  });

  it('ends with 2 after a wrong call', async () => {
    const { code, out, error } = await quorate('journal');
    expect({ code, out, error }).toEqual({ code: 2, out: '', error: expect.stringContaining('see quorate --help') });
  });

  it('ends with 1 when a journal is damaged', async () => {
    const directory = join(await temporaryDirectory(), 'journal');
    await withJournal(journalOptions(directory), async (journal) => {
      for (const index of [1, 2]) await journal.append([entry('g', index)]);
    });
    const path = join(directory, 'segment-0000000000000000');
    const file = await open(path, 'r+');
    await file.write('x', 40);
    await file.close();
    const { code, error } = await quorate('journal', 'check', directory);
    expect({ code, error }).toEqual({ code: 1, error: expect.stringContaining(`${path} is corrupt at byte 28`) });
  });
});

describe('a backup of a server', () => {
  it('makes three servers that serve what was backed up during writes, after the old ones are gone', async () => {
    const root = await temporaryDirectory();
    const old = join(root, 'old');
    const [port, ...ports] = await freePorts(4);
    const members = { a: `127.0.0.1:${port}` };
    const first = new Server({
      id: 'a',
      cluster: 'first',
      directory: old,
      port: port!,
      members,
      snapshotEveryEntries: 8,
    });
    await first.leader();
    for (let i = 1; i <= 30; i += 1) expect(await first.ask(`line ${i}`)).toEqual({ stored: i });
    const backup = join(root, 'backup');
    const taken = quorate('journal', 'backup', old, backup);
    let written = 30;
    let underWay = true;
    void taken.then(() => (underWay = false));
    while (underWay) await first.ask(`line ${(written += 1)}`);
    expect((await taken).code).toBe(0);
    await first.kill();

    const ids = ['x', 'y', 'z'];
    const addresses = Object.fromEntries(ids.map((id, i) => [id, `127.0.0.1:${ports[i]}`]));
    const options = ids.flatMap((id) => ['--member', `${id}=${addresses[id]}`]);
    const target = join(root, 'new');
    const restored = await quorate('journal', 'restore', backup, target, '--as-new-cluster', 'second', ...options);
    expect(restored).toMatchObject({ code: 0, error: '' });
    expect(restored.out).toContain('WARNING: commands may be lost although they were acknowledged');
    expect((await readdir(target)).sort()).toEqual(ids);

    // Members come from the journals, not from options.
    const servers = ids.map(
      (id, i) => new Server({ id, cluster: 'second', directory: join(target, id), port: ports[i]!, members: {} }),
    );
    const leader = servers[ids.indexOf(await servers[0]!.leader())]!;
    await leader.leader();
    const { lines } = (await leader.ask('read')) as { lines: string[] };
    expect(lines.length).toBeGreaterThanOrEqual(30);
    expect(lines).toEqual(Array.from({ length: lines.length }, (_, i) => `line ${i + 1}`));
    expect(await leader.ask('more')).toEqual({ stored: lines.length + 1 });
    for (const server of servers) await server.stop();
  }, 60_000);

  it('makes a journal that the old member cannot be started on', async () => {
    const root = await temporaryDirectory();
    const [port] = await freePorts(1);
    const server = new Server({
      id: 'a',
      cluster: 'first',
      directory: join(root, 'old'),
      port: port!,
      members: { a: `127.0.0.1:${port}` },
    });
    await server.leader();
    await server.stop();
    await quorate('journal', 'backup', join(root, 'old'), join(root, 'backup'));
    await quorate(
      'journal',
      'restore',
      join(root, 'backup'),
      join(root, 'new'),
      '--as-new-cluster',
      'second',
      '--member',
      'a',
    );
    const asBefore = openFileJournal({ directory: join(root, 'new', 'a'), cluster: 'first', node: 'a' });
    await expect(asBefore).rejects.toMatchObject({ code: 'journal-mismatch' });
  });
});
