import { describe, expect, it } from 'vitest';
import { withSessions } from '../../src/host/sessions.js';
import { encodeSessionCommand } from '../../src/host/sessions/session-command.js';
import { initialState, replay, type RaftMessage } from '../../src/raft/index.js';
import { Proposals } from '../../src/raft/proposals.js';
import { VirtualClock } from '../../src/testing/index.js';
import { bytes, Ledger } from '../host/sessions/ledger.js';
import { line, listen, startCluster } from './node-cluster.js';
import { configurationEntry, configurationOf, entries, entry, Group, inShort, membersOf, Server } from './script.js';

/*
 * Fourteen lessons: what users of other implementations have met with. At least one short test for each; the files that
 * are named have the rest.
 */

const remove = (member: string) => ({ type: 'remove', member }) as const;
const snapshotMessage = {
  type: 'installSnapshot',
  term: 4,
  lastIncludedIndex: 3,
  lastIncludedTerm: 3,
  configuration: configurationOf(['a', 'b', 'c']),
  offset: 0,
  data: Uint8Array.of(1),
  done: true,
} as const;

describe('lesson 1, members change when the entry is in the log, not when it is applied (membership, configuration)', () => {
  it('a configuration that is committed and not applied is in force', () => {
    const server = new Server('a', { log: [1] });
    server.append('b', { entries: [configurationEntry(2, 1, configurationOf(['a', 'b', 'c', 'd', 'e']))], leaderCommit: 2 }); // prettier-ignore
    server.stored();
    expect(server.state.lastApplied).toBe(0);
    expect(server.passToWake().sent('preVote')).toHaveLength(4);
  });

  it('at most one change is not committed, also while nothing is applied', () => {
    const server = new Server('a', { members: ['a', 'b', 'c', 'd', 'e'] }).lead();
    server.change(remove('e'), 1);
    server.command({ type: 'cancelChange', id: 1 });
    expect(server.change(remove('d'), 2).writes).toEqual([]);
    server.stored();
    for (const id of ['b', 'c']) server.accept(id);
    expect(server.state.lastApplied).toBe(0);
    expect(inShort(server.configuration)).toBe('a b c');
  });
});

describe('lesson 2, the bug of single-server changes (membership)', () => {
  it('a leader changes nothing before it has committed an entry of its own term', () => {
    const server = new Server('a', { log: [1, 1] });
    server.elect();
    server.stored();
    server.change(remove('c'));
    server.accept('b', 2);
    expect(inShort(server.configuration)).toBe('a b c');
    server.accept('b', 3);
    expect(inShort(server.configuration)).toBe('a b');
  });
});

describe('lesson 3, only entries of the current term are committed by counting (commit, paper-figures)', () => {
  it('a leader begins its term with an entry, and commits the older ones with it', () => {
    const server = new Server('a', { log: [1, 1] });
    expect(server.elect().writes).toMatchObject([{ type: 'noop', index: 3, term: 2 }]);
    server.stored();
    for (const id of ['b', 'c']) server.accept(id, 2);
    expect(server.state.commitIndex).toBe(0);
    server.accept('b', 3);
    expect(server.state.commitIndex).toBe(3);
  });
});

describe('lesson 4, servers that come back disturb nobody (election, removal)', () => {
  it('one that was cut off raises no term, and the leader stays', () => {
    const group = new Group(...['a', 'b', 'c'].map((id) => new Server(id)));
    const [a, b, c] = [...group.servers.values()];
    group.campaign('a');
    group.cut('c');
    for (let i = 0; i < 20; i++) group.settle('c', c!.passToWake());
    group.heartbeat('a');
    b!.now = a!.now;
    group.heartbeat('a');
    group.heal();
    group.settle('c', c!.passToWake());
    group.heartbeat('a');
    expect([a, b, c].map((server) => [server!.state.role, server!.state.currentTerm])).toEqual([
      ['leader', 1],
      ['follower', 1],
      ['follower', 1],
    ]);
  });

  it('one that was removed or demoted inflates no term, whatever its own is', () => {
    const server = new Server('a').lead();
    server.change(remove('c'));
    const refusal = { success: false, prevLogIndex: 1, conflictTerm: 0, conflictIndex: 1, round: 0 } as const;
    server.receive('c', { type: 'appendEntriesReply', term: 9, ...refusal });
    const log = { lastLogIndex: 9, lastLogTerm: 8 };
    server.receive('c', { type: 'requestVote', term: 9, ...log, transfer: false });
    server.receive('c', { type: 'preVote', term: 10, ...log });
    expect(server.state).toMatchObject({ role: 'leader', currentTerm: 1 });
  });
});

describe('lesson 5, term and vote (durability)', () => {
  const request: RaftMessage = { type: 'requestVote', term: 4, lastLogIndex: 9, lastLogTerm: 3, transfer: false };

  it('are one durable record before any reply', () => {
    const taken = new Server('a', { log: [1] }).receive('b', request);
    expect(taken.writes).toEqual([{ type: 'hardState', term: 4, votedFor: 'b' }]);
    expect(taken.after('requestVoteReply')).toEqual([1]);
  });

  it('and the vote is never cleared inside a term, by no message and no restart', () => {
    const server = new Server('a', { log: [1], term: 4, votedFor: 'b' });
    server.append('c', { term: 4 });
    server.receive('c', { type: 'timeoutNow', term: 3 });
    server.command({ type: 'forgetLeader' });
    expect(server.receive('c', request).sent('requestVoteReply')).toMatchObject([{ voteGranted: false }]);
    expect(server.state.votedFor).toBe('b');
    const restarted = initialState({ id: 'a' });
    replay(restarted, { type: 'hardState', term: 4, votedFor: 'b' });
    replay(restarted, entry(1, 4));
    expect(restarted.votedFor).toBe('b');
  });
});

describe('lesson 6, committed means durable on a quorum (commit, durability)', () => {
  it('also in a cluster of one', () => {
    const server = new Server('a', { members: ['a'] });
    server.passToWake();
    expect(server.propose(1).said('apply')).toEqual([]);
    expect(server.stored().said('apply')).toHaveLength(1);
  });

  it('and a late answer of the disk does not confirm what a newer leader put in the place (ABA)', () => {
    const server = new Server('a', { log: [1] });
    server.append('b', { entries: entries(1, 1) });
    server.append('c', { term: 3, prevLogIndex: 1, entries: entries(1, 3) });
    server.stored(1);
    expect(server.state.storedIndex).toBe(1);
  });
});

describe('lesson 7, disks fail (durability, node-failures, storage)', () => {
  it('one that hangs stops the heartbeats', () => {
    const server = new Server('a', { stalledWriteMs: 50 });
    server.elect();
    server.now += 50;
    expect(server.step({ type: 'wake' }).sent('appendEntries')).toEqual([]);
    expect(server.state.role).toBe('follower');
  });

  it('one that failed ends the node, so that no index of the term is used twice; what was open is unknown', async () => {
    const cluster = await startCluster({ ids: ['a'] });
    const { node, journal } = await cluster.leader();
    const heard = listen(node);
    journal.beforeAppend = () => Promise.reject(new Error('fsync'));
    expect(await cluster.failure(node.propose(line('x')))).toMatchObject({ outcome: 'unknown' });
    const { length } = journal.appended;
    expect(heard.filter(([name]) => name === 'failed')).toHaveLength(1);
    expect(await cluster.failure(node.propose(line('y')))).toMatchObject({ code: 'closed' });
    expect(journal.appended).toHaveLength(length);
  });
});

describe('lesson 8, a torn tail is no corruption and the reverse (recovery; storage/file-journal-damage)', () => {
  it('a journal with a gap is refused', () => {
    const state = initialState({ id: 'a' });
    replay(state, entry(1, 1));
    expect(() => replay(state, entry(3, 1))).toThrow(expect.objectContaining({ code: 'journal-inconsistent' }));
  });

  it('a follower whose log is shorter than what is committed gets the rest, and commits no more than it has', () => {
    const server = new Server('a', { log: [1, 1] });
    const taken = server.append('b', { prevLogIndex: 9, prevLogTerm: 1, leaderCommit: 9 });
    expect(taken.sent('appendEntriesReply')).toMatchObject([{ success: false, conflictIndex: 3 }]);
    expect(server.state.commitIndex).toBe(0);
    server.append('b', { prevLogIndex: 2, leaderCommit: 9, round: 1 });
    expect(server.state.commitIndex).toBe(2);
  });
});

describe('lesson 9, the snapshot against the log (snapshots, retention)', () => {
  it('what follows the snapshot stays where the entry at its index is the same', () => {
    const server = new Server('a', { log: [1, 1, 3, 3, 3], term: 4 });
    expect(server.receive('b', snapshotMessage).said('receiveSnapshot')).toEqual([]);
    expect(server.terms).toEqual([1, 1, 3, 3, 3]);
  });

  it('else the whole log goes', () => {
    const server = new Server('a', { log: [1, 1, 2, 2, 2], term: 4 });
    server.receive('b', snapshotMessage);
    server.command({ type: 'snapshotReceived', index: 3, offset: 1 });
    server.command({ type: 'installed', index: 3 });
    expect(server.terms).toEqual([]);
    expect(server.state.log).toMatchObject({ lastIndex: 3, snapshotTerm: 3 });
  });

  it('an entry that a snapshot swallowed is no conflict', () => {
    const server = new Server('a', { log: [1, 1, 1, 1], committed: 4 });
    server.command({ type: 'snapshot', index: 4 });
    server.command({ type: 'compacted', index: 4, firstIndex: 5 });
    const taken = server.append('b', { prevLogIndex: 2, prevLogTerm: 1, entries: entries(2, 1, 1, 1) });
    expect(taken.sent('appendEntriesReply')).toMatchObject([{ success: true, matchIndex: 5 }]);
  });

  it('a leader that has no entries left sends the snapshot', () => {
    const server = new Server('a', { log: [1, 1], committed: 2 });
    server.command({ type: 'snapshot', index: 2 });
    server.command({ type: 'compacted', index: 2, firstIndex: 3 });
    server.elect();
    const refusal = { success: false, prevLogIndex: 2, conflictTerm: 0, conflictIndex: 1, round: 0 } as const;
    const term = server.state.currentTerm;
    const taken = server.receive('b', { type: 'appendEntriesReply', term, ...refusal });
    expect(taken.said('readSnapshot')).toMatchObject([{ to: 'b', index: 2 }]);
  });

  it('the log that a slow follower needs stays, up to a limit', () => {
    const log = Array.from({ length: 49 }, () => 1);
    const server = new Server('a', { log, trailingEntries: 5, maxTrailingEntries: 20 }).lead();
    server.state.peers[0]!.matchIndex = 40;
    server.command({ type: 'applied', index: 50 });
    expect(server.command({ type: 'snapshot', index: 50 }).said('checkpoint')).toMatchObject([{ firstIndex: 41 }]);
  });

  it('calls that a snapshot overtook reject as unknown', async () => {
    const limits = { clock: new VirtualClock(), timeoutMs: 1000, maxUncommittedBytes: 1000 };
    const submitted: number[] = [];
    const proposals = new Proposals<string>(limits, () => 1, ({ type }) => submitted.push(type.length)); // prettier-ignore
    const open = proposals.propose(line('x'));
    await Promise.resolve();
    expect(submitted).toHaveLength(1);
    proposals.accepted({ type: 'accepted', id: 1, index: 7, term: 1 });
    proposals.overtaken(9);
    await expect(open).rejects.toMatchObject({ code: 'proposal-lost', outcome: 'unknown' });
    proposals.close(new Error('over'));
  });
});

describe('lesson 10, learners (learners, removal)', () => {
  it('one that is asked to vote votes', () => {
    const server = new Server('d', { learners: ['d'], log: [1] });
    const request = { type: 'requestVote', term: 2, lastLogIndex: 1, lastLogTerm: 1, transfer: false } as const;
    expect(server.receive('b', request).sent('requestVoteReply')).toMatchObject([{ voteGranted: true }]);
  });

  it('one that is promoted goes on where it was', () => {
    const server = new Server('a', { learners: ['d'] }).lead();
    const [progress] = server.state.peers.filter(({ id }) => id === 'd');
    server.change({ type: 'add', member: { id: 'd', address: null }, as: 'voter' });
    expect(inShort(server.configuration)).toBe('a b c d');
    expect(server.state.peers).toContain(progress);
    expect(progress).toMatchObject({ matchIndex: 1, flow: 'replicate' });
  });

  it('a new voter does not count before it has caught up', () => {
    const server = new Server('a').lead();
    server.change({ type: 'add', member: { id: 'd', address: null }, as: 'voter' });
    server.stored();
    server.accept('b');
    expect(server.state.commitIndex).toBe(2);
    expect(inShort(server.configuration)).toBe('a b c +d');
  });

  it('a leader that is removed steps down, after the joint configuration is left', () => {
    const server = new Server('a', { learners: ['d', 'e'] }).lead();
    server.change({ type: 'set', voters: membersOf(['c', 'd', 'e']), learners: [] });
    server.stored();
    for (const id of ['b', 'c', 'd']) server.accept(id, 2);
    expect([server.state.role, inShort(server.configuration)]).toEqual(['leader', 'c d e']);
    for (const id of ['c', 'd']) server.accept(id, 3);
    expect(server.state.role).toBe('follower');
  });
});

describe('lesson 11, reads (reads, follower-reads, lease)', () => {
  it('wait for the first entry of the term, and are reported when they will not be answered', () => {
    const server = new Server('a', { log: [1], committed: 1 });
    server.elect();
    server.stored();
    server.command({ type: 'read', id: 1 });
    server.passToWake();
    expect(server.accept('b', 1, server.state.round).said('readable')).toEqual([]);
    expect(server.append('c', { term: 9 }).said('refused')).toMatchObject([{ id: 1 }]);
  });

  it('use no lease by default', () => {
    const server = new Server('a').lead();
    server.passToWake();
    server.accept('b', 1, server.state.round);
    expect(server.command({ type: 'read', id: 1 }).said('readable')).toEqual([]);
  });

  it('use a lease that ends before an election can, and that a transfer revokes', () => {
    const server = new Server('a', { leaseReads: true, maxClockDrift: 0.1 }).lead();
    server.passToWake();
    server.accept('b', 1, server.state.round);
    expect(server.command({ type: 'read', id: 1 }).said('readable')).toHaveLength(1);
    expect(server.state.leaseUntil - server.now).toBeCloseTo(100 / 1.1);
    server.command({ type: 'transfer', id: 2, to: 'b' });
    expect(server.command({ type: 'read', id: 3 }).said('readable')).toEqual([]);
  });
});

describe('lesson 12, elections (election)', () => {
  it('draw a new timeout for each campaign, or two survivors tie for ever', () => {
    const server = new Server('a');
    const drawn = new Set<number>();
    for (let i = 0; i < 10; i++) {
      drawn.add(server.state.electionTimeout);
      server.passToWake();
    }
    expect(drawn.size).toBe(10);
  });
});

describe('lesson 13, throughput (replication, flow)', () => {
  it('what is on the way to a follower is bounded, by count and by bytes', () => {
    for (const limit of [{ maxInflightAppends: 2 }, { maxInflightBytes: 130 }]) {
      const server = new Server('a', limit).lead();
      for (let i = 0; i < 5; i++) server.propose(1);
      expect(server.state.peers[0]!.inflight).toEqual([2, 3]);
    }
  });

  it('proposals of one turn travel together, and are written together', () => {
    const server = new Server('a').lead();
    const propose = { type: 'command', command: { type: 'propose', id: 1, payloads: [Uint8Array.of(1)] } } as const;
    const taken = server.step(propose, propose, propose);
    expect(taken.sent('appendEntries', 'b').map((message) => message.entries.length)).toEqual([3]);
    expect(server.state.unstored).toHaveLength(1);
  });

  it('a refusal hints at the place: a whole term at a time', () => {
    const server = new Server('a', { log: [1, 2, 2, 2, 2, 2] });
    const taken = server.append('b', { term: 9, prevLogIndex: 6, prevLogTerm: 5 });
    expect(taken.sent('appendEntriesReply')).toMatchObject([{ conflictTerm: 2, conflictIndex: 2 }]);
  });
});

describe('lesson 14, exactly once is for the state machine (host/sessions)', () => {
  it('a command that comes twice is applied once, and answered as before', async () => {
    const ledger = new Ledger();
    const machine = withSessions(ledger);
    const command = { type: 'command', stampMs: 5, session: 1, sequence: 1, lowest: 1, payload: bytes('x') } as const;
    const log = [{ type: 'open', stampMs: 5, id: 'client' } as const, command, command].map(encodeSessionCommand);
    const [, first, second] = await machine.apply(log.map((data, i) => ({ index: i + 1, data })));
    expect(ledger.lines).toEqual(['x']);
    expect(second).toEqual(first);
  });
});
