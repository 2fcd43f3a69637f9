import { describe, expect, it } from 'vitest';
import type { JournalRecord } from '../../src/core/index.js';
import { initialState, replay, replaySnapshot, type RaftRecord, type RaftState } from '../../src/raft/index.js';
import { resolveOptions } from '../../src/raft/options.js';
import { encodeRecord, encodeSnapshotHeader } from '../../src/raft/record-codec.js';
import { bootstrap, recover } from '../../src/raft/recovery.js';
import { MemoryJournal } from '../../src/storage/memory.js';
import { Notebook } from './node-cluster.js';
import { configurationOf, entries, entry } from './script.js';

const members = configurationOf(['a', 'b', 'c']);
const founding = { members: members.voters, identity: 'a new journal', newCluster: false };
const snapshot = { index: 5, term: 2, configuration: members };

function replayed(...records: readonly RaftRecord[]): RaftState {
  const state = initialState({ id: 'a' });
  for (const record of records) replay(state, record);
  return state;
}

function terms(state: RaftState): number[] {
  return state.log.entries.map(({ term }) => term);
}

describe('replaying records', () => {
  it('leads to the log that was written, durable and not known to be committed', () => {
    const state = replayed(...entries(0, 1, 1, 2));
    expect(terms(state)).toEqual([1, 1, 2]);
    expect(state).toMatchObject({ storedIndex: 3, commitIndex: 0, lastApplied: 0, writeCount: 0, unstored: [] });
  });

  it('lets an entry replace that of its index and all behind it', () => {
    const state = replayed(...entries(0, 1, 1, 1, 1), entry(2, 3));
    expect(terms(state)).toEqual([1, 3]);
    expect(state.storedIndex).toBe(2);
  });

  it('knows the configuration that was written last, and not one that was replaced', () => {
    const two = configurationOf(['a', 'b']);
    const configuration: RaftRecord = { type: 'configuration', index: 2, term: 1, data: two };
    const first: RaftRecord = { type: 'configuration', index: 1, term: 1, data: members };
    expect(replayed(first, configuration).configurations.at(-1)).toEqual({ index: 2, configuration: two });
    expect(replayed(first, configuration, entry(2, 2)).configurations).toEqual([{ index: 1, configuration: members }]);
  });

  it('refuses a gap, and says what it found', () => {
    const state = replayed(entry(1, 1));
    expect(() => replay(state, entry(3, 1))).toThrow('the journal has entry 3 right behind entry 1');
    expect(() => replay(state, entry(3, 1))).toThrow(expect.objectContaining({ code: 'journal-inconsistent' }));
  });

  it('goes on behind a snapshot: what it covers is committed and applied', () => {
    const state = initialState({ id: 'a' });
    replaySnapshot(state, snapshot);
    for (const record of entries(5, 2, 3)) replay(state, record);
    expect(state).toMatchObject({ commitIndex: 5, lastApplied: 5, applying: 5, storedIndex: 7, currentTerm: 3 });
    expect(state.log).toMatchObject({ snapshotIndex: 5, snapshotTerm: 2, firstIndex: 6, lastIndex: 7 });
  });

  it('keeps entries that a snapshot covers, where the journal has them', () => {
    const state = initialState({ id: 'a' });
    replaySnapshot(state, snapshot);
    for (const record of entries(2, 1, 2, 2, 2)) replay(state, record);
    expect(state.log).toMatchObject({ snapshotIndex: 5, firstIndex: 3, lastIndex: 6 });
    expect(state.configurations).toEqual([{ index: 5, configuration: members }]);
  });

  it('takes entries out of memory beyond the limit, not out of the log', () => {
    const state = initialState({ id: 'a', logMemoryBytes: 200 });
    for (const record of entries(0, 1, 1, 1, 1, 2, 2, 2, 2)) replay(state, record);
    expect(state.log.lastIndex).toBe(8);
    expect(state.log.bytes).toBeLessThanOrEqual(200);
  });
});

describe('recovery from a journal', () => {
  const options = resolveOptions({ id: 'a' });

  async function journalWith(...records: readonly JournalRecord[]): Promise<MemoryJournal> {
    const journal = new MemoryJournal();
    await journal.append(records);
    return journal;
  }

  /** Stores a snapshot, the entries from `keepFrom` on stay. */
  async function store(journal: MemoryJournal, keepFrom: number, text = '["one"]'): Promise<void> {
    const carry = [encodeRecord('raft', { type: 'hardState', term: 4, votedFor: 'b' })];
    const chunks = [encodeSnapshotHeader(snapshot), new TextEncoder().encode(text)];
    await journal.checkpoint(
      'raft',
      (async function* () {
        yield* chunks;
      })(),
      { keepFrom, carry },
    );
  }

  const log = entries(0, 1, 1, 2, 2, 2, 3).map((item) => encodeRecord('raft', item));

  it('restores the state machine from the snapshot, and folds the rest in', async () => {
    const journal = await journalWith(...log);
    await store(journal, 6);
    const notebook = new Notebook();
    const state = await recover(journal, 'raft', options, notebook);
    expect(notebook.lines).toEqual(['one']);
    expect(state).toMatchObject({ currentTerm: 4, votedFor: 'b', lastApplied: 5, storedIndex: 6 });
  });

  it('takes no notice of other groups', async () => {
    const other = entries(0, 9, 9, 9).map((item) => encodeRecord('other', item));
    const journal = await journalWith(...other, ...log);
    const state = await recover(journal, 'raft', options, new Notebook());
    expect(state).toMatchObject({ currentTerm: 3, storedIndex: 6 });
  });

  it('refuses a journal that ends before its snapshot', async () => {
    const journal = await journalWith(...log.slice(0, 3));
    await store(journal, 1);
    const recovery = recover(journal, 'raft', options, new Notebook());
    await expect(recovery).rejects.toMatchObject({
      code: 'journal-inconsistent',
      message: expect.stringContaining('the journal ends at entry 3, before its snapshot at 5') as string,
    });
  });

  it('rejects with what the state machine throws', async () => {
    const journal = await journalWith(...log);
    await store(journal, 6, 'no json');
    await expect(recover(journal, 'raft', options, new Notebook())).rejects.toThrow(SyntaxError);
  });

  it('founds a cluster in one record, of term 1, so that the first election is for term 2', async () => {
    const journal = new MemoryJournal();
    const state = await recover(journal, 'raft', options, new Notebook());
    await bootstrap(journal, 'raft', state, { ...founding, members: [...members.voters].reverse() });
    expect(state).toMatchObject({ currentTerm: 1, votedFor: null, storedIndex: 1 });
    const again = await recover(journal, 'raft', options, new Notebook());
    expect(again).toEqual(state);
    expect(again.log.entries).toEqual([{ type: 'configuration', index: 1, term: 1, data: members }]);
  });

  it.each([
    ['has a log', entries(0, 1)],
    ['has voted', [{ type: 'hardState', term: 1, votedFor: 'b' } as const]],
  ])('does not found a cluster with a server that %s', async (_, records) => {
    const journal = await journalWith(...records.map((record) => encodeRecord('raft', record)));
    const state = await recover(journal, 'raft', options, new Notebook());
    await bootstrap(journal, 'raft', state, founding);
    expect(state.configurations).toEqual([]);
  });
});
