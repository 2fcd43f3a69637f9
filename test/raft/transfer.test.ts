import { describe, expect, it } from 'vitest';
import type { NodeId } from '../../src/core/index.js';
import { Group, Server, type ServerOptions, type Taken } from './script.js';

/** A leader with a stored log, whose followers have all of it. */
function leader(options: ServerOptions = {}): Server {
  return new Server('a', options).lead();
}

function transfer(server: Server, to: NodeId | null, id = 7): Taken {
  return server.command({ type: 'transfer', id, to });
}

function toldToCampaign(taken: Taken): NodeId[] {
  return taken.messages.filter(({ message }) => message.type === 'timeoutNow').map(({ to }) => to);
}

/** A follower that has heard from its leader, a, just now. */
function follower(id: NodeId, options: ServerOptions = {}): Server {
  const server = new Server(id, { log: [1], ...options });
  server.append('a', { round: 1 });
  return server;
}

describe('a leader that hands over (thesis, section 3.10)', () => {
  it('tells a successor that has the whole log to campaign, at once', () => {
    expect(toldToCampaign(transfer(leader(), 'b'))).toEqual(['b']);
  });

  it('brings the log of its successor up to date first', () => {
    const server = leader();
    server.propose(1);
    expect(toldToCampaign(transfer(server, 'b'))).toEqual([]);
    expect(toldToCampaign(server.accept('c'))).toEqual([]);
    expect(toldToCampaign(server.accept('b'))).toEqual(['b']);
  });

  it('sends a successor that is behind what it lacks', () => {
    const group = new Group(...['a', 'b', 'c'].map((id) => new Server(id)));
    group.campaign('a');
    group.cut('b');
    group.settle('a', group.servers.get('a')!.propose(1, 2, 3));
    group.heal();
    group.command('a', { type: 'transfer', id: 1, to: 'b' });
    group.heartbeat('a');
    expect(group.said('a', 'transferred')).toEqual([{ type: 'transferred', id: 1, leader: 'b' }]);
    expect(group.servers.get('b')!.terms).toEqual([1, 1, 1, 1, 2]);
  });

  it('takes no proposals meanwhile, so that the log has an end', () => {
    const server = leader();
    transfer(server, 'b');
    const refused = { type: 'refused', id: 1, reason: 'transferring', leader: 'a' };
    expect(server.propose(1).outputs).toEqual([refused]);
  });

  it('still confirms reads', () => {
    const server = leader();
    transfer(server, 'b');
    const { round } = server.command({ type: 'read', id: 2 }).sent('appendEntries', 'b')[0]!;
    expect(server.accept('b', 1, round).said('readable')).toHaveLength(1);
  });

  it('repeats itself with each heartbeat: messages get lost', () => {
    const server = leader();
    transfer(server, 'b');
    expect(toldToCampaign(server.passToWake())).toEqual(['b']);
    expect(toldToCampaign(server.passToWake())).toEqual(['b']);
  });

  it('goes on leading when nobody took over within an election timeout', () => {
    const server = leader();
    transfer(server, 'b');
    for (let beat = 0; beat < 9; beat++) {
      server.pass(10);
      server.accept('c');
    }
    const refused = { type: 'refused', id: 7, reason: 'timeout', leader: 'a' };
    expect(server.pass(9).outputs).toEqual([]);
    expect(server.pass(1).outputs).toEqual([refused]);
    expect(server.propose(1).said('accepted')).toHaveLength(1);
    expect(toldToCampaign(server.passToWake())).toEqual([]);
  });

  it('is told once its successor leads', () => {
    const server = leader();
    transfer(server, 'b');
    expect(server.append('b', { term: 2 }).said('transferred')).toEqual([{ type: 'transferred', id: 7, leader: 'b' }]);
    expect(server.state.timers.transfer).toBe(Infinity);
  });

  it('is refused when another one leads instead', () => {
    const server = leader();
    transfer(server, 'b');
    const refused = { type: 'refused', id: 7, reason: 'notLeader', leader: 'c' };
    expect(server.append('c', { term: 2 }).outputs).toContainEqual(refused);
  });

  it('waits for a leader when it leads no more itself', () => {
    const server = leader();
    transfer(server, 'b');
    const request = { type: 'requestVote', term: 2, lastLogIndex: 1, lastLogTerm: 1, transfer: true } as const;
    expect(server.receive('b', request).said('refused')).toEqual([]);
    expect(server.append('b', { term: 2 }).said('transferred')).toHaveLength(1);
  });

  it('ends when the server is elected again before its successor', () => {
    const server = leader();
    transfer(server, 'b');
    server.receive('b', { type: 'requestVote', term: 2, lastLogIndex: 0, lastLogTerm: 0, transfer: true });
    server.state.timers.election = server.now; // it campaigns at once
    server.elect();
    expect(server.state.transfer).toBeNull();
    expect(server.state.timers.transfer).toBe(Infinity);
    expect(server.propose(1).said('accepted')).toHaveLength(1);
  });

  it('does not say that it goes on leading when it leads no more and nobody else does', () => {
    const server = leader();
    transfer(server, 'b');
    server.receive('b', { type: 'requestVote', term: 2, lastLogIndex: 0, lastLogTerm: 0, transfer: true });
    const refused = { type: 'refused', id: 7, reason: 'notLeader', leader: null };
    expect(server.pass(100).said('refused')).toEqual([refused]);
  });

  it('chooses the voter with the longest log, of those that answer', () => {
    const server = leader({ members: ['a', 'b', 'c', 'd'], learners: ['e'] });
    server.propose(1, 2);
    server.stored();
    server.accept('d');
    for (let beat = 0; beat < 10; beat++) {
      server.pass(10); // d is silent from here on
      server.accept('b', 1);
      server.accept('c', 2);
      server.accept('e', 3);
    }
    transfer(server, null);
    expect(server.state.transfer).toEqual({ id: 7, to: 'c' });
  });

  it('hands over to itself by doing nothing', () => {
    const server = leader();
    expect(transfer(server, 'a').outputs).toEqual([{ type: 'transferred', id: 7, leader: 'a' }]);
    expect(server.propose(1).said('accepted')).toHaveLength(1);
  });
});

describe('a transfer is refused', () => {
  it.each([
    ['to a learner', 'd', {}],
    ['to a stranger', 'x', {}],
    ['to a voter that will be none', 'c', { outgoing: ['a', 'b', 'c'], members: ['a', 'b'] }],
    ['to whom it may be, when there is no other voter', null, { members: ['a'] }],
  ])('%s', (_, to, options) => {
    const server = new Server('a', { learners: ['d'], ...options });
    server.elect();
    const refused = { type: 'refused', id: 7, reason: 'noSuccessor', leader: 'a' };
    expect(transfer(server, to).said('refused')).toEqual([refused]);
    expect(server.state.transfer).toBe(null);
  });

  it('to whom it may be, when nobody answers', () => {
    const server = leader({ checkQuorum: false });
    server.pass(100);
    expect(transfer(server, null).said('refused')).toMatchObject([{ reason: 'noSuccessor' }]);
  });

  it('by a server that does not lead', () => {
    const refused = { type: 'refused', id: 7, reason: 'notLeader', leader: 'a' };
    expect(transfer(follower('b'), 'c').outputs).toEqual([refused]);
  });

  it('while there is another one, which goes on', () => {
    const server = leader();
    transfer(server, 'b', 1);
    expect(transfer(server, 'c', 2).said('refused')).toMatchObject([{ id: 2, reason: 'transferring' }]);
    expect(server.state.transfer).toEqual({ id: 1, to: 'b' });
  });
});

describe('a server that is told to campaign', () => {
  it('does so at once and without asking first, though it hears its leader', () => {
    const server = follower('b');
    const taken = server.receive('a', { type: 'timeoutNow', term: 1 });
    expect(taken.sent('preVote')).toEqual([]);
    expect(taken.sent('requestVote')).toMatchObject([
      { term: 2, transfer: true },
      { term: 2, transfer: true },
    ]);
  });

  it('campaigns once, however often it is told', () => {
    const server = follower('b');
    server.receive('a', { type: 'timeoutNow', term: 1 });
    expect(server.receive('a', { type: 'timeoutNow', term: 1 }).messages).toEqual([]);
    expect(server.state.currentTerm).toBe(2);
  });

  it('asks first in its next campaign', () => {
    const server = follower('b');
    server.receive('a', { type: 'timeoutNow', term: 1 });
    server.stored();
    const taken = server.passToWake();
    expect(taken.sent('preVote')).toHaveLength(2);
    expect(taken.sent('requestVote')).toEqual([]);
  });

  it('does so also when it has not heard from that leader before', () => {
    const server = new Server('b', { log: [1], term: 1 });
    expect(server.receive('a', { type: 'timeoutNow', term: 2 }).sent('requestVote')).toHaveLength(2);
  });

  it.each([
    ['it is no voter', follower('d', { learners: ['d'] }), 'a', 1],
    ['somebody says so who does not lead', follower('b'), 'c', 1],
    ['the leader of an older term says so', follower('b', { term: 3 }), 'a', 1],
    ['it leads', leader(), 'b', 1],
  ])('does not when %s', (_, server, from, term) => {
    const before = server.state.currentTerm;
    expect(server.receive(from, { type: 'timeoutNow', term }).sent('requestVote')).toEqual([]);
    expect(server.state.currentTerm).toBe(before);
  });

  it('does not in the last term that there is, which only a forged message brings', () => {
    const server = new Server('a');
    const taken = server.receive('b', { type: 'timeoutNow', term: Number.MAX_SAFE_INTEGER });
    expect(taken.sent('requestVote')).toEqual([]);
    expect(server.state).toMatchObject({ role: 'follower', currentTerm: Number.MAX_SAFE_INTEGER });
  });

  it('does not when its disk hangs', () => {
    const server = follower('b');
    server.append('a', { prevLogIndex: 1, entries: [{ type: 'noop', index: 2, term: 1, data: null }] });
    server.now += 100;
    expect(server.receive('a', { type: 'timeoutNow', term: 1 }).messages).toEqual([]);
  });
});

describe('a campaign that the leader asked for (thesis, section 4.2.3)', () => {
  const request = { type: 'requestVote', term: 2, lastLogIndex: 1, lastLogTerm: 1, transfer: true } as const;

  it('gets votes from those who hear the leader', () => {
    const taken = follower('c').receive('b', request);
    expect(taken.sent('requestVoteReply')).toMatchObject([{ term: 2, voteGranted: true }]);
  });

  it('gets the vote of the leader', () => {
    const server = leader();
    expect(server.receive('b', request).sent('requestVoteReply')).toMatchObject([{ voteGranted: true }]);
    expect(server.state.role).toBe('follower');
  });

  it('is the only one that does', () => {
    const server = follower('c');
    expect(server.receive('b', { ...request, transfer: false }).messages).toEqual([]);
    expect(server.state.currentTerm).toBe(1);
  });

  it('gets no vote for a log that is behind', () => {
    const taken = follower('c', { log: [1, 1] }).receive('b', request);
    expect(taken.sent('requestVoteReply')).toMatchObject([{ voteGranted: false }]);
  });

  it('gets no second vote of a term', () => {
    const server = new Server('c', { log: [1], term: 2, votedFor: 'a' });
    expect(server.receive('b', request).sent('requestVoteReply')).toMatchObject([{ voteGranted: false }]);
  });
});

describe('leadership', () => {
  it('goes over in one election, with no pre-vote and no other term', () => {
    const group = new Group(...['a', 'b', 'c', 'd', 'e'].map((id) => new Server(id, { members: ['a', 'b', 'c', 'd', 'e'] }))); // prettier-ignore
    group.campaign('a');
    group.heartbeat('a');
    const asked = group.count('preVote');
    group.command('a', { type: 'transfer', id: 1, to: 'd' });
    expect(group.count('preVote')).toBe(asked);
    expect(group.said('a', 'transferred')).toHaveLength(1);
    for (const { id, state } of group.servers.values()) {
      expect([state.role, state.leader, state.currentTerm]).toEqual([id === 'd' ? 'leader' : 'follower', 'd', 2]);
    }
  });

  it('goes over while members change, and the next leader completes a joint configuration', () => {
    const server = leader({ members: ['a', 'b', 'c', 'd', 'e'] });
    const { voters } = server.configuration;
    server.change({ type: 'set', voters: voters.slice(0, 3), learners: [] }, 1);
    transfer(server, 'b', 2);
    server.stored();
    server.accept('b');
    const taken = server.accept('c');
    expect(taken.writes).toEqual([]); // nothing more comes into the log of the one that hands over
    const lost = server.append('b', { term: 2 }).outputs.filter(({ type }) => type === 'lost');
    expect(lost).toEqual([{ type: 'lost', id: 1 }]);
  });
});
