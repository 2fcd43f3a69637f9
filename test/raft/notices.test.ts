import { describe, expect, it } from 'vitest';
import { Server, type Message, type Taken } from './script.js';

/** A leader whose followers are in step, with two entries on the way to both. */
function leader(): Server {
  const server = new Server('a').lead();
  server.propose(1);
  server.propose(1);
  return server;
}

function unreachable(server: Server, peer = 'b'): Taken {
  return server.command({ type: 'unreachable', peer });
}

function indexes(appends: readonly Message<'appendEntries'>[]): number[][] {
  return appends.map(({ entries }) => entries.map(({ index }) => index));
}

describe('a follower that cannot be reached', () => {
  it('is probed from where its log is known to be equal: what was on the way may be lost', () => {
    const server = leader();
    expect(indexes(unreachable(server).sent('appendEntries', 'b'))).toEqual([[2, 3]]);
    expect(server.state.peers[0]).toMatchObject({ flow: 'probe', nextIndex: 2, inflight: [3] });
  });

  it('is sent no more at each notice, or a host that notices at once would never come to rest', () => {
    const server = leader();
    unreachable(server);
    for (let i = 0; i < 3; i++) expect(unreachable(server).messages).toEqual([]);
    expect(indexes(server.passToWake().sent('appendEntries', 'b'))).toEqual([[], [2, 3]]);
  });

  it('goes on as before once it answers', () => {
    const server = leader();
    unreachable(server);
    server.accept('b', 3);
    expect(server.state.peers[0]).toMatchObject({ flow: 'replicate', nextIndex: 4 });
  });

  it('does not hold up the others', () => {
    const server = leader();
    unreachable(server);
    expect(server.state.peers[1]).toMatchObject({ id: 'c', flow: 'replicate', inflight: [2, 3] });
  });

  it('is not one of whom nothing is known', () => {
    const server = leader();
    expect(unreachable(server, 'x').messages).toEqual([]);
    expect(unreachable(new Server('a', { log: [1] })).messages).toEqual([]);
  });
});

describe('a piece of a snapshot that did not arrive', () => {
  /** A leader that has sent b the first piece of a snapshot. */
  function sending(): Server {
    const server = new Server('a', { log: [1, 1], committed: 2 });
    server.command({ type: 'snapshot', index: 2 });
    server.command({ type: 'compacted', index: 2, firstIndex: 3 });
    server.elect();
    server.stored();
    server.accept('c', 3);
    const refusal = { success: false, prevLogIndex: 2, conflictTerm: 0, conflictIndex: 1, round: 0 } as const;
    const term = server.state.currentTerm;
    const asked = server.receive('b', { type: 'appendEntriesReply', term, ...refusal });
    expect(asked.said('readSnapshot')).toHaveLength(1);
    const piece = { to: 'b', index: 2, offset: 0, data: Uint8Array.of(1), done: false };
    expect(server.command({ type: 'snapshotRead', ...piece }).sent('installSnapshot', 'b')).toHaveLength(1);
    return server;
  }

  it('is sent again at the next heartbeat, not a whole election timeout later', () => {
    const server = sending();
    expect(server.pass(10).said('readSnapshot')).toEqual([]);
    expect(server.command({ type: 'snapshotFailed', peer: 'b' }).said('readSnapshot')).toEqual([]);
    expect(server.pass(10).said('readSnapshot')).toMatchObject([{ to: 'b', offset: 0 }]);
  });

  it('is sent again also when its receiver could not be reached, and the snapshot goes on', () => {
    const server = sending();
    expect(unreachable(server).messages).toEqual([]);
    expect(server.pass(10).said('readSnapshot')).toMatchObject([{ to: 'b', index: 2, offset: 0 }]);
  });

  it('is not read twice when it is being read', () => {
    const server = sending();
    server.command({ type: 'snapshotFailed', peer: 'b' });
    server.pass(10);
    server.command({ type: 'snapshotFailed', peer: 'b' });
    expect(server.pass(10).said('readSnapshot')).toEqual([]);
  });

  it('is none of a follower that gets no snapshot, or of a stranger', () => {
    const server = sending();
    for (const peer of ['c', 'x']) expect(server.command({ type: 'snapshotFailed', peer }).outputs).toEqual([]);
    expect(server.state.peers[1]).toMatchObject({ id: 'c', flow: 'replicate' });
  });
});

describe('a server that is to forget its leader', () => {
  const log = { lastLogIndex: 1, lastLogTerm: 1 };

  /** It has heard from its leader, a, just now. */
  function follower(): Server {
    const server = new Server('b', { log: [1] });
    server.append('a', { round: 1 });
    return server;
  }

  it('tells that it knows none', () => {
    const taken = follower().command({ type: 'forgetLeader' });
    expect(taken.outputs).toEqual([{ type: 'role', role: 'follower', term: 1, leader: null }]);
  });

  it('votes at once, and in pre-votes', () => {
    const server = follower();
    server.command({ type: 'forgetLeader' });
    const asked = server.receive('c', { type: 'preVote', term: 2, ...log });
    expect(asked.sent('preVoteReply')).toMatchObject([{ granted: true }]);
    const voted = server.receive('c', { type: 'requestVote', term: 2, ...log, transfer: false });
    expect(voted.sent('requestVoteReply')).toMatchObject([{ voteGranted: true }]);
  });

  it('campaigns no earlier for that: only one that has the votes needs to', () => {
    const server = follower();
    const { election } = server.state.timers;
    expect(server.command({ type: 'forgetLeader' }).messages).toEqual([]);
    expect(server.state.timers.election).toBe(election);
  });

  it('keeps its vote and its term', () => {
    const server = new Server('b', { log: [1], term: 3, votedFor: 'a' });
    server.append('a');
    server.command({ type: 'forgetLeader' });
    expect(server.state).toMatchObject({ currentTerm: 3, votedFor: 'a' });
  });

  it('refuses the reads that it asked that leader for', () => {
    const server = follower();
    server.command({ type: 'read', id: 1 });
    expect(server.command({ type: 'forgetLeader' }).said('refused')).toMatchObject([{ id: 1, leader: null }]);
  });

  it('knows it again when it hears from it', () => {
    const server = follower();
    server.command({ type: 'forgetLeader' });
    server.append('a', { round: 2 });
    expect(server.state).toMatchObject({ leader: 'a', leaderContact: server.now });
  });

  it('does not when it leads itself', () => {
    const server = new Server('a').lead();
    server.command({ type: 'forgetLeader' });
    expect(server.state).toMatchObject({ role: 'leader', leader: 'a' });
  });
});
