import { describe, expect, it } from 'vitest';
import {
  configurationEntry,
  configurationOf,
  Group,
  inShort,
  membersOf,
  Server,
  type ServerOptions,
  type Taken,
} from './script.js';

function remove(server: Server, member: string): Taken {
  return server.change({ type: 'remove', member });
}

function leader(options: ServerOptions = {}): Server {
  return new Server('a', options).lead();
}

describe('a leader that is removed (thesis, section 4.2.2)', () => {
  it('leads until that is committed, and does not count itself', () => {
    const server = leader();
    remove(server, 'a');
    server.stored();
    server.accept('b');
    expect(server.state).toMatchObject({ role: 'leader', commitIndex: 1 });
    server.accept('c');
    expect(server.state).toMatchObject({ role: 'follower', commitIndex: 2 });
  });

  it('does not need its own disk', () => {
    const server = leader();
    remove(server, 'a');
    server.accept('b');
    server.accept('c');
    expect(server.state).toMatchObject({ role: 'follower', commitIndex: 2, storedIndex: 1 });
  });

  it('takes proposals until then', () => {
    const server = leader();
    remove(server, 'a');
    expect(server.propose(1).said('accepted')).toHaveLength(1);
  });

  it('tells that it is removed before it steps down', () => {
    const server = leader();
    remove(server, 'a');
    server.accept('b');
    const types = server.accept('c').outputs.map(({ type }) => type);
    expect(types).toContain('membersChanged');
    expect(types).not.toContain('lost');
  });

  it('lets the one with the longest log campaign at once', () => {
    const server = leader({ members: ['a', 'b', 'c', 'd'] });
    remove(server, 'a');
    server.propose(1);
    server.accept('b', 2);
    const taken = server.accept('c', 3);
    expect(taken.messages.filter(({ message }) => message.type === 'timeoutNow').map(({ to }) => to)).toEqual(['c']);
  });

  it('does not choose a successor that is silent', () => {
    const server = leader({ members: ['a', 'b', 'c', 'd'] });
    remove(server, 'a');
    server.stored();
    server.accept('b');
    for (let beat = 0; beat < 10; beat++) {
      for (const id of ['c', 'd']) server.accept(id, 1);
      server.pass(10);
    }
    const taken = server.accept('c', 2);
    expect(server.state.role).toBe('follower');
    expect(taken.messages.filter(({ message }) => message.type === 'timeoutNow').map(({ to }) => to)).toEqual(['c']);
  });

  it('tells the others that it is committed before it steps down', () => {
    const server = leader();
    remove(server, 'a');
    server.accept('b');
    expect(server.accept('c').sent('appendEntries', 'b')).toMatchObject([{ leaderCommit: 2 }]);
  });

  it('does not count itself for reads', () => {
    const server = leader();
    remove(server, 'a');
    const { round } = server.command({ type: 'read', id: 1 }).sent('appendEntries', 'b').at(-1)!;
    expect(server.accept('b', 1, round).said('readable')).toEqual([]);
    expect(server.accept('c', 1, round).said('readable')).toHaveLength(1);
  });

  it('does not count itself for its stay in office', () => {
    const server = leader();
    remove(server, 'a');
    server.stored();
    for (let beat = 0; beat <= 11; beat++) {
      if (server.state.role === 'leader') server.accept('b', 1);
      server.pass(10);
    }
    expect(server.state.role).toBe('follower');
  });

  it('never campaigns again', () => {
    const server = leader();
    remove(server, 'a');
    server.stored();
    server.accept('b');
    server.accept('c');
    for (let i = 0; i < 5; i++) expect(server.passToWake().messages).toEqual([]);
  });

  it('is followed by another one within a round trip, and nothing is lost', () => {
    const group = new Group(...['a', 'b', 'c'].map((id) => new Server(id)));
    group.campaign('a');
    group.command('a', { type: 'changeMembers', id: 1, change: { type: 'remove', member: 'a' } });
    const leaders = [...group.servers.values()].filter(({ state }) => state.role === 'leader');
    expect(leaders.map(({ state }) => state.currentTerm)).toEqual([2]);
    expect(inShort(leaders[0]!.configuration)).toBe('b c');
    expect(group.said('a', 'membersChanged')).toHaveLength(1);
  });
});

describe('a follower that is removed', () => {
  it('is sent the configuration that removes it, and that it is committed, and nothing further', () => {
    const server = leader();
    const [append] = remove(server, 'c').sent('appendEntries', 'c');
    expect(append!.entries).toMatchObject([{ type: 'configuration', index: 2 }]);
    server.stored();
    expect(server.accept('b').sent('appendEntries', 'c')).toMatchObject([{ leaderCommit: 2 }]);
    expect(server.passToWake().sent('appendEntries').length).toBe(1);
    expect(server.propose(1).sent('appendEntries', 'c')).toEqual([]);
  });

  it('campaigns as long as that is not committed as far as it knows: nobody else may be electable', () => {
    const server = new Server('c', { log: [1] });
    server.append('a', { entries: [configurationEntry(2, 1, configurationOf(['a', 'b']))] });
    server.stored();
    expect(server.passToWake().messages.map(({ to, message }) => [to, message.type])).toEqual([
      ['a', 'preVote'],
      ['b', 'preVote'],
    ]);
  });

  it('does not campaign once it is committed', () => {
    const server = new Server('c', { log: [1] });
    server.append('a', { entries: [configurationEntry(2, 1, configurationOf(['a', 'b']))], leaderCommit: 2 });
    server.stored();
    for (let i = 0; i < 5; i++) expect(server.passToWake().messages).toEqual([]);
  });

  it('and campaigns does not count its own vote, needs all others of a cluster of three, and steps down in the end', () => {
    const server = new Server('c', { log: [1], preVote: false });
    server.append('a', { entries: [configurationEntry(2, 1, configurationOf(['a', 'b']))] });
    server.stored();
    server.passToWake();
    const vote = { type: 'requestVoteReply', term: 2, voteGranted: true } as const;
    server.receive('a', vote);
    expect(server.state.role).toBe('candidate');
    server.receive('b', vote);
    expect(server.state.role).toBe('leader');
    server.accept('a');
    server.accept('b');
    expect(server.state).toMatchObject({ role: 'follower', commitIndex: 3 });
  });

  it('gets heartbeats until that is committed', () => {
    const server = leader();
    remove(server, 'c');
    expect(server.passToWake().sent('appendEntries', 'c')).toHaveLength(1);
  });

  it('from a joint configuration is sent the one that ends it, too', () => {
    const server = leader({ learners: ['d', 'e'] });
    server.change({ type: 'set', voters: membersOf(['a', 'd', 'e']), learners: [] });
    server.stored();
    server.accept('b');
    const left = server.accept('d');
    expect(inShort(server.configuration)).toBe('a d e');
    for (const id of ['b', 'c']) {
      const sent = left.sent('appendEntries', id).flatMap(({ entries }) => entries);
      expect(sent.map(({ index }) => index)).toContain(3);
    }
  });

  it('does not campaign when it knows', () => {
    const server = new Server('c', { members: ['a', 'b'], log: [1] });
    for (let i = 0; i < 5; i++) expect(server.passToWake().messages).toEqual([]);
    expect(server.state.currentTerm).toBe(1);
  });

  it.each([
    ['and asks first', true],
    ['and does not ask first', false],
  ])('and does not know it %s: disturbs nobody', (_, preVote) => {
    const group = new Group(...['a', 'b', 'c'].map((id) => new Server(id, { preVote })));
    const [a, b, c] = [...group.servers.values()];
    group.campaign('a');
    group.cut('c');
    group.command('a', { type: 'changeMembers', id: 1, change: { type: 'remove', member: 'c' } });
    expect(inShort(a!.configuration)).toBe('a b');
    group.heal();
    for (let i = 0; i < 3; i++) {
      group.heartbeat('a');
      b!.now = a!.now; // it has heard from its leader just now
      group.heartbeat('a');
      c!.now = Math.max(c!.now, c!.state.timers.election);
      group.settle('c', c!.step({ type: 'wake' }));
    }
    expect(c!.state.role).not.toBe('leader');
    expect([a!, b!].map(({ state }) => [state.role, state.currentTerm])).toEqual([
      ['leader', 1],
      ['follower', 1],
    ]);
  });

  it('and has a higher term does not bring that into the cluster with an answer', () => {
    const server = leader();
    remove(server, 'c');
    const none = { prevLogIndex: 1, conflictTerm: 0, conflictIndex: 0, round: 0 };
    server.receive('c', { type: 'appendEntriesReply', success: false, term: 9, ...none });
    server.receive('c', { type: 'requestVoteReply', term: 9, voteGranted: false });
    expect(server.state).toMatchObject({ role: 'leader', currentTerm: 1 });
  });

  it('is counted no more, be the removal committed or not', () => {
    const server = leader({ members: ['a', 'b', 'c', 'd'] });
    remove(server, 'd');
    server.stored();
    server.accept('d');
    expect(server.state.commitIndex).toBe(1);
    server.accept('b');
    expect(server.state.commitIndex).toBe(2);
  });

  it('can be added again, and its log is found anew', () => {
    const server = leader();
    remove(server, 'c');
    server.stored();
    server.accept('b');
    server.change({ type: 'add', member: { id: 'c', address: null }, as: 'voter' });
    expect(server.state.peers.find(({ id }) => id === 'c')).toMatchObject({ matchIndex: 0, flow: 'probe' });
  });
});
