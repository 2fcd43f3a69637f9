import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { RaftNode } from '../../src/raft/index.js';
import { openFileJournal, type FileJournalOptions } from '../../src/storage/file.js';
import { MemoryNetwork } from '../../src/transport/memory.js';
import { MAY_MOUNT, SMALL_DISK, smallDisk, type SmallDisk } from '../storage/small-disk.js';
import { journalOptions, temporaryDirectory } from '../storage/temporary-place.js';
import { startKvCluster } from './kv-cluster.js';
import { KvClients } from './kv-clients.js';
import { Lines } from './lines.js';

/** Runs a server alone, and `use` once it leads. */
async function asLeader<T>(
  options: FileJournalOptions,
  use: (node: RaftNode<number>, lines: Lines) => Promise<T>,
): Promise<T> {
  const transport = new MemoryNetwork().transport('a');
  const stateMachine = new Lines();
  await using journal = await openFileJournal(options);
  await using node = await RaftNode.open<number>({ transport, journal, stateMachine, members: { a: null } });
  await new Promise<void>((resolve) => node.on('leader', (leader) => void (leader === 'a' && resolve())));
  return await use(node, stateMachine);
}

it(`a Raft server on ${SMALL_DISK} says journal-full, and with room again has all that it acknowledged`, async () => {
  const disk = await smallDisk();
  const options = journalOptions(join(disk.directory, 'journal'), { fileLayer: disk.fileLayer });
  let acknowledged = 0;
  await asLeader(options, async (node) => {
    const failed = new Promise((resolve) => node.once('failed', resolve));
    const fill = async (): Promise<void> => {
      for (;;) acknowledged = await node.propose(new TextEncoder().encode(`${acknowledged + 1} `.repeat(5000)));
    };
    const cause = { code: 'journal-full', message: expect.stringContaining('make room') };
    await expect(fill()).rejects.toMatchObject({ code: 'node-failed', outcome: 'unknown', cause });
    expect(await failed).toMatchObject(cause);
  });
  await disk.free();
  await asLeader(options, async (node, { lines }) => {
    await node.read();
    expect(lines.length).toBeGreaterThanOrEqual(acknowledged);
    expect(lines).toEqual(Array.from({ length: lines.length }, (_, i) => `${i + 1} `.repeat(5000)));
    expect(await node.propose(new TextEncoder().encode('more'))).toBe(lines.length);
  });
});

/** A directory in which each of these names leads to a small disk of its own. */
async function smallDisks(names: readonly string[]): Promise<{ directory: string; disks: Map<string, SmallDisk> }> {
  const directory = await temporaryDirectory();
  const disks = new Map<string, SmallDisk>();
  for (const name of names) {
    const disk = await smallDisk();
    await symlink(disk.directory, join(directory, name));
    disks.set(name, disk);
  }
  return { directory, disks };
}

/** Takes all the room that there is. */
async function fill({ directory }: SmallDisk): Promise<void> {
  const all = writeFile(join(directory, 'filler'), new Uint8Array(2 * 1024 * 1024));
  await expect(all).rejects.toMatchObject({ code: 'ENOSPC' });
}

const skipped = MAY_MOUNT
  ? ''
  : ' (skipped: mounting is not allowed, and an injected disk is not that of other processes)';

it.skipIf(skipped)(
  `a leader in a process whose disk is full is replaced, and comes back when it has room; clients see one history${skipped}`,
  { timeout: 60_000 },
  async () => {
    const { directory, disks } = await smallDisks(['n1', 'n2', 'n3']);
    const cluster = await startKvCluster(directory);
    const ended = new Promise((resolve) => cluster.lookAfter((id, { message }) => resolve({ id, message })));
    const clients = await KvClients.open(cluster.addresses);
    onTestFinished(() => clients.close());
    const old = await clients.leaderAfter(0);
    await clients.morePuts(50);

    await fill(disks.get(old.node)!);
    expect(await ended).toEqual({ id: old.node, message: expect.stringContaining('make room') });
    const next = await clients.leaderAfter(old.term);
    await clients.morePuts(50);

    await disks.get(old.node)!.free();
    await cluster.restart(old.node);
    await clients.follower(old.node, await clients.leaderAfter(next.term - 1));
    await clients.morePuts(50);
    const { linearizable, checked } = await clients.finish();
    expect({ linearizable, enough: checked > 200 }).toEqual({ linearizable: true, enough: true });
  },
);
