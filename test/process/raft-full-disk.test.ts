import { join } from 'node:path';
import { expect, it } from 'vitest';
import { RaftNode } from '../../src/raft/index.js';
import { openFileJournal, type FileJournalOptions } from '../../src/storage/file.js';
import { MemoryNetwork } from '../../src/transport/memory.js';
import { SMALL_DISK, smallDisk } from '../storage/small-disk.js';
import { journalOptions } from '../storage/temporary-place.js';
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
