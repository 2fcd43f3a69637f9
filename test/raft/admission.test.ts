import { describe, expect, it } from 'vitest';
import { introductionsNeeded } from '../../src/raft/admission.js';
import { create, initialState, replay, type RaftRecord } from '../../src/raft/index.js';
import { configurationOf, Server } from './script.js';

const five = ['a', 'b', 'c', 'd', 'e'];

/** A founding member whose journal is `identity`. */
function founder(
  id: string,
  members = ['a', 'b', 'c'],
  fields: Partial<RaftRecord & { type: 'identity' }> = {},
): Server {
  const server = new Server(id, { members });
  const state = initialState(server.options);
  replay(state, { type: 'identity', identity: `new ${id}`, admitted: false, introduced: false, ...fields });
  replay(state, { type: 'configuration', index: 1, term: 1, data: configurationOf(members) });
  server.machine = create(server.options, state);
  return server;
}

const reply = (identity: string, known = identity) => ({ type: 'introductionReply', identity, known }) as const;

describe('how many must know a journal', () => {
  it.each([
    [1, 0],
    [2, 1],
    [3, 2],
    [4, 2],
    [5, 3],
    [6, 4],
    [7, 5],
  ])('of %d members: %d', (members, needed) => {
    expect(introductionsNeeded(members)).toBe(needed);
  });

  it('is so many that any two groups share one that remembers, when a minority has lost its journals', () => {
    for (let members = 2; members <= 64; members++) {
      const others = members - 1;
      const needed = introductionsNeeded(members);
      const shared = 2 * needed - others;
      const otherLost = Math.ceil(members / 2) - 1 - 1; // a minority, without the member that asks
      expect(needed).toBeLessThanOrEqual(others);
      expect(shared).toBeGreaterThan(Math.max(0, otherLost));
    }
  });
});

describe('a founding member', () => {
  it('introduces itself to all others at once, and again until enough have answered', () => {
    const server = founder('a', five);
    expect(server.pass(0).messages.map(({ to, message }) => [to, message])).toEqual(
      ['b', 'c', 'd', 'e'].map((to) => [to, { type: 'introduction', identity: 'new a' }]),
    );
    server.receive('b', reply('new a'));
    server.now += 10;
    expect(server.step({ type: 'wake' }).sent('introduction')).toHaveLength(3);
    server.receive('c', reply('new a'));
    server.receive('d', reply('new a'));
    server.now += 10;
    expect(server.step({ type: 'wake' }).messages).toEqual([]);
  });

  it('introduces itself to whoever comes into reach', () => {
    const server = founder('a');
    server.pass(0);
    expect(server.step({ type: 'peer', id: 'b', up: true }).sent('introduction', 'b')).toHaveLength(1);
    server.receive('b', reply('new a'));
    expect(server.step({ type: 'peer', id: 'b', up: true }).messages).toEqual([]);
  });

  it('takes part once enough know its journal, and writes that down', () => {
    const server = founder('a');
    server.pass(0);
    expect(server.receive('b', reply('new a')).writes).toEqual([]);
    const taken = server.receive('c', reply('new a'));
    expect(taken.writes).toEqual([{ type: 'identity', identity: 'new a', admitted: true, introduced: true }]);
    server.now = server.state.timers.election;
    expect(server.step({ type: 'wake' }).sent('preVote')).toHaveLength(2);
  });

  it('neither votes, nor acknowledges, nor campaigns before that', () => {
    const server = founder('a');
    server.pass(0);
    const request = { term: 2, lastLogIndex: 9, lastLogTerm: 1 };
    const append = { type: 'appendEntries', term: 2, prevLogIndex: 1, prevLogTerm: 1 } as const;
    for (const message of [
      { type: 'preVote', ...request },
      { type: 'requestVote', ...request, transfer: false },
      { ...append, entries: [], leaderCommit: 1, round: 1 },
    ] as const) {
      expect(server.receive('b', message).messages).toEqual([]);
    }
    expect(server.state).toMatchObject({ currentTerm: 1, votedFor: null });
    server.now += 10_000;
    expect(server.step({ type: 'wake' }).messages.every(({ message }) => message.type === 'introduction')).toBe(true);
  });

  it('does not count one answer twice, nor that of a stranger, nor one to another journal', () => {
    const server = founder('a');
    server.pass(0);
    server.receive('b', reply('new a'));
    server.receive('b', reply('new a'));
    server.receive('stranger', reply('new a'));
    server.receive('c', reply('other'));
    expect(server.state.admitted).toBe(false);
  });

  it('of a cluster of two needs the other', () => {
    const server = founder('a', ['a', 'b']);
    server.pass(0);
    expect(server.state.admitted).toBe(false);
    server.receive('b', reply('new a'));
    expect(server.state.admitted).toBe(true);
  });

  it('that says it is of a new cluster takes part at once, and introduces itself all the same', () => {
    const server = founder('a', five, { admitted: true });
    expect(server.pass(0).sent('introduction')).toHaveLength(4);
    server.now = server.state.timers.election;
    expect(server.step({ type: 'wake' }).sent('preVote')).toHaveLength(4);
  });

  it('that was admitted does not ask again after a restart', () => {
    const server = founder('a', five, { admitted: true, introduced: true });
    expect(server.pass(0).messages).toEqual([]);
    expect(server.state.timers.introduction).toBe(Infinity);
  });
});

describe('a member that came back with another journal', () => {
  it('is told so, and takes part in nothing', () => {
    const server = founder('a');
    server.pass(0);
    const taken = server.receive('b', reply('new a', 'old a'));
    expect(taken.said('denied')).toEqual([{ type: 'denied', by: 'b' }]);
    server.receive('c', reply('new a'));
    server.now += 10_000;
    expect(server.step({ type: 'wake' }).messages).toEqual([]);
    expect(server.state.admitted).toBe(false);
  });

  it('is told once', () => {
    const server = founder('a');
    server.pass(0);
    server.receive('b', reply('new a', 'old a'));
    expect(server.receive('c', reply('new a', 'old a')).outputs).toEqual([]);
  });

  it('that said it was of a new cluster steps down', () => {
    const server = founder('a', five, { admitted: true });
    server.pass(0);
    server.now = server.state.timers.election;
    server.step({ type: 'wake' });
    expect(server.state.role).toBe('preCandidate');
    server.receive('b', reply('new a', 'old a'));
    expect(server.state).toMatchObject({ role: 'follower', admitted: false });
  });
});

describe('the others', () => {
  const introduction = { type: 'introduction', identity: 'new b' } as const;

  it('note a journal durably before they answer', () => {
    const server = new Server('a');
    const taken = server.receive('b', introduction);
    expect(taken.writes).toEqual([{ type: 'introduced', member: 'b', identity: 'new b' }]);
    expect(taken.messages).toEqual([{ to: 'b', message: reply('new b'), after: server.written }]);
  });

  it('answer again what they noted, and write nothing', () => {
    const server = new Server('a');
    server.receive('b', introduction);
    server.stored();
    const taken = server.receive('b', introduction);
    expect([taken.writes, taken.sent('introductionReply')]).toEqual([[], [reply('new b')]]);
  });

  it('say which journal they knew first, for ever', () => {
    const server = new Server('a');
    server.receive('b', { type: 'introduction', identity: 'old b' });
    for (let again = 0; again < 2; again++) {
      expect(server.receive('b', introduction).sent('introductionReply')).toEqual([reply('new b', 'old b')]);
    }
  });

  it('answer also when they are not admitted themselves, or nobody would be', () => {
    const server = founder('a');
    expect(server.receive('b', introduction).sent('introductionReply')).toEqual([reply('new b')]);
  });

  it('do not note strangers, of which there may be any number', () => {
    const server = new Server('a');
    expect(server.receive('stranger', introduction)).toMatchObject({ writes: [], messages: [] });
    expect(server.state.acquaintances).toEqual({});
  });

  it('carry what they noted through a snapshot', () => {
    const server = founder('a', five, { admitted: true, introduced: true });
    server.receive('b', introduction);
    server.state.commitIndex = server.state.applying = server.state.lastApplied = 1;
    server.stored();
    const [checkpoint] = server.step({ type: 'command', command: { type: 'snapshot', index: 1 } }).said('checkpoint');
    expect(checkpoint!.carry).toEqual([
      { type: 'hardState', term: 1, votedFor: null },
      { type: 'identity', identity: 'new a', admitted: true, introduced: true },
      { type: 'introduced', member: 'b', identity: 'new b' },
    ]);
  });
});
