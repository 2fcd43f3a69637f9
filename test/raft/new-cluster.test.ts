import { describe, expect, it } from 'vitest';
import type { Configuration, RaftRecord } from '../../src/raft/index.js';
import { configurationOf, seedNewCluster } from '../../src/raft/index.js';
import { withHeader } from '../../src/raft/checkpoints.js';
import { decodeRecord, encodeRecord, openSnapshot } from '../../src/raft/record-codec.js';
import { MemoryJournal } from '../../src/storage/memory.js';

const voters = (...ids: string[]): Configuration => configurationOf(ids.map((id) => ({ id, address: `old-${id}:1` })));
const command = (index: number, term: number): RaftRecord => ({
  ...{ type: 'command', index, term },
  data: Uint8Array.of(index),
});

/** What a member of a, b and c in term 7 had: its vote, its identity, whom it knew, and four entries. */
const RECORDS: readonly RaftRecord[] = [
  { type: 'identity', identity: 'a'.repeat(24), admitted: true, introduced: true },
  { type: 'introduced', member: 'b', identity: 'b'.repeat(24) },
  { type: 'configuration', index: 1, term: 1, data: voters('a', 'b', 'c') },
  { type: 'noop', index: 2, term: 6, data: null },
  command(3, 6),
  command(4, 6),
  { type: 'hardState', term: 7, votedFor: 'b' },
];

async function journalOf(records: readonly RaftRecord[]): Promise<MemoryJournal> {
  const journal = new MemoryJournal();
  await journal.append(records.map((record) => encodeRecord('raft', record)));
  return journal;
}

async function recordsOf(journal: MemoryJournal): Promise<RaftRecord[]> {
  const records: RaftRecord[] = [];
  for await (const item of journal.replay()) if (item.type === 'record') records.push(decodeRecord(item.record));
  return records;
}

/** The journal of `node` of a new cluster of x, or of x, y and z. */
async function seeded(source: MemoryJournal, members: readonly string[] = ['x']) {
  const target = new MemoryJournal();
  const addresses = Object.fromEntries(members.map((id) => [id, `${id}:1`]));
  const groups = await seedNewCluster(source, target, { node: 'x', members: addresses });
  return { target, groups, records: await recordsOf(target) };
}

describe('the journal of a new cluster', () => {
  it('has the commands of the old log where they were, and then the new members in a new term', async () => {
    const { groups, records } = await seeded(await journalOf(RECORDS));
    expect(groups).toEqual([{ group: 'raft', lastIndex: 4, term: 8 }]);
    expect(records.filter(({ type }) => type === 'command')).toEqual([command(3, 6), command(4, 6)]);
    const data = configurationOf([{ id: 'x', address: 'x:1' }]);
    expect(records.at(-1)).toEqual({ type: 'configuration', index: 5, term: 8, data });
  });

  it('says nothing of the old members, in the log or besides', async () => {
    const { records } = await seeded(await journalOf(RECORDS));
    expect(records[0]).toEqual({ type: 'noop', index: 1, term: 1, data: null });
    expect(records.filter(({ type }) => type === 'introduced')).toEqual([]);
    expect(JSON.stringify(records)).not.toContain('old-');
  });

  it('has voted for nobody, in the term of the new members', async () => {
    const { records } = await seeded(await journalOf(RECORDS));
    expect(records.filter(({ type }) => type === 'hardState')).toEqual([
      { type: 'hardState', term: 8, votedFor: null },
    ]);
  });

  it('has an identity of its own each time, and asks the others first unless it is alone', async () => {
    const source = await journalOf(RECORDS);
    const identityOf = (records: readonly RaftRecord[]) => records.find((record) => record.type === 'identity')!;
    const alone = identityOf((await seeded(source)).records);
    const again = identityOf((await seeded(source)).records);
    const three = identityOf((await seeded(source, ['x', 'y', 'z'])).records);
    expect(new Set([alone.identity, again.identity, three.identity, 'a'.repeat(24)]).size).toBe(4);
    expect(alone).toMatchObject({ admitted: true, introduced: true });
    expect(three).toMatchObject({ admitted: false, introduced: false });
  });

  it('has the snapshot, with the new members in its header, and the entries behind it', async () => {
    const source = await journalOf(RECORDS);
    const header = { index: 3, term: 6, configuration: voters('a', 'b', 'c') };
    const state = withHeader(header, [new TextEncoder().encode('state of things')]);
    const carry = [encodeRecord('raft', RECORDS.at(-1)!)];
    await source.checkpoint('raft', state, { keepFrom: 3, carry });
    const { target, groups, records } = await seeded(source);
    expect(groups).toEqual([{ group: 'raft', lastIndex: 4, term: 8 }]);
    expect(records.flatMap((record) => ('index' in record ? record.index : []))).toEqual([3, 4, 5]);
    for await (const item of target.replay()) {
      if (item.type === 'record') continue;
      const { header: found, rest } = await openSnapshot(item.chunks);
      expect(found).toEqual({ ...header, configuration: configurationOf([{ id: 'x', address: 'x:1' }]) });
      let text = '';
      for await (const chunk of rest) text += new TextDecoder().decode(chunk);
      expect(text).toBe('state of things');
    }
  });

  it('begins behind a snapshot without entries', async () => {
    const source = new MemoryJournal();
    const header = { index: 50, term: 6, configuration: voters('a') };
    await source.checkpoint('raft', withHeader(header, []), { keepFrom: Infinity, carry: [] });
    expect((await seeded(source)).records.at(-1)).toMatchObject({ type: 'configuration', index: 51, term: 7 });
  });
});

describe('a new cluster is not founded', () => {
  it('on a group that Raft did not write', async () => {
    const source = new MemoryJournal();
    await source.append([{ group: 'orders', index: 1, data: Uint8Array.of(99) }]);
    await expect(seeded(source)).rejects.toMatchObject({
      code: 'not-raft',
      message: expect.stringContaining('group orders was not written by Raft'),
    });
  });

  it('on a checkpoint that Raft did not write', async () => {
    const source = new MemoryJournal();
    const chunks = withHeader({ index: 1, term: 1, configuration: voters() }, []);
    await chunks.next();
    await source.checkpoint('orders', chunks, { keepFrom: Infinity, carry: [] });
    await expect(seeded(source)).rejects.toMatchObject({ code: 'not-raft' });
  });

  it('on an empty journal', async () => {
    await expect(seeded(new MemoryJournal())).rejects.toMatchObject({ code: 'empty' });
  });

  it('on a log that ends before its snapshot', async () => {
    const source = await journalOf(RECORDS);
    const header = { index: 9, term: 6, configuration: voters('a') };
    await source.checkpoint('raft', withHeader(header, []), { keepFrom: 3, carry: [] });
    await expect(seeded(source)).rejects.toMatchObject({ code: 'journal-inconsistent' });
  });

  it('by somebody who is not among its members', async () => {
    const source = await journalOf(RECORDS);
    await expect(seeded(source, ['y'])).rejects.toMatchObject({ code: 'invalid-option', option: 'members' });
  });
});
