import { describe, expect, it } from 'vitest';
import { inShort, membersOf, Server } from './script.js';

/** In the middle of a change: both majorities of three share `a` only. */
const JOINT = { members: ['a', 'b', 'c'], outgoing: ['a', 'd', 'e'] };
const MAJORITIES: readonly [string, readonly [string, string], string][] = [
  ['of the new voters', ['b', 'c'], 'd'],
  ['of the old voters', ['d', 'e'], 'b'],
];

/** A leader that has appended a joint configuration, at index 2, and not committed it. */
function changing(): Server {
  const server = new Server('a', { members: ['a', 'd', 'e'], learners: ['b', 'c'] }).lead();
  server.change({ type: 'set', voters: membersOf(['a', 'b', 'c']), learners: [] });
  server.stored();
  expect(inShort(server.configuration)).toBe('a b c|a d e');
  return server;
}

describe.each(MAJORITIES)('in a joint configuration (section 6) a majority %s alone', (_, [first, second], other) => {
  it('commits nothing', () => {
    const server = new Server('a', JOINT);
    server.elect();
    server.stored();
    server.accept(first, 1);
    server.accept(second, 1);
    expect(server.state.commitIndex).toBe(0);
    server.accept(other, 1);
    expect(server.state.commitIndex).toBe(1);
  });

  it('does not even commit the end of the joint configuration', () => {
    const server = changing();
    for (const id of [first, second]) expect(server.accept(id).writes).toEqual([]);
    expect(server.accept(other).writes).toMatchObject([{ type: 'configuration' }]);
  });

  it('elects nobody', () => {
    const server = new Server('a', { ...JOINT, preVote: false });
    expect(server.passToWake().sent('requestVote')).toHaveLength(4);
    const vote = { type: 'requestVoteReply', term: 1, voteGranted: true } as const;
    server.receive(first, vote);
    server.receive(second, vote);
    expect(server.state.role).toBe('candidate');
    server.receive(other, vote);
    expect(server.state.role).toBe('leader');
  });

  it('grants no pre-vote', () => {
    const server = new Server('a', JOINT);
    expect(server.passToWake().sent('preVote')).toHaveLength(4);
    const grant = { type: 'preVoteReply', term: 0, campaignTerm: 1, granted: true } as const;
    server.receive(first, grant);
    server.receive(second, grant);
    expect(server.state.role).toBe('preCandidate');
    server.receive(other, grant);
    expect(server.state.role).toBe('candidate');
  });

  it('refuses a candidate for good', () => {
    const server = new Server('a', { ...JOINT, preVote: false });
    server.passToWake();
    const refusal = { type: 'requestVoteReply', term: 1, voteGranted: false } as const;
    server.receive(first, refusal);
    expect(server.state.role).toBe('candidate');
    server.receive(second, refusal);
    expect(server.state.role).toBe('follower');
  });

  it('confirms no read', () => {
    const server = changing();
    const { round } = server.command({ type: 'read', id: 1 }).sent('appendEntries', first).at(-1)!;
    server.accept(first, 1, round);
    expect(server.accept(second, 1, round).said('readable')).toEqual([]);
    expect(server.accept(other, 1, round).said('readable')).toHaveLength(1);
  });

  it('does not keep a leader in office', () => {
    const server = changing();
    for (let beat = 0; beat <= 11; beat++) {
      for (const id of [first, second]) if (server.state.role === 'leader') server.accept(id, 1);
      server.pass(10);
    }
    expect(server.state.role).toBe('follower');
  });

  it('does so with one of the others', () => {
    const server = changing();
    for (let beat = 0; beat <= 22; beat++) {
      for (const id of [first, other]) server.accept(id, 1);
      server.pass(10);
    }
    expect(server.state.role).toBe('leader');
  });
});

describe('a joint configuration', () => {
  it('counts a server that is in both for both', () => {
    const server = new Server('b', JOINT); // b is in the new one only
    server.elect();
    server.stored();
    server.accept('a', 1);
    expect(server.state.commitIndex).toBe(0);
    server.accept('d', 1);
    expect(server.state.commitIndex).toBe(1);
  });

  it('lets one that will be no member campaign, lead and bring it to its end', () => {
    const server = new Server('d', JOINT);
    server.lead();
    expect(inShort(server.configuration)).toBe('a b c');
    server.accept('a');
    server.accept('b');
    expect(server.state).toMatchObject({ role: 'follower', commitIndex: 2 });
  });

  it('sends entries to all of both', () => {
    const server = new Server('a', JOINT);
    const taken = server.elect();
    expect(taken.messages.map(({ to }) => to)).toEqual(['b', 'c', 'd', 'e']);
  });
});
