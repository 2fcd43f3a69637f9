import { describe, expect, it } from 'vitest';
import { configurationOf, Group, Server, type ServerOptions, type Taken } from './script.js';

const LEASES = { leaseReads: true, maxClockDrift: 0 };

/** A leader whose followers have all of its log and have answered no heartbeat yet. */
function leader(options: ServerOptions = {}): Server {
  return new Server('a', { ...LEASES, ...options }).lead();
}

/** A leader with a lease from its present time on, by the answers of these followers. */
function leaseholder(options: ServerOptions = {}, from: readonly string[] = ['b']): Server {
  const server = leader(options);
  server.passToWake();
  for (const id of from) server.accept(id, 1, server.state.round);
  return server;
}

function read(server: Server): Taken {
  return server.command({ type: 'read', id: 1 });
}

/** Whether a read is answered without asking anybody. */
function answersAtOnce(server: Server): boolean {
  const taken = read(server);
  expect(taken.said('readable').length + taken.sent('appendEntries', 'b').length).toBe(1);
  return taken.said('readable').length === 1;
}

describe('a lease (thesis, section 6.4.1)', () => {
  it('answers reads at once, with the commit index', () => {
    const server = leaseholder();
    expect(read(server).outputs).toEqual([{ type: 'readable', id: 1, index: 1 }]);
  });

  it('is not there by default: each read waits for a round', () => {
    expect(answersAtOnce(leaseholder({ leaseReads: false }))).toBe(false);
  });

  it('is not there before a round was answered', () => {
    const server = leader();
    expect(answersAtOnce(server)).toBe(false);
    server.passToWake();
    expect(answersAtOnce(server)).toBe(false);
  });

  it('needs a majority', () => {
    const members = ['a', 'b', 'c', 'd', 'e'];
    expect(answersAtOnce(leaseholder({ members }, ['b']))).toBe(false);
    expect(answersAtOnce(leaseholder({ members }, ['b', 'c']))).toBe(true);
  });

  it('is not had from learners', () => {
    expect(answersAtOnce(leaseholder({ learners: ['d', 'e'] }, ['d', 'e']))).toBe(false);
  });

  it('lasts an election timeout from when the round was sent, not from when it was answered', () => {
    const server = leader();
    server.passToWake();
    const sent = server.now;
    server.now = sent + 60;
    server.accept('b', 1, server.state.round);
    server.now = sent + 99;
    expect(answersAtOnce(server)).toBe(true);
    server.now = sent + 100;
    expect(answersAtOnce(server)).toBe(false);
  });

  it.each([
    [0.25, 80],
    [1, 50],
  ])('is shorter by what clocks may drift: with %d it lasts %d of 100', (maxClockDrift, lasts) => {
    const server = leaseholder({ maxClockDrift });
    const sent = server.now;
    server.now = sent + lasts - 0.1;
    expect(answersAtOnce(server)).toBe(true);
    server.now = sent + lasts;
    expect(answersAtOnce(server)).toBe(false);
  });

  it('is as old as the round that a majority answered, not as the newest answer', () => {
    const server = leader({ members: ['a', 'b', 'c', 'd', 'e'] });
    server.passToWake();
    const [first, sent] = [server.state.round, server.now];
    server.passToWake();
    server.accept('b', 1, server.state.round);
    server.accept('c', 1, first);
    server.now = sent + 100;
    expect(answersAtOnce(server)).toBe(false);
  });

  it('goes on with each round that is answered, and late answers to older ones change nothing', () => {
    const server = leaseholder();
    const first = server.state.round;
    server.passToWake();
    const sent = server.now;
    server.accept('b', 1, server.state.round);
    server.accept('c', 1, first);
    server.now = sent + 99;
    expect(answersAtOnce(server)).toBe(true);
  });

  it('counts the rounds of reads too', () => {
    const server = leader();
    const { round } = read(server).sent('appendEntries', 'b')[0]!;
    server.accept('b', 1, round);
    expect(answersAtOnce(server)).toBe(true);
  });

  it('answers no read before an entry of the term is committed', () => {
    const server = new Server('a', { ...LEASES, log: [1], committed: 1 });
    server.elect();
    server.stored();
    server.passToWake();
    server.accept('b', 1, server.state.round);
    expect(read(server).said('readable')).toEqual([]);
    expect(server.accept('b', 2).said('readable')).toMatchObject([{ index: 2 }]);
  });

  it('answers the reads of other servers, too', () => {
    const server = leaseholder();
    const taken = server.receive('c', { type: 'readIndex', term: 1, incarnation: 1, ask: 1 });
    expect(taken.messages.map(({ to, message }) => [to, message.type])).toEqual([['c', 'readIndexReply']]);
  });

  it('needs both majorities in a joint configuration', () => {
    const server = leader({ members: ['a', 'b', 'c'], learners: ['d', 'e'] });
    const { voters } = configurationOf(['a', 'd', 'e']);
    server.change({ type: 'set', voters, learners: [] });
    server.stored();
    server.passToWake();
    for (const id of ['b', 'c']) server.accept(id, 1, server.state.round);
    expect(answersAtOnce(server)).toBe(false);
  });

  it('remembers no more rounds than it needs, however many reads there are', () => {
    const server = leader();
    for (let i = 0; i < 500; i++) read(server);
    expect(server.state.rounds.length).toBeLessThanOrEqual(64);
    server.accept('b', 1, server.state.round);
    expect(server.state.rounds).toEqual([]);
    expect(answersAtOnce(server)).toBe(true);
  });

  it('of a server alone is not needed: it asks nobody', () => {
    const server = new Server('a', { ...LEASES, members: ['a'] });
    server.passToWake();
    server.stored();
    expect(read(server).said('readable')).toHaveLength(1);
  });
});

describe('a lease is given up', () => {
  it('while leadership is handed over', () => {
    const server = leaseholder();
    server.propose(1); // the successor lacks it, and is not told to campaign yet
    server.command({ type: 'transfer', id: 1, to: 'b' });
    expect(read(server).said('readable')).toEqual([]);
  });

  it('for the rest of the term once a successor was told to campaign: it may do so at any time', () => {
    const server = leaseholder();
    server.command({ type: 'transfer', id: 1, to: 'c' });
    for (let beat = 0; beat < 12; beat++) {
      server.pass(10);
      server.accept('b', 1, server.state.round);
    }
    expect(server.state).toMatchObject({ role: 'leader', transfer: null });
    expect(answersAtOnce(server)).toBe(false);
  });

  it('not for good when the successor was never told', () => {
    const server = leaseholder();
    server.propose(1);
    server.stored();
    server.command({ type: 'transfer', id: 1, to: 'c' }); // which never gets that far
    for (let beat = 0; beat < 12; beat++) {
      server.pass(10);
      server.accept('b', 2, server.state.round);
    }
    expect(answersAtOnce(server)).toBe(true);
  });

  it('with the leadership, and begins anew with the next term', () => {
    const server = leaseholder();
    server.append('b', { term: 2, prevLogIndex: 1, prevLogTerm: 1 });
    expect(server.state).toMatchObject({ leaseUntil: -Infinity, rounds: [] });
    server.lead();
    expect(answersAtOnce(server)).toBe(false);
    server.passToWake();
    server.accept('b', server.state.log.lastIndex, server.state.round);
    expect(answersAtOnce(server)).toBe(true);
  });

  it('until the next term: one that handed over before may have one again', () => {
    const server = leaseholder();
    server.command({ type: 'transfer', id: 1, to: 'b' });
    server.append('b', { term: 2, prevLogIndex: 1, prevLogTerm: 1 });
    server.lead();
    server.passToWake();
    server.accept('b', server.state.log.lastIndex, server.state.round);
    expect(answersAtOnce(server)).toBe(true);
  });
});

describe('a server that the leader may hold a lease from', () => {
  const log = { lastLogIndex: 9, lastLogTerm: 9 };

  /** It has heard from its leader, a, just now. */
  function follower(options: ServerOptions = {}): Server {
    const server = new Server('b', { ...LEASES, log: [1], ...options });
    server.now = 150;
    server.append('a', { round: 1 });
    return server;
  }

  it('votes for nobody in a higher term for an election timeout', () => {
    const server = follower();
    server.now += 99;
    const request = { type: 'requestVote', term: 2, ...log, transfer: false } as const;
    expect(server.receive('c', request).messages).toEqual([]);
    expect(server.state.currentTerm).toBe(1);
    server.now += 1;
    expect(server.receive('c', request).sent('requestVoteReply')).toMatchObject([{ voteGranted: true }]);
  });

  it('votes for nobody in its own term either, when it has learned of a higher one otherwise', () => {
    const server = follower();
    server.receive('c', { type: 'preVoteReply', term: 2, campaignTerm: 2, granted: false });
    expect(server.state).toMatchObject({ currentTerm: 2, votedFor: null });
    const request = { type: 'requestVote', term: 2, ...log, transfer: false } as const;
    expect(server.receive('c', request).sent('requestVoteReply')).toMatchObject([{ voteGranted: false }]);
    server.now += 100;
    expect(server.receive('c', request).sent('requestVoteReply')).toMatchObject([{ voteGranted: true }]);
  });

  it('does not campaign itself for an election timeout', () => {
    for (let seed = 0; seed < 50; seed++) {
      const server = follower({ seed });
      expect(server.machine.wakeAt - server.now).toBeGreaterThanOrEqual(100);
    }
  });

  it('keeps to it after a restart, when it does not know whom it heard from', () => {
    const restarted = new Server('b', { ...LEASES, log: [1] });
    restarted.now = 99;
    const request = { type: 'requestVote', term: 2, ...log, transfer: false } as const;
    expect(restarted.receive('c', request).messages).toEqual([]);
    expect(restarted.receive('c', { type: 'preVote', term: 2, ...log }).sent('preVoteReply')).toMatchObject([
      { granted: false },
    ]);
    restarted.now = 100;
    expect(restarted.receive('c', request).sent('requestVoteReply')).toMatchObject([{ voteGranted: true }]);
  });

  it('votes right after a restart where nobody has leases', () => {
    const restarted = new Server('b', { log: [1] });
    const taken = restarted.receive('c', { type: 'requestVote', term: 2, ...log, transfer: false });
    expect(taken.sent('requestVoteReply')).toMatchObject([{ voteGranted: true }]);
  });

  it('does not forget its leader when its host asks for that', () => {
    const server = follower();
    server.command({ type: 'forgetLeader' });
    expect(server.state.leader).toBe('a');
    const request = { type: 'requestVote', term: 2, ...log, transfer: false } as const;
    expect(server.receive('c', request).messages).toEqual([]);
  });

  it('elects nobody before the lease is over', () => {
    const group = new Group(...['a', 'b', 'c'].map((id) => new Server(id, LEASES)));
    const [a, b, c] = [...group.servers.values()];
    group.campaign('a');
    group.heartbeat('a');
    for (const server of [b!, c!]) server.now = a!.now;
    group.heartbeat('a'); // the last one that arrives
    const sent = a!.now;
    for (const server of [b!, c!]) server.now = sent;
    expect(a!.state.leaseUntil).toBe(sent + 100);
    group.cut('a');
    for (let ms = 0; ms < 400; ms++) {
      for (const server of [a!, b!, c!]) server.now = sent + ms;
      for (const server of [b!, c!]) group.settle(server.id, server.step({ type: 'wake' }));
      const elected = [b!, c!].some(({ state }) => state.role === 'leader');
      if (elected) expect(a!.state.leaseUntil).toBeLessThanOrEqual(a!.now);
      if (elected) return;
    }
    expect.unreachable('somebody is elected in the end');
  });
});
