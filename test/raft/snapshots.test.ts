import { describe, expect, it } from 'vitest';
import type { RaftOutput } from '../../src/raft/index.js';
import { configurationOf, entries, Server, type Message, type ServerOptions, type Taken } from './script.js';

const members = configurationOf(['a', 'b', 'c']);

/** A server that has applied its whole log and stored a snapshot of it. */
function compacted(server: Server, index: number, firstIndex = index + 1): void {
  server.command({ type: 'snapshot', index });
  server.command({ type: 'compacted', index, firstIndex });
}

/** A leader whose snapshot covers index 4; b has nothing, c everything. */
function leader(options: ServerOptions = {}): Server {
  const server = new Server('a', { log: [1, 1, 2, 2], committed: 4, ...options });
  compacted(server, 4);
  server.elect();
  server.stored();
  server.accept('c', 5);
  return server;
}

/** The follower b says that its log is empty. */
function askFromTheStart(server: Server): Taken {
  const refusal = { success: false, prevLogIndex: 4, conflictTerm: 0, conflictIndex: 1, round: 0 } as const;
  return server.receive('b', { type: 'appendEntriesReply', term: server.state.currentTerm, ...refusal });
}

function snapshotRead(server: Server, offset: number, data: number[] | null, done = false, index = 4): Taken {
  const bytes = data === null ? null : Uint8Array.from(data);
  return server.command({ type: 'snapshotRead', to: 'b', index, offset, data: bytes, done });
}

function answer(server: Server, offset: number, installed = false, lastIncludedIndex = 4): Taken {
  const { currentTerm: term } = server.state;
  return server.receive('b', { type: 'installSnapshotReply', term, lastIncludedIndex, offset, installed });
}

describe('storing a snapshot', () => {
  it('says what to store, and carries term and vote', () => {
    const server = new Server('a', { log: [1, 2, 2], term: 5, votedFor: 'b', committed: 3 });
    const taken = server.command({ type: 'snapshot', index: 3 });
    const carry = [{ type: 'hardState', term: 5, votedFor: 'b' }];
    expect(taken.outputs).toEqual([
      { type: 'checkpoint', index: 3, term: 2, configuration: members, firstIndex: 1, carry },
    ]);
  });

  it('drops the log that it covers when it is durable, not before', () => {
    const server = new Server('a', { log: [1, 2, 2], committed: 3 });
    server.command({ type: 'snapshot', index: 3 });
    expect(server.state.log).toMatchObject({ firstIndex: 1, snapshotIndex: 0 });
    server.command({ type: 'compacted', index: 3, firstIndex: 3 });
    expect(server.state.log).toMatchObject({ firstIndex: 3, snapshotIndex: 3, snapshotTerm: 2, lastIndex: 3 });
  });

  it('waits until the log is durable that far: what follows would leave a gap', () => {
    const server = new Server('a', { log: [1] });
    server.append('b', { entries: entries(1, 1, 1), leaderCommit: 3 });
    server.command({ type: 'applied', index: 3 });
    expect(server.command({ type: 'snapshot', index: 3 }).said('checkpoint')).toEqual([]);
    expect(server.stored(1).said('checkpoint')).toEqual([]);
    expect(server.stored(2).said('checkpoint')).toMatchObject([{ index: 3, term: 1 }]);
  });

  it('writes a term that changed in the same turn first, so that what it carries is not older', () => {
    const server = new Server('a', { log: [1], committed: 1, checkQuorum: false });
    server.machine.step(
      {
        type: 'message',
        from: 'b',
        message: { type: 'requestVote', term: 4, lastLogIndex: 0, lastLogTerm: 0, transfer: false },
      },
      0,
    );
    const taken = server.command({ type: 'snapshot', index: 1 });
    expect(taken.writes).toMatchObject([{ type: 'hardState', term: 4 }]);
    expect(taken.said('checkpoint')).toMatchObject([{ carry: [{ term: 4, votedFor: null }] }]);
  });

  it('is pointless at an index that a snapshot covers already', () => {
    const server = new Server('a', { log: [1, 1, 1], committed: 3 });
    compacted(server, 3);
    expect(server.command({ type: 'snapshot', index: 3 }).said('checkpoint')).toEqual([]);
    expect(server.command({ type: 'snapshot', index: 2 }).said('checkpoint')).toEqual([]);
  });

  it('that is reported late, after a newer one, changes nothing', () => {
    const server = new Server('a', { log: [1, 1, 1], committed: 3 });
    compacted(server, 3, 2);
    const before = structuredClone(server.state);
    server.command({ type: 'compacted', index: 2, firstIndex: 3 });
    expect(server.state).toEqual(before);
  });

  it('keeps the configuration in force, and those behind it', () => {
    const server = new Server('a', { log: [1], committed: 1 });
    const data = configurationOf(['a', 'b']);
    server.append('b', {
      entries: [{ type: 'configuration', index: 2, term: 1, data }, ...entries(2, 1)],
      leaderCommit: 3,
    });
    server.stored();
    server.command({ type: 'applied', index: 3 });
    expect(server.command({ type: 'snapshot', index: 1 }).said('checkpoint')).toMatchObject([
      { configuration: members },
    ]);
    server.command({ type: 'compacted', index: 1, firstIndex: 2 });
    expect(server.state.configurations).toEqual([
      { index: 1, configuration: members },
      { index: 2, configuration: data },
    ]);
    expect(server.command({ type: 'snapshot', index: 3 }).said('checkpoint')).toMatchObject([{ configuration: data }]);
  });
});

describe('sending a snapshot (section 7)', () => {
  it('begins when a follower needs entries that are gone', () => {
    const taken = askFromTheStart(leader({ snapshotChunkBytes: 3 }));
    expect(taken.outputs).toEqual([{ type: 'readSnapshot', to: 'b', index: 4, offset: 0, maxBytes: 3 }]);
    expect(taken.sent('appendEntries', 'b')).toEqual([]);
  });

  it('is not needed while the journal has all entries', () => {
    const server = new Server('a', { log: [1, 1, 2, 2], committed: 4 });
    compacted(server, 4, 1);
    server.elect();
    expect(askFromTheStart(server).said('readSnapshot')).toEqual([]);
    expect(server.state.peers[0]).toMatchObject({ flow: 'probe', nextIndex: 1 });
  });

  it('is needed when the entry before the first that is kept is gone', () => {
    const server = new Server('a', { log: [1, 1, 2, 2], committed: 4 });
    compacted(server, 4, 2);
    server.elect();
    expect(askFromTheStart(server).said('readSnapshot')).toHaveLength(1);
  });

  it('goes on piece by piece, each when the one before was taken in', () => {
    const server = leader();
    askFromTheStart(server);
    const first = snapshotRead(server, 0, [1, 2]).sent('installSnapshot', 'b');
    const place = { lastIncludedIndex: 4, lastIncludedTerm: 2, configuration: members, term: 3 };
    expect(first).toEqual([{ type: 'installSnapshot', ...place, offset: 0, data: Uint8Array.of(1, 2), done: false }]);
    expect(answer(server, 2).said('readSnapshot')).toMatchObject([{ offset: 2 }]);
    expect(snapshotRead(server, 2, [3], true).sent('installSnapshot')).toMatchObject([{ offset: 2, done: true }]);
  });

  it('goes on where the follower is, also when that is further back', () => {
    const server = leader();
    askFromTheStart(server);
    snapshotRead(server, 0, [1, 2]);
    expect(answer(server, 1).said('readSnapshot')).toMatchObject([{ offset: 1 }]);
  });

  it('goes on from the offset that a follower has from before', () => {
    const server = leader();
    askFromTheStart(server);
    snapshotRead(server, 0, [1, 2]);
    expect(answer(server, 50).said('readSnapshot')).toMatchObject([{ offset: 50 }]);
  });

  it('ends with the log behind it', () => {
    const server = leader();
    askFromTheStart(server);
    snapshotRead(server, 0, [1], true);
    const taken = answer(server, 1, true);
    expect(server.state.peers[0]).toMatchObject({ matchIndex: 4, snapshot: null });
    expect(taken.sent('appendEntries', 'b')).toMatchObject([
      { prevLogIndex: 4, prevLogTerm: 2, entries: [{ index: 5 }] },
    ]);
  });

  it('counts the follower for what the snapshot covers', () => {
    const server = leader({ members: ['a', 'b'] });
    askFromTheStart(server);
    snapshotRead(server, 0, [1], true);
    answer(server, 1, true);
    expect(server.accept('b', 5).said('apply')).toHaveLength(1);
  });

  it('sends a piece again when it was not answered for an election timeout', () => {
    const server = leader();
    askFromTheStart(server);
    snapshotRead(server, 0, [1, 2]);
    const again: RaftOutput[] = [];
    for (let beat = 0; beat < 9; beat++) again.push(...server.pass(10).said('readSnapshot'));
    expect(again).toEqual([]);
    server.accept('c', 5);
    expect(server.pass(10).said('readSnapshot')).toMatchObject([{ offset: 0 }]);
  });

  it('sends a piece again when the connection came back', () => {
    const server = leader();
    askFromTheStart(server);
    snapshotRead(server, 0, [1, 2]);
    server.step({ type: 'peer', id: 'b', up: true });
    expect(server.pass(10).said('readSnapshot')).toMatchObject([{ offset: 0 }]);
  });

  it('reads one piece at a time', () => {
    const server = leader();
    askFromTheStart(server);
    for (let beat = 0; beat < 5; beat++) expect(server.pass(10).said('readSnapshot')).toEqual([]);
  });

  it('tries again at the next heartbeat when the piece could not be read', () => {
    const server = leader();
    askFromTheStart(server);
    expect(snapshotRead(server, 0, null).outputs).toEqual([]);
    expect(server.pass(10).said('readSnapshot')).toMatchObject([{ index: 4, offset: 0 }]);
  });

  it('begins anew with a newer snapshot when that took the place of the one being sent', () => {
    const server = leader();
    askFromTheStart(server);
    snapshotRead(server, 0, [1, 2]);
    server.command({ type: 'applied', index: 5 });
    compacted(server, 5);
    answer(server, 2);
    expect(snapshotRead(server, 2, null).said('readSnapshot')).toMatchObject([{ index: 5, offset: 0 }]);
  });

  it('says which members formed the cluster at its index, also when a newer snapshot is there', () => {
    const server = leader();
    askFromTheStart(server);
    server.command({ type: 'applied', index: 5 });
    compacted(server, 5);
    const [piece] = snapshotRead(server, 0, [1, 2], true).sent('installSnapshot', 'b');
    expect(piece).toMatchObject({ lastIncludedIndex: 4, configuration: members });
  });

  it.each([
    ['of another snapshot', 0, 3],
    ['from another offset', 7, 4],
  ])('does not send a piece %s', (_, offset, index) => {
    const server = leader();
    askFromTheStart(server);
    expect(snapshotRead(server, offset, [1], false, index).messages).toEqual([]);
  });

  it('does not send a piece that was read for a leader that was', () => {
    const server = leader();
    askFromTheStart(server);
    server.append('c', { term: 9 });
    expect(snapshotRead(server, 0, [1]).messages).toEqual([]);
  });

  it.each([
    ['of another snapshot', 3, true],
    ['that comes twice', 4, false],
  ])('takes no notice of an answer %s', (_, index, installed) => {
    const server = leader();
    askFromTheStart(server);
    snapshotRead(server, 0, [1, 2]);
    if (index === 4) answer(server, 2);
    const before = structuredClone(server.state);
    expect(answer(server, 2, installed, index).outputs).toEqual([]);
    expect(server.state).toEqual(before);
  });

  it('keeps up heartbeats, and stops when they show that the follower needs none', () => {
    const server = leader();
    askFromTheStart(server);
    expect(server.pass(10).sent('appendEntries', 'b')).toMatchObject([{ entries: [], round: 1 }]);
    server.accept('b', 4, 1);
    expect(server.state.peers[0]).toMatchObject({ flow: 'replicate', matchIndex: 4, snapshot: null });
  });

  it('is not disturbed by a refused heartbeat', () => {
    const server = leader();
    askFromTheStart(server);
    askFromTheStart(server);
    expect(server.state.peers[0]).toMatchObject({ flow: 'snapshot', snapshot: { index: 4, step: 'reading' } });
  });
});

function piece(fields: Partial<Message<'installSnapshot'>> = {}): Message<'installSnapshot'> {
  const place = { lastIncludedIndex: 10, lastIncludedTerm: 3, configuration: members, term: 4 };
  return { type: 'installSnapshot', ...place, offset: 0, data: Uint8Array.of(1, 2), done: false, ...fields };
}

function received(server: Server, offset: number): Taken {
  return server.command({ type: 'snapshotReceived', index: 10, offset });
}

describe('receiving a snapshot (figure 13)', () => {
  it('is refused from a leader of an older term, which learns the newer one', () => {
    const server = new Server('a', { term: 5 });
    const taken = server.receive('b', piece());
    expect(taken.sent('installSnapshotReply')).toMatchObject([{ term: 5, installed: false }]);
    expect(taken.outputs).toEqual([]);
  });

  it('hands each piece to the host, and answers when that has taken it in', () => {
    const server = new Server('a', { term: 4 });
    const taken = server.receive('b', piece());
    const carry = [{ type: 'hardState', term: 4, votedFor: null }];
    expect(taken.said('receiveSnapshot')).toMatchObject([{ index: 10, term: 3, offset: 0, done: false, carry }]);
    expect(taken.messages).toEqual([]);
    expect(received(server, 2).sent('installSnapshotReply', 'b')).toMatchObject([
      { lastIncludedIndex: 10, offset: 2, installed: false },
    ]);
    const next = server.receive('b', piece({ offset: 2, data: Uint8Array.of(3), done: true }));
    expect(next.said('receiveSnapshot')).toMatchObject([{ offset: 2, done: true }]);
  });

  it('takes one piece in at a time', () => {
    const server = new Server('a', { term: 4 });
    server.receive('b', piece());
    expect(server.receive('b', piece()).outputs).toEqual([]);
    expect(server.receive('b', piece({ offset: 2 })).outputs).toEqual([]);
  });

  it.each([
    ['that it has', 0],
    ['that is further on', 7],
  ])('answers a piece %s with how far it is', (_, offset) => {
    const server = new Server('a', { term: 4 });
    server.receive('b', piece());
    received(server, 2);
    const taken = server.receive('b', piece({ offset }));
    expect(taken.outputs).toEqual([]);
    expect(taken.sent('installSnapshotReply')).toMatchObject([{ offset: 2, installed: false }]);
  });

  it('asks for the beginning when it knows nothing of the snapshot', () => {
    const server = new Server('a', { term: 4 });
    const taken = server.receive('b', piece({ offset: 7 }));
    expect(taken.sent('installSnapshotReply')).toMatchObject([{ offset: 0, installed: false }]);
  });

  it('writes a new term before the piece that carries it', () => {
    const server = new Server('a', { term: 3, votedFor: 'c' });
    const taken = server.receive('b', piece());
    expect(taken.writes).toEqual([{ type: 'hardState', term: 4, votedFor: null }]);
    expect(taken.said('receiveSnapshot')).toMatchObject([{ carry: [{ term: 4, votedFor: null }] }]);
  });

  it('keeps the follower from campaigning', () => {
    const server = new Server('a', { term: 4 });
    server.now = 90;
    server.receive('b', piece());
    expect(server.machine.wakeAt).toBeGreaterThanOrEqual(190);
    expect(server.state.leader).toBe('b');
  });

  it('begins anew with a newer snapshot', () => {
    const server = new Server('a', { term: 4 });
    server.receive('b', piece());
    received(server, 2);
    const taken = server.receive('b', piece({ lastIncludedIndex: 20 }));
    expect(taken.outputs.map(({ type }) => type).filter((type) => type !== 'role')).toEqual([
      'abandonSnapshot',
      'receiveSnapshot',
    ]);
    expect(taken.said('receiveSnapshot')).toMatchObject([{ index: 20, offset: 0 }]);
  });

  it('begins anew with the snapshot of another leader, whose bytes may be others', () => {
    const server = new Server('a', { term: 4 });
    server.receive('b', piece());
    received(server, 2);
    const taken = server.receive('c', piece({ term: 5 }));
    expect(taken.said('abandonSnapshot')).toHaveLength(1);
    expect(taken.said('receiveSnapshot')).toMatchObject([{ index: 10, offset: 0 }]);
  });

  it('is given up when entries overtake it', () => {
    const server = new Server('a', { log: [1], term: 4 });
    server.receive('b', piece());
    const taken = server.append('c', { term: 5, prevLogIndex: 1, entries: entries(1, 5) });
    expect(taken.said('abandonSnapshot')).toEqual([{ type: 'abandonSnapshot', index: 10 }]);
    expect(server.state.install).toBe(null);
  });

  it('begins anew after it failed', () => {
    const server = new Server('a', { term: 4 });
    server.receive('b', piece());
    received(server, 2);
    server.command({ type: 'installFailed', index: 10 });
    const taken = server.receive('b', piece({ offset: 2 }));
    expect(taken.sent('installSnapshotReply')).toMatchObject([{ offset: 0, installed: false }]);
    expect(server.receive('b', piece()).said('receiveSnapshot')).toHaveLength(1);
  });

  it('goes on when another one failed', () => {
    const server = new Server('a', { term: 4 });
    server.receive('b', piece());
    server.command({ type: 'installFailed', index: 9 });
    expect(received(server, 2).sent('installSnapshotReply')).toMatchObject([{ offset: 2 }]);
  });

  it('lets a snapshot of its own that was taken meanwhile be stored once the other is given up', () => {
    const server = new Server('a', { log: [1, 1], term: 4, committed: 2 });
    server.receive('b', piece());
    expect(server.command({ type: 'snapshot', index: 2 }).said('checkpoint')).toEqual([]);
    const taken = server.append('c', { term: 5, entries: entries(2, 5) });
    expect(taken.said('checkpoint')).toMatchObject([{ index: 2 }]);
  });
});

describe('a snapshot of what the log has', () => {
  it('is no news: the log and all that follows stays', () => {
    const server = new Server('a', { log: [1, 1, 3, 3, 3], term: 4 });
    const taken = server.receive('b', piece({ lastIncludedIndex: 3 }));
    expect(taken.said('receiveSnapshot')).toEqual([]);
    expect(taken.sent('installSnapshotReply')).toMatchObject([{ lastIncludedIndex: 3, installed: true }]);
    expect(server.terms).toEqual([1, 1, 3, 3, 3]);
    expect(server.state.commitIndex).toBe(3);
  });

  it('is acknowledged once the log is durable that far', () => {
    const server = new Server('a', { log: [3], term: 4 });
    server.append('b', { entries: entries(1, 3, 3) });
    const taken = server.receive('b', piece({ lastIncludedIndex: 3 }));
    expect(taken.after('installSnapshotReply')).toEqual([2]);
  });

  it('is recognised by what is committed, when the entry itself is gone', () => {
    const server = new Server('a', { log: [1, 1, 3, 3], term: 4, committed: 4 });
    compacted(server, 4);
    const taken = server.receive('b', piece({ lastIncludedIndex: 2, lastIncludedTerm: 1 }));
    expect(taken.sent('installSnapshotReply')).toMatchObject([{ installed: true }]);
    expect(taken.said('receiveSnapshot')).toEqual([]);
  });

  it('is not one of an entry with the same index and another term', () => {
    const server = new Server('a', { log: [1, 1, 2], term: 4 });
    const taken = server.receive('b', piece({ lastIncludedIndex: 3 }));
    expect(taken.said('receiveSnapshot')).toHaveLength(1);
  });
});

describe('installing a snapshot', () => {
  /** A follower with a log of its own that has the whole snapshot at index 3 and installs it. */
  function finishing(): Server {
    const server = new Server('a', { log: [1, 1, 2, 2, 2], term: 4 });
    server.receive('b', piece({ lastIncludedIndex: 3, done: true }));
    server.command({ type: 'snapshotReceived', index: 3, offset: 2 });
    return server;
  }

  it('drops a log that conflicts with it, whole', () => {
    const server = finishing();
    const taken = server.command({ type: 'installed', index: 3 });
    expect(server.state.log).toMatchObject({
      snapshotIndex: 3,
      snapshotTerm: 3,
      firstIndex: 4,
      lastIndex: 3,
      entries: [],
    });
    expect(server.state).toMatchObject({ commitIndex: 3, lastApplied: 3, applying: 3, storedIndex: 3, unstored: [] });
    expect(taken.sent('installSnapshotReply', 'b')).toMatchObject([{ lastIncludedIndex: 3, installed: true }]);
  });

  it('answers heartbeats meanwhile, so that the leader sees that it lives', () => {
    const server = finishing();
    const taken = server.append('b', { prevLogIndex: 2, prevLogTerm: 1, entries: [], round: 7 });
    expect(taken.sent('appendEntriesReply', 'b')).toMatchObject([{ success: false, round: 7 }]);
  });

  it('brings the members along', () => {
    const server = new Server('a', { members: [], term: 4 });
    server.receive('b', piece({ done: true }));
    server.command({ type: 'installed', index: 10 });
    expect(server.state.configurations).toEqual([{ index: 10, configuration: members }]);
    expect(server.passToWake().sent('preVote')).toHaveLength(2);
  });

  it('goes on with the log behind it', () => {
    const server = finishing();
    server.command({ type: 'installed', index: 3 });
    const taken = server.append('b', { prevLogIndex: 3, prevLogTerm: 3, entries: entries(3, 4), leaderCommit: 4 });
    expect(taken.sent('appendEntriesReply')).toMatchObject([{ success: true, matchIndex: 4 }]);
    expect(taken.said('apply')).toMatchObject([{ entries: [{ index: 4 }] }]);
  });

  it('takes no notice of appends until it is done: the log is about to be replaced', () => {
    const server = finishing();
    const taken = server.append('b', { prevLogIndex: 2, prevLogTerm: 1, entries: entries(2, 4, 4), leaderCommit: 4 });
    expect([taken.writes, taken.messages, taken.outputs]).toEqual([[], [], []]);
    expect(server.state.commitIndex).toBe(0);
  });

  it('takes no notice of other snapshots until it is done', () => {
    const server = finishing();
    const taken = server.receive('b', piece({ lastIncludedIndex: 9 }));
    expect([taken.messages, taken.outputs]).toEqual([[], []]);
  });

  it('hands over nothing to apply until it is done: the state machine is about to be replaced', () => {
    const server = new Server('a', { log: [1, 1, 2, 2, 2], term: 4, maxApplyBytes: 1 });
    const first = server.append('b', { prevLogIndex: 2, prevLogTerm: 1, leaderCommit: 2 });
    expect(first.said('apply')).toHaveLength(1); // of two
    server.receive('b', piece({ lastIncludedIndex: 3, done: true }));
    expect(server.command({ type: 'applied', index: 1 }).said('apply')).toEqual([]);
  });

  it('is answered to nobody when another leader has come', () => {
    const server = finishing();
    server.append('c', { term: 9 });
    expect(server.command({ type: 'installed', index: 3 }).messages).toEqual([]);
    expect(server.state.log.snapshotIndex).toBe(3);
  });

  it('forgets writes that are outstanding: what they confirm is gone', () => {
    const server = new Server('a', { log: [1], term: 4 });
    server.append('b', { entries: entries(1, 2, 2, 2, 2) }); // writes 1 to 4: indexes 2 to 5
    server.receive('b', piece({ lastIncludedIndex: 3, done: true }));
    server.command({ type: 'installed', index: 3 });
    server.append('b', { prevLogIndex: 3, prevLogTerm: 3, entries: entries(3, 4) }); // write 5: index 4
    server.stored(4);
    expect(server.state.storedIndex).toBe(3);
    server.stored(5);
    expect(server.state.storedIndex).toBe(4);
  });

  it('happens once, and only of the snapshot that is being received', () => {
    const server = finishing();
    server.command({ type: 'installed', index: 2 });
    expect(server.state.log.snapshotIndex).toBe(0);
    server.command({ type: 'installed', index: 3 });
    const before = structuredClone(server.state);
    expect(server.command({ type: 'installed', index: 3 }).messages).toEqual([]);
    expect(server.state).toEqual(before);
  });
});
