import { describe, expect, it } from 'vitest';
import { initialState, replay, type RaftMessage } from '../../src/raft/index.js';
import { entries, entry, Server } from './script.js';

describe('term and vote (figure 2: updated on stable storage before responding)', () => {
  const requestVote: RaftMessage = { type: 'requestVote', term: 4, lastLogIndex: 9, lastLogTerm: 3, transfer: false };

  it('are one record, and a vote leaves after it', () => {
    const server = new Server('a', { log: [1] });
    const taken = server.receive('b', requestVote);
    expect(taken.writes).toEqual([{ type: 'hardState', term: 4, votedFor: 'b' }]);
    expect(taken.after('requestVoteReply')).toEqual([1]);
  });

  it('of a candidate are one record, and its requests leave after it', () => {
    const server = new Server('a', { preVote: false });
    const taken = server.passToWake();
    expect(taken.writes).toEqual([{ type: 'hardState', term: 1, votedFor: 'a' }]);
    expect(taken.after('requestVote')).toEqual([1, 1]);
  });

  it('are durable before a refusal leaves that tells the new term', () => {
    const server = new Server('a', { log: [1, 2], term: 2 });
    const taken = server.receive('b', { ...requestVote, lastLogIndex: 1, lastLogTerm: 1 });
    expect(taken.sent('requestVoteReply')).toMatchObject([{ voteGranted: false, term: 4 }]);
    expect(taken.after('requestVoteReply')).toEqual([1]);
  });

  it('are durable before an append of a new term is answered, also a heartbeat', () => {
    const server = new Server('a', { log: [1] });
    const taken = server.append('b', { term: 4, round: 1 });
    expect(taken.writes).toEqual([{ type: 'hardState', term: 4, votedFor: null }]);
    expect(taken.after('appendEntriesReply')).toEqual([1]);
  });

  it('hold back everything that is sent while their write is outstanding, and nothing afterwards', () => {
    const server = new Server('a', { log: [1] });
    server.append('b', { term: 4 });
    expect(server.append('b', { round: 2 }).after('appendEntriesReply')).toEqual([1]);
    expect(server.receive('c', { ...requestVote, term: 3 }).after('requestVoteReply')).toEqual([1]);
    const preVote: RaftMessage = { ...requestVote, type: 'preVote' };
    expect(server.receive('c', preVote).after('preVoteReply')).toEqual([1]);
    server.stored(1);
    expect(server.append('b', { round: 3 }).after('appendEntriesReply')).toEqual([0]);
  });

  it('are written before the entries of their term', () => {
    const server = new Server('a', { log: [1] });
    const taken = server.append('b', { term: 4, entries: entries(1, 4) });
    expect(taken.writes).toEqual([{ type: 'hardState', term: 4, votedFor: null }, entry(2, 4)]);
  });

  it('are not written again when nothing changed', () => {
    const server = new Server('a', { log: [1] });
    server.append('b', { term: 4 });
    expect(server.append('b', { term: 4, round: 1 }).writes).toEqual([]);
  });

  it('are written with the vote of the new term gone', () => {
    const server = new Server('a', { term: 3, votedFor: 'b' });
    expect(server.append('c', { term: 4 }).writes).toEqual([{ type: 'hardState', term: 4, votedFor: null }]);
  });

  it('keep the vote when a leader of the same term comes', () => {
    const server = new Server('a', { term: 3, votedFor: 'b' });
    expect(server.append('b', { term: 3 }).writes).toEqual([]);
    expect(server.state.votedFor).toBe('b');
  });

  it('come back from the journal, the last record counts', () => {
    const options = { id: 'a' };
    const state = initialState(options);
    replay(state, { type: 'hardState', term: 3, votedFor: 'b' });
    replay(state, { type: 'hardState', term: 4, votedFor: null });
    expect(state).toMatchObject({ currentTerm: 4, votedFor: null });
  });

  it('come back also when the entry of a higher term was the last to be written', () => {
    const options = { id: 'a' };
    const state = initialState(options);
    replay(state, { type: 'hardState', term: 3, votedFor: 'b' });
    replay(state, entry(1, 5));
    expect(state).toMatchObject({ currentTerm: 5, votedFor: null });
  });
});

describe('an acknowledgement', () => {
  it('leaves after the write of the last entry that it speaks of', () => {
    const server = new Server('a', { log: [1] });
    const taken = server.append('b', { entries: entries(1, 1, 1, 1) });
    expect(taken.after('appendEntriesReply')).toEqual([3]);
    expect(taken.sent('appendEntriesReply')).toMatchObject([{ success: true, matchIndex: 4 }]);
  });

  it('of entries that are under way already leaves after their write', () => {
    const server = new Server('a', { log: [1] });
    const append = { prevLogIndex: 1, prevLogTerm: 1, entries: entries(1, 1) };
    server.append('b', append);
    server.append('b', { entries: entries(2, 1) });
    const again = server.append('b', append);
    expect(again.writes).toEqual([]);
    expect(again.after('appendEntriesReply')).toEqual([1]);
  });

  it('of entries that are durable leaves at once', () => {
    const server = new Server('a', { log: [1] });
    const append = { prevLogIndex: 1, prevLogTerm: 1, entries: entries(1, 1) };
    server.append('b', append);
    server.stored();
    expect(server.append('b', append).after('appendEntriesReply')).toEqual([0]);
  });

  it('is one for all appends of a turn', () => {
    const server = new Server('a', { log: [1] });
    const append = (index: number): RaftMessage => ({
      type: 'appendEntries',
      term: 1,
      prevLogIndex: index - 1,
      prevLogTerm: 1,
      entries: [entry(index, 1)],
      leaderCommit: 0,
      round: 0,
    });
    const inputs = [2, 3, 4].map((index) => ({ type: 'message', from: 'b', message: append(index) }) as const);
    const taken = server.step(...inputs);
    expect(taken.sent('appendEntriesReply')).toMatchObject([{ matchIndex: 4 }]);
    expect(taken.after('appendEntriesReply')).toEqual([3]);
  });

  it('is not sent when a higher term came in the same turn', () => {
    const server = new Server('a', { log: [1], checkQuorum: false });
    const append = {
      type: 'appendEntries',
      term: 1,
      prevLogIndex: 1,
      prevLogTerm: 1,
      leaderCommit: 0,
      round: 0,
    } as const;
    const requestVote = { type: 'requestVote', term: 5, lastLogIndex: 9, lastLogTerm: 4, transfer: false } as const;
    const taken = server.step(
      { type: 'message', from: 'b', message: { ...append, entries: entries(1, 1) } },
      { type: 'message', from: 'c', message: requestVote },
    );
    expect(taken.messages.map(({ to, message }) => [to, message.type])).toEqual([['c', 'requestVoteReply']]);
  });
});

describe('a heartbeat', () => {
  it('is answered at once with what is durable, not with what is under way', () => {
    const server = new Server('a', { log: [1] });
    server.append('b', { entries: entries(1, 1, 1) });
    const taken = server.append('b', { round: 5 });
    expect(taken.sent('appendEntriesReply')).toMatchObject([{ success: true, matchIndex: 1, round: 5 }]);
    expect(taken.after('appendEntriesReply')).toEqual([0]);
    server.stored();
    expect(server.append('b', { round: 6 }).sent('appendEntriesReply')).toMatchObject([{ matchIndex: 3 }]);
  });

  it('is not answered with what is durable behind the place that was compared', () => {
    const server = new Server('a', { log: [1, 1, 1] });
    const taken = server.append('b', { prevLogIndex: 2, prevLogTerm: 1, round: 1 });
    expect(taken.sent('appendEntriesReply')).toMatchObject([{ success: true, matchIndex: 2 }]);
  });
});

describe('an answer of the disk that is late (ABA)', () => {
  it('for an entry that was replaced does not confirm the one in its place', () => {
    const server = new Server('a', { log: [1] });
    server.append('b', { entries: entries(1, 1) }); // write 1: index 2 of term 1
    const replacing = server.append('c', { term: 3, prevLogIndex: 1, entries: entries(1, 3) }); // writes 2 and 3
    expect(replacing.after('appendEntriesReply')).toEqual([3]);
    server.stored(1);
    expect(server.state.storedIndex).toBe(1);
    expect(server.append('c', { round: 1 }).sent('appendEntriesReply')).toMatchObject([{ matchIndex: 1 }]);
    server.stored(2);
    expect(server.state.storedIndex).toBe(1);
    server.stored(3);
    expect(server.state.storedIndex).toBe(2);
  });

  it('for entries of which only the last were replaced confirms none that it cannot tell apart', () => {
    const server = new Server('a', { log: [1] });
    server.append('b', { entries: entries(1, 1, 1, 1) }); // writes 1 to 3: indexes 2 to 4
    server.append('c', { term: 3, prevLogIndex: 3, entries: entries(3, 3) }); // index 4 anew
    server.stored(3);
    expect(server.state.storedIndex).toBeLessThan(4);
    server.stored();
    expect(server.state.storedIndex).toBe(4);
  });

  it('for an entry that was durable, and was replaced, takes the replaced one back', () => {
    const server = new Server('a', { log: [1, 1, 1] });
    server.append('b', { term: 3, prevLogIndex: 1, entries: entries(1, 3) });
    expect(server.state.storedIndex).toBe(1);
  });

  it('that comes twice, or for more than was written, changes nothing', () => {
    const server = new Server('a', { log: [1] });
    server.append('b', { entries: entries(1, 1) });
    server.stored();
    const before = structuredClone(server.state);
    server.stored(1);
    server.stored(0);
    expect(server.state).toEqual(before);
  });
});

describe('write numbers', () => {
  it('begin with 1 in each incarnation', () => {
    const server = new Server('a', { log: [1, 1, 1], term: 4, votedFor: 'a' });
    expect(server.append('b', { entries: entries(3, 4) }).after('appendEntriesReply')).toEqual([1]);
  });

  it('are never used twice, not even for the same index', () => {
    const server = new Server('a', { log: [1] });
    const first = server.append('b', { entries: entries(1, 1) });
    const second = server.append('b', { term: 2, prevLogIndex: 1, entries: entries(1, 2) });
    expect(first.after('appendEntriesReply')).toEqual([1]);
    expect(second.after('appendEntriesReply')).toEqual([3]); // 2 is the term
    expect(server.state.writeCount).toBe(3);
  });
});

describe('a disk that hangs', () => {
  /** A leader that hears from its followers while its disk does not answer. */
  function beats(server: Server, count: number): void {
    for (let beat = 0; beat < count && server.state.role === 'leader'; beat++) {
      server.pass(10);
      if (server.state.role === 'leader') for (const id of ['b', 'c']) server.accept(id, 0);
    }
  }

  it('makes its leader step down', () => {
    const server = new Server('a', { stalledWriteMs: 50 });
    server.elect();
    beats(server, 4);
    expect(server.state.role).toBe('leader');
    beats(server, 1);
    expect(server.state).toMatchObject({ role: 'follower', leader: null });
  });

  it('sends no heartbeat with which its leader would hold office', () => {
    const server = new Server('a', { stalledWriteMs: 50 });
    server.elect();
    server.now += 50;
    expect(server.step({ type: 'wake' }).messages).toEqual([]);
  });

  it('does not campaign', () => {
    const server = new Server('a', { stalledWriteMs: 50 });
    server.elect();
    beats(server, 5);
    for (let i = 0; i < 3; i++) expect(server.passToWake().messages).toEqual([]);
    expect(server.state).toMatchObject({ role: 'follower', currentTerm: 1 });
  });

  it('lets its server campaign again once it answered', () => {
    const server = new Server('a', { stalledWriteMs: 50 });
    server.elect();
    beats(server, 5);
    server.stored();
    expect(server.passToWake().sent('preVote')).toHaveLength(2);
  });

  it('is not one that is slow but answers', () => {
    const server = new Server('a', { stalledWriteMs: 50 });
    server.elect();
    for (let i = 0; i < 10; i++) {
      beats(server, 4);
      server.stored();
      server.propose(i);
    }
    expect(server.state.role).toBe('leader');
  });
});
