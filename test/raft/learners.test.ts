import { describe, expect, it } from 'vitest';
import { configurationOf, Group, inShort, Server, type Taken } from './script.js';

/** A leader of three with learners, which has committed the entry of its term. */
function leader(...learners: string[]): Server {
  return new Server('a', { learners }).lead();
}

function promote(server: Server, id: string): Taken {
  return server.change({ type: 'add', member: { id, address: null }, as: 'voter' });
}

describe('a learner', () => {
  it('gets entries, heartbeats and the commit index', () => {
    const server = leader('d');
    expect(server.propose(1).sent('appendEntries', 'd')).toMatchObject([{ entries: [{ index: 2 }] }]);
    server.stored();
    expect(server.accept('b').sent('appendEntries', 'd')).toMatchObject([{ leaderCommit: 2 }]);
    expect(server.passToWake().sent('appendEntries', 'd')).toHaveLength(1);
  });

  it('is not counted for commitment', () => {
    const server = leader('d', 'e', 'f');
    server.propose(1);
    server.stored();
    for (const id of ['d', 'e', 'f']) server.accept(id);
    expect(server.state.commitIndex).toBe(1);
  });

  it('does not confirm reads', () => {
    const server = leader('d', 'e', 'f');
    const { round } = server.command({ type: 'read', id: 1 }).sent('appendEntries', 'd')[0]!;
    for (const id of ['d', 'e', 'f']) expect(server.accept(id, 1, round).said('readable')).toEqual([]);
  });

  it('does not keep a leader in office', () => {
    const server = leader('d', 'e', 'f');
    for (let beat = 0; beat <= 11; beat++) {
      for (const id of ['d', 'e', 'f']) server.accept(id, 1);
      server.pass(10);
    }
    expect(server.state.role).toBe('follower');
  });

  it('is not asked for its vote, and one that comes does not count', () => {
    const server = new Server('a', { learners: ['d', 'e'], preVote: false });
    expect(server.passToWake().messages.map(({ to }) => to)).toEqual(['b', 'c']);
    for (const id of ['d', 'e']) server.receive(id, { type: 'requestVoteReply', term: 1, voteGranted: true });
    expect(server.state.role).toBe('candidate');
  });

  it('never campaigns', () => {
    const server = new Server('d', { learners: ['d'], log: [1] });
    for (let i = 0; i < 5; i++) expect(server.passToWake().messages).toEqual([]);
    expect(server.state).toMatchObject({ role: 'follower', currentTerm: 1 });
  });

  it('that hears nothing for an election timeout knows no leader any more, and refuses reads that wait for it', () => {
    const server = new Server('d', { learners: ['d'], log: [1] });
    server.append('a');
    server.command({ type: 'read', id: 1 });
    const refused = { type: 'refused', id: 1, reason: 'notLeader', leader: null };
    expect(server.passToWake().said('refused')).toEqual([refused]);
    expect(server.state).toMatchObject({ role: 'follower', leader: null });
  });

  it('does not campaign when it is told to', () => {
    const server = new Server('d', { learners: ['d'], log: [1] });
    server.append('a');
    expect(server.receive('a', { type: 'timeoutNow', term: 1 }).messages).toEqual([]);
  });

  it('asked for its vote gives it: it may be a voter by now and not know it (etcd-io/etcd PR 10998)', () => {
    const server = new Server('d', { learners: ['d'], log: [1] });
    const log = { lastLogIndex: 2, lastLogTerm: 1 };
    const granted = server.receive('b', { type: 'preVote', term: 2, ...log });
    expect(granted.sent('preVoteReply')).toMatchObject([{ granted: true }]);
    const voted = server.receive('b', { type: 'requestVote', term: 2, ...log, transfer: false });
    expect(voted.sent('requestVoteReply')).toMatchObject([{ voteGranted: true }]);
  });

  it('elects a leader that knows it as a voter', () => {
    const [a, b] = [
      new Server('a', { log: [1, 1] }),
      new Server('b', { learners: ['b'], members: ['a', 'c'], log: [1] }),
    ];
    const group = new Group(a, b);
    group.campaign('a');
    expect(a.state.role).toBe('leader');
  });

  it('answers those who ask it for a read of theirs as a follower does: not at all', () => {
    const server = new Server('d', { learners: ['d'], log: [1] });
    server.append('a');
    expect(server.receive('b', { type: 'readIndex', term: 1, incarnation: 1, ask: 1 }).messages).toEqual([]);
  });
});

describe('promotion (thesis, section 4.2.1)', () => {
  it('of a learner that has the whole log is immediate', () => {
    const server = leader('d');
    promote(server, 'd');
    expect(inShort(server.configuration)).toBe('a b c d');
  });

  it('waits until a learner has what the log had when the round began', () => {
    const server = new Server('a', { learners: ['d'], log: [1, 1, 1] }).lead();
    server.state.peers.find(({ id }) => id === 'd')!.matchIndex = 0;
    promote(server, 'd');
    expect(inShort(server.configuration)).toBe('a b c +d');
    server.propose(1); // the round is not longer for that
    server.accept('d', 3);
    expect(inShort(server.configuration)).toBe('a b c +d');
    server.accept('d', 4);
    expect(inShort(server.configuration)).toBe('a b c d');
  });

  it('takes another round when one took longer than an election timeout', () => {
    const server = new Server('a', { learners: ['d'], log: [1, 1, 1], checkQuorum: false }).lead();
    server.state.peers.find(({ id }) => id === 'd')!.matchIndex = 0;
    promote(server, 'd');
    for (let i = 0; i < 5; i++) server.propose(1);
    server.stored();
    server.pass(101); // 100 is the election timeout
    server.accept('d', 4);
    expect(inShort(server.configuration)).toBe('a b c +d');
    server.pass(101);
    server.propose(1);
    server.stored();
    server.accept('d', 9); // the second round took long, too
    expect(inShort(server.configuration)).toBe('a b c +d');
    server.pass(100);
    server.accept('d', 10); // and the third did not
    expect(inShort(server.configuration)).toBe('a b c d');
  });

  it('of one that never answers never takes place, and costs the others nothing', () => {
    const server = leader('d');
    server.state.peers.find(({ id }) => id === 'd')!.matchIndex = 0;
    promote(server, 'd');
    for (let beat = 0; beat < 50; beat++) {
      server.pass(10);
      for (const id of ['b', 'c']) server.accept(id);
    }
    expect(inShort(server.configuration)).toBe('a b c +d');
    server.propose(1);
    server.stored();
    server.accept('b');
    expect(server.state.commitIndex).toBe(2);
  });

  it('of several waits for all of them', () => {
    const server = leader('d', 'e');
    server.state.peers.find(({ id }) => id === 'e')!.matchIndex = 0;
    const { voters } = configurationOf(['a', 'b', 'c', 'd', 'e']);
    server.change({ type: 'set', voters, learners: [] });
    expect(inShort(server.configuration)).toBe('a b c +d +e');
    server.accept('e');
    expect(inShort(server.configuration)).toBe('a b c d e|a b c');
  });

  it('does not make a voter of one that fell silent after it had caught up', () => {
    const server = leader('d', 'e');
    server.state.peers.find(({ id }) => id === 'e')!.matchIndex = 0;
    const { voters } = configurationOf(['a', 'b', 'c', 'd', 'e']);
    server.change({ type: 'set', voters, learners: [] }); // d has caught up; e has not
    for (let beat = 0; beat < 11; beat++) {
      server.pass(10);
      for (const id of ['b', 'c']) server.accept(id);
    }
    server.accept('e'); // that round took too long,
    server.accept('e'); // the next one did not
    expect(inShort(server.configuration)).toBe('a b c +d +e');
    server.accept('d'); // it is back
    expect(inShort(server.configuration)).toBe('a b c d e|a b c');
  });

  it('keeps what is known of the server: it goes on where it was', () => {
    const server = leader('d');
    server.propose(1);
    server.accept('d', 2);
    const before = server.state.peers.find(({ id }) => id === 'd')!;
    promote(server, 'd');
    expect(server.state.peers.find(({ id }) => id === 'd')).toBe(before);
    expect(before).toMatchObject({ matchIndex: 2, flow: 'replicate' });
  });

  it('counts the server once it is in the log', () => {
    const server = leader('d');
    promote(server, 'd');
    server.stored();
    server.accept('b');
    expect(server.state.commitIndex).toBe(1); // three of four are needed
    server.accept('d');
    expect(server.state.commitIndex).toBe(2);
  });
});

describe('demotion', () => {
  it('of a voter makes a learner of it that is still sent everything, and not counted', () => {
    const server = leader();
    server.change({ type: 'add', member: { id: 'c', address: null }, as: 'learner' });
    expect(inShort(server.configuration)).toBe('a b +c');
    server.stored();
    server.accept('c');
    expect(server.state.commitIndex).toBe(1);
    server.accept('b');
    expect(server.state.commitIndex).toBe(2);
    expect(server.propose(1).sent('appendEntries', 'c')).toHaveLength(1);
  });

  it('of the leader ends its leadership once it is committed, and it stays a member', () => {
    const server = leader();
    server.change({ type: 'add', member: { id: 'a', address: null }, as: 'learner' });
    server.accept('b');
    expect(server.state.role).toBe('leader');
    expect(server.accept('c').sent('timeoutNow')).toHaveLength(1);
    expect(server.state.role).toBe('follower');
    expect(inShort(server.configuration)).toBe('b c +a');
  });
});
