import { describe, expect, it } from 'vitest';
import { Server, type ServerOptions, type Taken } from './script.js';

/** A leader that has committed the entry that began its term, at index 1. */
function leader(options: ServerOptions = {}): Server {
  const server = new Server('a', options);
  server.elect();
  server.stored();
  for (const id of ['b', 'c']) server.accept(id, 1);
  return server;
}

function read(server: Server, id = 1): Taken {
  return server.command({ type: 'read', id });
}

/** The round of the heartbeat that was just sent to everybody. */
function roundOf(taken: Taken): number {
  const rounds = new Set(taken.sent('appendEntries').map(({ round }) => round));
  rounds.delete(0);
  expect(rounds.size).toBe(1);
  return [...rounds][0]!;
}

describe('a read (section 8; thesis, section 6.4)', () => {
  it('gets the commit index once a majority answered a heartbeat that was sent after it', () => {
    const server = leader();
    const taken = read(server);
    expect(taken.said('readable')).toEqual([]);
    expect(taken.sent('appendEntries')).toHaveLength(2);
    expect(server.accept('b', 1, roundOf(taken)).said('readable')).toEqual([{ type: 'readable', id: 1, index: 1 }]);
  });

  it('is not confirmed by the answer to a heartbeat that was sent before it', () => {
    const server = leader();
    const earlier = roundOf(server.passToWake());
    read(server);
    expect(server.accept('b', 1, earlier).said('readable')).toEqual([]);
  });

  it('is not confirmed by entries that are acknowledged', () => {
    const server = leader();
    read(server);
    server.propose(1);
    expect(server.accept('b', 2).said('readable')).toEqual([]);
  });

  it('is confirmed by a follower that refuses the entries but not the leader', () => {
    const server = leader();
    const round = roundOf(read(server));
    const refusal = { success: false, term: 1, prevLogIndex: 1, conflictTerm: 0, conflictIndex: 1, round } as const;
    const taken = server.receive('b', { type: 'appendEntriesReply', ...refusal });
    expect(taken.said('readable')).toHaveLength(1);
  });

  it('is not confirmed by the refusal of a heartbeat that this server sent when it led before', () => {
    // The follower is in the new term already when the heartbeat arrives, so its refusal is of this term.
    const follower = new Server('b', { term: 2 });
    const late = {
      type: 'appendEntries',
      term: 1,
      prevLogIndex: 0,
      prevLogTerm: 0,
      entries: [],
      leaderCommit: 0,
    } as const;
    const [refusal] = follower.receive('a', { ...late, round: 75 }).sent('appendEntriesReply');
    const server = leader({ term: 1 });
    expect(refusal!.term).toBe(server.state.currentTerm);
    read(server);
    expect(server.receive('b', refusal!).said('readable')).toEqual([]);
    expect(server.receive('c', refusal!).said('readable')).toEqual([]);
  });

  it('is confirmed by the answer to a later heartbeat too', () => {
    const server = leader();
    read(server);
    const later = roundOf(server.passToWake());
    expect(server.accept('b', 1, later).said('readable')).toHaveLength(1);
  });

  it('needs a majority of five', () => {
    const server = leader({ members: ['a', 'b', 'c', 'd', 'e'] });
    const round = roundOf(read(server));
    expect(server.accept('b', 1, round).said('readable')).toEqual([]);
    expect(server.accept('b', 1, round).said('readable')).toEqual([]);
    expect(server.accept('d', 1, round).said('readable')).toHaveLength(1);
  });

  it('is not confirmed by strangers, nor by answers of an older term', () => {
    const server = leader();
    const round = roundOf(read(server));
    expect(server.accept('x', 1, round).said('readable')).toEqual([]);
    const old = { type: 'appendEntriesReply', success: true, term: 0, matchIndex: 1, round } as const;
    expect(server.receive('b', old).said('readable')).toEqual([]);
  });

  it('keeps the commit index of its beginning', () => {
    const server = leader();
    const round = roundOf(read(server));
    server.propose(1);
    server.stored();
    server.accept('c', 2);
    expect(server.state.commitIndex).toBe(2);
    expect(server.accept('b', 2, round).said('readable')).toMatchObject([{ index: 1 }]);
  });

  it('of a cluster of one is confirmed at once', () => {
    const server = new Server('a', { members: ['a'] });
    server.passToWake();
    server.stored();
    expect(read(server).said('readable')).toEqual([{ type: 'readable', id: 1, index: 1 }]);
  });
});

describe('a read before the leader has committed an entry of its term', () => {
  it('waits: until then the leader does not know what is committed', () => {
    const server = new Server('a', { log: [1, 1], committed: 1 });
    server.elect();
    server.stored();
    const taken = read(server);
    expect(taken.said('readable')).toEqual([]);
    const beat = roundOf(server.passToWake());
    expect(server.accept('b', 2, beat).said('readable')).toEqual([]);
  });

  it('gets an index that covers that entry, and a round that began behind it', () => {
    const server = new Server('a', { log: [1, 1], committed: 1 });
    server.elect();
    server.stored();
    read(server);
    const beat = roundOf(server.passToWake());
    const committed = server.accept('b', 3, beat);
    expect(committed.said('readable')).toEqual([]);
    const round = roundOf(committed);
    expect(round).toBeGreaterThan(beat);
    expect(server.accept('b', 3, round).said('readable')).toMatchObject([{ id: 1, index: 3 }]);
  });

  it('of a cluster of one waits for the disk', () => {
    const server = new Server('a', { members: ['a'] });
    server.passToWake();
    expect(read(server).said('readable')).toEqual([]);
    expect(server.stored().said('readable')).toHaveLength(1);
  });
});

describe('several reads', () => {
  it('of one turn share a round', () => {
    const server = leader();
    const reads = [1, 2, 3].map((id) => ({ type: 'command', command: { type: 'read', id } }) as const);
    const taken = server.step(...reads);
    expect(taken.sent('appendEntries', 'b')).toHaveLength(1);
    const answered = server.accept('b', 1, roundOf(taken)).said('readable');
    expect(answered.map(({ id }) => id)).toEqual([1, 2, 3]);
  });

  it('are confirmed each by its own round', () => {
    const server = leader();
    const first = roundOf(read(server, 1));
    const second = roundOf(read(server, 2));
    expect(server.accept('b', 1, first).said('readable')).toMatchObject([{ id: 1 }]);
    expect(server.accept('b', 1, second).said('readable')).toMatchObject([{ id: 2 }]);
  });

  it('are each answered once, also when answers come twice', () => {
    const server = leader();
    const round = roundOf(read(server));
    server.accept('b', 1, round);
    expect(server.accept('b', 1, round).said('readable')).toEqual([]);
    expect(server.accept('c', 1, round).said('readable')).toEqual([]);
  });

  it('beyond the limit are refused, and those below it are not', () => {
    const server = leader({ maxPendingReads: 2 });
    read(server, 1);
    const round = roundOf(read(server, 2));
    const refused = { type: 'refused', id: 3, reason: 'overloaded', leader: 'a' };
    expect(read(server, 3).said('refused')).toEqual([refused]);
    expect(server.accept('b', 1, round).said('readable')).toHaveLength(2);
    expect(read(server, 4).said('refused')).toEqual([]);
  });
});

describe('a read is refused', () => {
  it('by a server that knows no leader', () => {
    const server = new Server('a', { log: [1] });
    expect(read(server).said('refused')).toMatchObject([{ id: 1, reason: 'notLeader', leader: null }]);
  });

  it('when the leader that waits for its confirmation learns of another one', () => {
    const server = leader();
    read(server, 1);
    read(server, 2);
    const taken = server.append('b', { term: 5 });
    expect(taken.said('refused').map(({ id, reason }) => [id, reason])).toEqual([
      [1, 'notLeader'],
      [2, 'notLeader'],
    ]);
    expect(server.state.reads).toEqual([]);
  });

  it('when the leader that waits for its confirmation loses its majority', () => {
    const server = leader();
    read(server);
    const refused: unknown[] = [];
    for (let beat = 0; beat <= 11; beat++) refused.push(...server.pass(10).said('refused'));
    expect(refused).toMatchObject([{ id: 1, reason: 'notLeader', leader: null }]);
  });

  it('and not answered later by a heartbeat of the term before', () => {
    const server = leader();
    const round = roundOf(read(server));
    server.append('b', { term: 5 });
    server.elect();
    server.stored();
    const old = { type: 'appendEntriesReply', success: true, term: 1, matchIndex: 1, round } as const;
    expect(server.receive('b', old).said('readable')).toEqual([]);
  });
});
