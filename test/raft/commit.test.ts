import { describe, expect, it } from 'vitest';
import { entries, Group, Server, type Taken } from './script.js';

function leader(options: ConstructorParameters<typeof Server>[1] = {}): Server {
  const server = new Server('a', options);
  server.elect();
  return server;
}

function appliedIndexes(taken: Taken): number[][] {
  return taken.said('apply').map((output) => output.entries.map(({ index }) => index));
}

describe('the commit index (figure 2)', () => {
  it('is the highest that a majority has', () => {
    const server = leader({ members: ['a', 'b', 'c', 'd', 'e'] });
    server.propose(1, 2, 3);
    server.stored();
    server.accept('b', 4);
    expect(server.state.commitIndex).toBe(0);
    server.accept('c', 2);
    expect(server.state.commitIndex).toBe(2);
    server.accept('d', 3);
    expect(server.state.commitIndex).toBe(3);
  });

  it('counts the leader only for what its own disk has', () => {
    const server = leader();
    server.accept('b', 1);
    expect(server.state.commitIndex).toBe(0);
    server.stored();
    expect(server.state.commitIndex).toBe(1);
  });

  it('needs the disk of the leader no more than any other', () => {
    const server = leader();
    server.accept('b', 1);
    server.accept('c', 1);
    expect(server.state.commitIndex).toBe(1);
    expect(server.state.storedIndex).toBe(0);
  });

  it('of a cluster of one is what its disk has', () => {
    const server = new Server('a', { members: ['a'] });
    server.passToWake();
    server.propose(1);
    expect(server.state.commitIndex).toBe(0);
    expect(appliedIndexes(server.stored())).toEqual([[1, 2]]);
    expect(server.state.commitIndex).toBe(2);
  });

  it('of a cluster of one follows each write, not the last', () => {
    const server = new Server('a', { members: ['a'] });
    server.passToWake(); // writes 1 and 2: term and vote, and the entry that begins the term
    server.propose(1); // write 3
    server.stored(2);
    expect(server.state.commitIndex).toBe(1);
  });

  it('of a follower is not moved by what its own disk has', () => {
    const server = new Server('a', { log: [1] });
    server.append('b', { entries: entries(1, 1) });
    server.stored();
    expect(server.state.commitIndex).toBe(0);
  });

  it('does not count strangers', () => {
    const server = leader();
    server.accept('b', 0);
    server.accept('x', 1);
    server.accept('y', 1);
    server.stored();
    expect(server.state.commitIndex).toBe(0);
  });

  it('does not count one follower twice', () => {
    const server = leader({ members: ['a', 'b', 'c', 'd', 'e'] });
    server.stored();
    server.accept('b', 1);
    server.accept('b', 1);
    expect(server.state.commitIndex).toBe(0);
  });
});

describe('entries of older terms (section 5.4.2)', () => {
  it('are not committed by counting, also when all have them', () => {
    const server = leader({ log: [1, 2, 2] });
    server.stored();
    server.accept('b', 3);
    server.accept('c', 3);
    expect(server.state.commitIndex).toBe(0);
  });

  it('are committed by the first entry of the new term behind them', () => {
    const server = leader({ log: [1, 2, 2] });
    server.stored();
    server.accept('b', 4);
    expect(server.state.commitIndex).toBe(4);
  });

  it('figure 8: the entry of term 2 that reached a majority in term 4 may still be overwritten', () => {
    const members = ['s1', 's2', 's3', 's4', 's5'];
    // (b) s1 has replicated index 2 of term 2 to s2; s5 took over in term 3 and has another entry there.
    const s1 = new Server('s1', { members, log: [1, 2], term: 3 });
    const s2 = new Server('s2', { members, log: [1, 2], term: 3 });
    const s3 = new Server('s3', { members, log: [1], term: 3 });
    const s4 = new Server('s4', { members, log: [1], term: 3 });
    const s5 = new Server('s5', { members, log: [1, 3], term: 3 });
    const group = new Group(s1, s2, s3, s4, s5);
    // (c) s1 leads in term 4 and brings index 2 to s3, so that a majority has it. Its own entry gets nowhere.
    const taken = s1.elect();
    s1.stored();
    expect(taken.sent('appendEntries')).toHaveLength(4);
    const term = s1.state.currentTerm;
    for (const from of ['s2', 's3']) {
      s1.receive(from, { type: 'appendEntriesReply', success: true, term, matchIndex: 2, round: 0 });
    }
    s3.append('s1', { term, prevLogIndex: 1, prevLogTerm: 1, entries: entries(1, 2) });
    s3.stored();
    expect(s1.state.commitIndex).toBe(0);
    // (d) s5 leads in term 5 with the votes of s2, s3 and s4, and overwrites index 2 everywhere.
    group.cut('s1');
    for (const server of [s2, s3, s4, s5]) server.now = 1000;
    s5.receive('s2', { type: 'requestVoteReply', term, voteGranted: false }); // tells it of term 4
    group.campaign('s5');
    expect(s5.state.role).toBe('leader');
    group.heartbeat('s5');
    for (const server of [s2, s3, s4, s5]) expect(server.terms).toEqual([1, 3, 5]);
    expect(s2.state.commitIndex).toBe(3);
  });

  it('figure 8: it is safe once an entry of term 4 reached a majority', () => {
    const members = ['s1', 's2', 's3', 's4', 's5'];
    const s1 = new Server('s1', { members, log: [1, 2], term: 3 });
    const s2 = new Server('s2', { members, log: [1, 2], term: 3 });
    const s3 = new Server('s3', { members, log: [1], term: 3 });
    const s4 = new Server('s4', { members, log: [1], term: 3 });
    const s5 = new Server('s5', { members, log: [1, 3], term: 3 });
    const group = new Group(s1, s2, s3, s4, s5);
    group.cut('s4', 's5');
    group.campaign('s1');
    expect(s1.state).toMatchObject({ role: 'leader', commitIndex: 3 });
    // (e) s5 cannot win: s4 alone would vote for it.
    group.heal();
    group.cut('s1');
    for (const server of [s2, s3, s4, s5]) server.now = 1000;
    for (let i = 0; i < 5; i++) group.campaign('s5');
    expect(s5.state.role).not.toBe('leader');
  });
});

describe('applying (figure 2)', () => {
  it('hands committed entries over, in order, each once', () => {
    const server = new Server('a', { log: [1] });
    const first = server.append('b', { entries: entries(1, 1, 1), leaderCommit: 2 });
    expect(appliedIndexes(first)).toEqual([[1, 2]]);
    server.command({ type: 'applied', index: 2 });
    expect(appliedIndexes(server.append('b', { leaderCommit: 3 }))).toEqual([[3]]);
    server.command({ type: 'applied', index: 3 });
    expect(appliedIndexes(server.append('b', { leaderCommit: 3 }))).toEqual([]);
  });

  it('is one batch at a time: the next comes when the last is applied', () => {
    const server = new Server('a', { log: [1, 1, 1] });
    expect(appliedIndexes(server.append('b', { leaderCommit: 1, prevLogIndex: 3 }))).toEqual([[1]]);
    expect(appliedIndexes(server.append('b', { leaderCommit: 3 }))).toEqual([]);
    expect(appliedIndexes(server.command({ type: 'applied', index: 1 }))).toEqual([[2, 3]]);
  });

  it('is bounded by bytes, and at least one entry', () => {
    const server = new Server('a', { log: [1, 1, 1, 1, 1], maxApplyBytes: 140 }); // an entry counts for 65
    expect(appliedIndexes(server.append('b', { leaderCommit: 5 }))).toEqual([[1, 2]]);
    expect(appliedIndexes(server.command({ type: 'applied', index: 2 }))).toEqual([[3, 4]]);
    const small = new Server('a', { log: [1, 1, 1], maxApplyBytes: 1 });
    expect(appliedIndexes(small.append('b', { leaderCommit: 3 }))).toEqual([[1]]);
  });

  it.each([
    ['that is late', 1],
    ['of more than was handed over', 4],
  ])('takes no notice of an answer %s', (_, index) => {
    const server = new Server('a', { log: [1, 1, 1, 1], committed: 1 });
    server.append('b', { leaderCommit: 3, prevLogIndex: 4 });
    server.command({ type: 'applied', index });
    expect(server.state).toMatchObject({ lastApplied: 1, applying: 3 });
  });

  it('goes on while the leader changes', () => {
    const server = new Server('a', { log: [1, 1] });
    server.append('b', { leaderCommit: 2 });
    server.append('c', { term: 5 });
    server.command({ type: 'applied', index: 2 });
    expect(server.state.lastApplied).toBe(2);
  });
});

describe('applying what is no longer in memory', () => {
  /** A server that was started anew: its log is in the journal, and nothing of it in memory. */
  function restarted(): Server {
    return new Server('a', { log: [1, 1, 1, 1], logMemoryBytes: 0, maxApplyBytes: 500 });
  }

  it('reads it from the journal', () => {
    const server = restarted();
    const taken = server.append('b', { leaderCommit: 3 });
    expect(taken.said('readLog')).toEqual([{ type: 'readLog', reader: 'a', from: 1, to: 3, maxBytes: 500 }]);
    expect(taken.said('apply')).toEqual([]);
    const found = [1, 2].map((index) => server.journal.get(index)!);
    expect(appliedIndexes(server.command({ type: 'logRead', reader: 'a', entries: found }))).toEqual([[1, 2]]);
    const next = server.command({ type: 'applied', index: 2 });
    expect(next.said('readLog')).toMatchObject([{ reader: 'a', from: 3, to: 3 }]);
  });

  it('asks once at a time', () => {
    const server = restarted();
    server.append('b', { leaderCommit: 2 });
    expect(server.append('b', { leaderCommit: 3 }).said('readLog')).toEqual([]);
  });

  it.each([
    ['that are not next', [2, 3]],
    ['that are not committed', [1, 2, 3, 4]],
  ])('asks again when entries come %s', (_, which) => {
    const server = restarted();
    server.append('b', { leaderCommit: 3 });
    const found = which.map((index) => server.journal.get(index)!);
    const taken = server.command({ type: 'logRead', reader: 'a', entries: found });
    expect(taken.said('apply')).toEqual([]);
    expect(taken.said('readLog')).toMatchObject([{ from: 1 }]);
  });
});
