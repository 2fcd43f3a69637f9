import { describe, expect, it } from 'vitest';
import type { NodeId } from '../../src/core/index.js';
import { Group, Server, type Message, type ServerOptions, type Taken } from './script.js';

/** A follower of a, in term 1. */
function follower(options: ServerOptions = {}): Server {
  const server = new Server('b', { log: [1], incarnation: 5, ...options });
  server.append('a');
  return server;
}

/** A leader that has committed the entry that began its term, at index 1. */
function leader(options: ServerOptions = {}): Server {
  return new Server('a', options).lead();
}

function read(server: Server, id = 1): Taken {
  return server.command({ type: 'read', id });
}

/** The leader answers a question. */
function answer(server: Server, fields: Partial<Message<'readIndexReply'>> = {}, from: NodeId = 'a'): Taken {
  const { currentTerm: term } = server.state;
  return server.receive(from, { type: 'readIndexReply', term, incarnation: 5, ask: 1, index: 1, ...fields });
}

function ask(server: Server, from: NodeId, number = 1, incarnation = 5): Taken {
  const { currentTerm: term } = server.state;
  return server.receive(from, { type: 'readIndex', term, incarnation, ask: number });
}

function readable(taken: Taken): number[] {
  return taken.said('readable').map(({ id }) => id);
}

describe('a read on a server that does not lead (thesis, section 6.4)', () => {
  it('asks the leader, and is readable at the index that it answers', () => {
    const server = follower();
    const question = { type: 'readIndex', term: 1, incarnation: 5, ask: 1 };
    expect(read(server).messages).toEqual([{ to: 'a', message: question, after: 0 }]);
    expect(answer(server, { index: 9 }).said('readable')).toEqual([{ type: 'readable', id: 1, index: 9 }]);
  });

  it('works on learners too', () => {
    expect(read(follower({ members: ['a', 'c'], learners: ['b'] })).sent('readIndex', 'a')).toHaveLength(1);
  });

  it('shares its question with all reads of its turn', () => {
    const server = follower();
    const reads = [1, 2, 3].map((id) => ({ type: 'command', command: { type: 'read', id } }) as const);
    expect(server.step(...reads).sent('readIndex')).toHaveLength(1);
    expect(readable(answer(server))).toEqual([1, 2, 3]);
  });

  it('is not answered by the answer to an earlier question', () => {
    const server = follower();
    read(server, 1);
    read(server, 2);
    expect(readable(answer(server, { ask: 1 }))).toEqual([1]);
    expect(readable(answer(server, { ask: 2 }))).toEqual([2]);
  });

  it('is answered by the answer to a later question', () => {
    const server = follower();
    read(server, 1);
    read(server, 2);
    expect(readable(answer(server, { ask: 2 }))).toEqual([1, 2]);
  });

  it('is answered once', () => {
    const server = follower();
    read(server);
    answer(server);
    expect(answer(server).outputs).toEqual([]);
  });

  it.each([
    ['an earlier run of this server', { incarnation: 4 }, 'a'],
    ['an older term', { term: 0 }, 'a'],
    ['somebody who does not lead', {}, 'c'],
  ])('is not answered by an answer to or of %s', (_, fields, from) => {
    const server = follower();
    read(server);
    expect(answer(server, fields, from).said('readable')).toEqual([]);
    expect(readable(answer(server))).toEqual([1]);
  });

  it('asks again when a heartbeat shows that the leader is there and did not answer for one interval', () => {
    const server = follower();
    read(server, 1);
    expect(server.append('a', { round: 1 }).sent('readIndex')).toEqual([]);
    server.now += 10; // the interval
    expect(server.append('a', { round: 2 }).sent('readIndex')).toMatchObject([{ ask: 2 }]);
    expect(readable(answer(server, { ask: 2 }))).toEqual([1]);
  });

  it('does not ask again when it was answered', () => {
    const server = follower();
    read(server, 1);
    answer(server);
    server.now += 10;
    expect(server.append('a', { round: 1 }).sent('readIndex')).toEqual([]);
  });

  it('is still answered by the first answer after it asked again', () => {
    const server = follower();
    read(server, 1);
    server.now += 10;
    server.append('a', { round: 1 });
    expect(readable(answer(server, { ask: 1 }))).toEqual([1]);
  });

  it('waits for a disk that has not written the term yet', () => {
    const server = new Server('b', { log: [1] });
    server.append('a', { term: 2 });
    expect(read(server).after('readIndex')).toEqual([1]);
  });

  it('is refused when nobody leads', () => {
    const refused = { type: 'refused', id: 1, reason: 'notLeader', leader: null };
    expect(read(new Server('b')).outputs).toEqual([refused]);
  });

  it('is refused when another one leads, and says who', () => {
    const server = follower();
    read(server);
    const refused = { type: 'refused', id: 1, reason: 'notLeader', leader: 'c' };
    expect(server.append('c', { term: 2 }).said('refused')).toEqual([refused]);
  });

  it('is refused when the leader is gone', () => {
    const server = follower();
    read(server);
    const refused = { type: 'refused', id: 1, reason: 'notLeader', leader: null };
    expect(server.passToWake().said('refused')).toEqual([refused]);
  });

  it('is refused when this server leads itself, also when that takes one turn', () => {
    const server = follower({ members: ['a', 'b'] });
    server.append('a', { entries: [{ type: 'configuration', index: 2, term: 1, data: { voters: [{ id: 'b', address: null }], outgoing: [], learners: [] } }] }); // prettier-ignore
    server.stored();
    read(server);
    const taken = server.receive('a', { type: 'timeoutNow', term: 1 });
    expect(server.state.role).toBe('leader');
    expect(taken.said('refused')).toEqual([{ type: 'refused', id: 1, reason: 'notLeader', leader: 'b' }]);
  });

  it('is refused when there are too many, until some are answered', () => {
    const server = follower({ maxPendingReads: 2 });
    read(server, 1);
    read(server, 2);
    expect(read(server, 3).outputs).toEqual([{ type: 'refused', id: 3, reason: 'overloaded', leader: 'a' }]);
    answer(server, { ask: 1 });
    expect(read(server, 4).said('refused')).toEqual([]);
  });
});

describe('a leader that is asked for an index', () => {
  it('answers with its commit index once a majority confirmed that it leads', () => {
    const server = leader();
    const asked = ask(server, 'b', 3);
    expect(asked.sent('readIndexReply')).toEqual([]);
    const { round } = asked.sent('appendEntries', 'c')[0]!;
    const reply = { type: 'readIndexReply', term: 1, incarnation: 5, ask: 3, index: 1 };
    expect(server.accept('c', 1, round).messages).toContainEqual({ to: 'b', message: reply, after: 0 });
  });

  it('answers with the commit index of when it was asked', () => {
    const server = leader();
    const { round } = ask(server, 'b').sent('appendEntries', 'c')[0]!;
    server.propose(1);
    server.stored();
    server.accept('c', 2);
    expect(server.accept('c', 2, round).sent('readIndexReply')).toMatchObject([{ index: 1 }]);
  });

  it('waits until it has committed an entry of its term', () => {
    const server = new Server('a', { log: [1], committed: 1 });
    server.elect();
    server.stored();
    ask(server, 'b');
    expect(server.accept('c', 1, server.state.round).sent('readIndexReply')).toEqual([]);
    const { round } = server.accept('c', 2).sent('appendEntries', 'c').at(-1)!;
    expect(server.accept('c', 2, round).sent('readIndexReply')).toMatchObject([{ index: 2 }]);
  });

  it('asks all in one round, its own reads too', () => {
    const server = leader();
    const question = (from: NodeId) => {
      const message = { type: 'readIndex', term: 1, incarnation: 5, ask: 1 } as const;
      return { type: 'message', from, message } as const;
    };
    const own = { type: 'command', command: { type: 'read', id: 9 } } as const;
    const { round } = server.step(question('b'), own, question('c')).sent('appendEntries', 'c')[0]!;
    const taken = server.accept('c', 1, round);
    expect(taken.sent('readIndexReply')).toHaveLength(2);
    expect(readable(taken)).toEqual([9]);
  });

  it('takes no more than it may have of both', () => {
    const server = leader({ maxPendingReads: 2 });
    read(server, 1);
    ask(server, 'b', 1);
    ask(server, 'b', 2);
    expect(server.state.reads).toHaveLength(2);
    expect(read(server, 2).said('refused')).toMatchObject([{ id: 2, reason: 'overloaded' }]);
  });

  it('answers nothing when it leads no more, and refuses nothing to itself', () => {
    const server = leader();
    ask(server, 'b', 1);
    const taken = server.append('c', { term: 2 });
    expect(taken.said('refused')).toEqual([]);
    expect(server.state.reads).toEqual([]);
  });

  it('does not answer strangers', () => {
    const server = leader();
    expect(ask(server, 'x').messages).toEqual([]);
    expect(server.state.reads).toEqual([]);
  });

  it('of an older term answers nothing', () => {
    const server = leader();
    const taken = server.receive('b', { type: 'readIndex', term: 2, incarnation: 5, ask: 1 });
    expect(taken.sent('readIndexReply')).toEqual([]);
    expect(server.state.role).toBe('follower');
  });
});

describe('reads on all servers of a cluster', () => {
  it('see everything that was committed before them, also where that has not arrived', () => {
    const group = new Group(...['a', 'b', 'c'].map((id) => new Server(id)));
    group.campaign('a');
    group.cut('c');
    group.settle('a', group.servers.get('a')!.propose(1));
    const { commitIndex } = group.servers.get('a')!.state;
    expect(group.servers.get('c')!.state.commitIndex).toBeLessThan(commitIndex);
    group.heal();
    for (const id of ['a', 'b', 'c']) group.command(id, { type: 'read', id: 1 });
    for (const id of ['a', 'b', 'c']) expect(group.said(id, 'readable')).toMatchObject([{ index: commitIndex }]);
  });

  it('are not answered by a leader that was replaced and does not know it', () => {
    const group = new Group(...['a', 'b', 'c', 'd', 'e'].map((id) => new Server(id, { members: ['a', 'b', 'c', 'd', 'e'] }))); // prettier-ignore
    group.campaign('a');
    group.cut('a', 'b');
    group.campaign('c');
    expect(group.servers.get('c')!.state.role).toBe('leader');
    group.heal();
    group.lose = ({ from, to }) => ['a', 'b'].includes(from) !== ['a', 'b'].includes(to);
    group.command('b', { type: 'read', id: 1 });
    group.heartbeat('a');
    expect(group.said('b', 'readable')).toEqual([]);
  });
});

it('questions that a server repeats before the leader knows what is committed take one place among its reads', () => {
  const server = new Server('a', { maxPendingReads: 2 });
  server.elect(); // and its entry is not committed yet
  for (let number = 1; number <= 300; number++) ask(server, 'b', number);
  ask(server, 'b', 1, 6); // of another run
  expect(server.state.reads).toMatchObject([
    { from: 'b', id: 300, incarnation: 5 },
    { from: 'b', id: 1, incarnation: 6 },
  ]);
});
