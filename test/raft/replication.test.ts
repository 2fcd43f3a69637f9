import { describe, expect, it } from 'vitest';
import type { RaftMessage } from '../../src/raft/index.js';
import { configurationOf, entries, entry, Group, Server, type Message, type Taken } from './script.js';

/** A leader in term 3 of a log that ends with index 3, its own first entry included; both followers probed. */
function leader(options: ConstructorParameters<typeof Server>[1] = {}): Server {
  const server = new Server('a', { log: [1, 2], ...options });
  server.elect();
  server.stored();
  return server;
}

/** A leader whose follower b has everything and c never answered. */
function leaderInStep(options: ConstructorParameters<typeof Server>[1] = {}): Server {
  const server = leader(options);
  server.accept('b', server.state.log.lastIndex);
  return server;
}

function reject(server: Server, from: string, reply: Partial<Message<'appendEntriesReply'>>): Taken {
  const refusal = { prevLogIndex: 0, conflictTerm: 0, conflictIndex: 1, round: 0, ...reply };
  return server.receive(from, {
    type: 'appendEntriesReply',
    success: false,
    term: server.state.currentTerm,
    ...refusal,
  } as RaftMessage);
}

function indexes(taken: Taken, to: string): number[][] {
  return taken.sent('appendEntries', to).map((message) => message.entries.map(({ index }) => index));
}

describe('the receiver of appends (figure 2)', () => {
  it('rule 1: refuses those of an older term, and tells the newer one', () => {
    const server = new Server('a', { log: [1], term: 5 });
    const taken = server.append('b', { term: 4, entries: entries(1, 4), round: 7 });
    expect(taken.sent('appendEntriesReply', 'b')).toMatchObject([{ success: false, term: 5, round: 0 }]);
    expect(server.terms).toEqual([1]);
    expect(server.state.leader).toBe(null);
  });

  it('rule 2: refuses those behind an entry that it lacks', () => {
    const server = new Server('a', { log: [1, 1] });
    const taken = server.append('b', { prevLogIndex: 4, prevLogTerm: 1, entries: entries(4, 1) });
    expect(taken.sent('appendEntriesReply', 'b')).toMatchObject([
      { success: false, prevLogIndex: 4, conflictTerm: 0, conflictIndex: 3 },
    ]);
    expect(taken.writes).toEqual([]);
  });

  it('rule 2: refuses those behind an entry of another term', () => {
    const server = new Server('a', { log: [1, 2, 2, 2] });
    const taken = server.append('b', { term: 3, prevLogIndex: 4, prevLogTerm: 3, entries: entries(4, 3) });
    expect(taken.sent('appendEntriesReply', 'b')).toMatchObject([
      { success: false, prevLogIndex: 4, conflictTerm: 2, conflictIndex: 2 },
    ]);
    expect(server.terms).toEqual([1, 2, 2, 2]);
  });

  it('rule 2: takes entries behind one that a snapshot has swallowed', () => {
    const server = new Server('a', { log: [1, 1, 1, 1], committed: 4 });
    server.command({ type: 'snapshot', index: 4 });
    server.command({ type: 'compacted', index: 4, firstIndex: 5 });
    const taken = server.append('b', { prevLogIndex: 2, prevLogTerm: 1, entries: entries(2, 1, 1, 1) });
    server.stored();
    expect(taken.sent('appendEntriesReply', 'b')).toMatchObject([{ success: true, matchIndex: 5 }]);
    expect(taken.writes).toEqual([entry(5, 1)]);
  });

  it('rule 3: an entry that conflicts goes, with all that follow it', () => {
    const server = new Server('a', { log: [1, 2, 2, 2] });
    server.append('b', { term: 3, prevLogIndex: 1, prevLogTerm: 1, entries: entries(1, 2, 3) });
    expect(server.terms).toEqual([1, 2, 3]);
    expect(server.state.log.lastIndex).toBe(3);
  });

  it('rule 3: entries that do not conflict stay, also those that the message does not have', () => {
    const server = new Server('a', { log: [1, 1, 1, 1] });
    const taken = server.append('b', { prevLogIndex: 0, prevLogTerm: 0, entries: entries(0, 1, 1) });
    expect(server.terms).toEqual([1, 1, 1, 1]);
    expect(taken.writes).toEqual([]);
    expect(taken.sent('appendEntriesReply')).toMatchObject([{ success: true, matchIndex: 2 }]);
  });

  it('rule 4: appends only what it lacks', () => {
    const server = new Server('a', { log: [1, 1] });
    const taken = server.append('b', { prevLogIndex: 0, prevLogTerm: 0, entries: entries(0, 1, 1, 1, 1) });
    expect(taken.writes).toEqual(entries(2, 1, 1));
  });

  it.each([
    ['up to what the leader committed', 2, 2],
    ['not beyond the last new entry, which is all that was compared', 9, 3],
  ])('rule 5: commits %s', (_, leaderCommit, commitIndex) => {
    const server = new Server('a', { log: [1, 1, 1, 1, 1] });
    server.append('b', { prevLogIndex: 2, prevLogTerm: 1, entries: entries(2, 1), leaderCommit });
    expect(server.state.commitIndex).toBe(commitIndex);
  });

  it('rule 5: never takes a commitment back', () => {
    const server = new Server('a', { log: [1, 1, 1], committed: 3 });
    server.append('b', { prevLogIndex: 0, prevLogTerm: 0, entries: entries(0, 1), leaderCommit: 1 });
    expect(server.state.commitIndex).toBe(3);
  });

  it('a late and short append does not cut off what came after it', () => {
    const server = new Server('a', { log: [1] });
    const first = { prevLogIndex: 1, prevLogTerm: 1, entries: entries(1, 1) };
    server.append('b', first);
    server.append('b', { entries: entries(2, 1, 1) });
    server.append('b', first);
    expect(server.terms).toEqual([1, 1, 1, 1]);
  });

  it('an append of what is there already is acknowledged again and written no more', () => {
    const server = new Server('a', { log: [1] });
    const append = { prevLogIndex: 1, prevLogTerm: 1, entries: entries(1, 1, 1) };
    server.append('b', append);
    server.stored();
    const again = server.append('b', append);
    expect(again.writes).toEqual([]);
    expect(again.sent('appendEntriesReply')).toMatchObject([{ success: true, matchIndex: 3 }]);
  });

  it('an empty append without a round needs no answer', () => {
    expect(new Server('a', { log: [1] }).append('b', { leaderCommit: 1 }).messages).toEqual([]);
  });

  it('a heartbeat is answered with its round', () => {
    const taken = new Server('a', { log: [1] }).append('b', { round: 9 });
    expect(taken.sent('appendEntriesReply', 'b')).toMatchObject([{ success: true, matchIndex: 1, round: 9 }]);
  });

  it('a configuration that is cut off is in force no more', () => {
    const server = new Server('a', { log: [1] });
    server.append('b', {
      term: 2,
      entries: [{ type: 'configuration', index: 2, term: 2, data: configurationOf(['a']) }],
    });
    expect(server.state.configurations).toHaveLength(2);
    server.append('b', { term: 3, prevLogIndex: 1, prevLogTerm: 1, entries: entries(1, 3) });
    expect(server.state.configurations.map(({ index }) => index)).toEqual([0]);
  });
});

describe('replication (figure 7)', () => {
  const leaderLog = [1, 1, 1, 4, 4, 5, 5, 6, 6, 6];
  const followers: readonly [string, number[]][] = [
    ['a: one entry is missing', [1, 1, 1, 4, 4, 5, 5, 6, 6]],
    ['b: many entries are missing', [1, 1, 1, 4]],
    ['c: one entry too many', [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6]],
    ['d: a whole term too many', [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7]],
    ['e: entries are missing and others too many', [1, 1, 1, 4, 4, 4, 4]],
    ['f: two whole terms of others', [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3]],
  ];

  it.each(followers)('makes the log of follower %s', (_, log) => {
    const leader = new Server('leader', { members: ['leader', 'f', 'g'], log: leaderLog, term: 7 });
    const follower = new Server('f', { members: ['leader', 'f', 'g'], log, term: 7 });
    const group = new Group(leader, follower);
    group.settle('leader', leader.elect());
    group.heartbeat('leader');
    expect(leader.terms).toEqual([...leaderLog, 8]);
    expect(follower.terms).toEqual([...leaderLog, 8]);
    expect(follower.state.commitIndex).toBe(11);
    expect([...follower.journal.values()].slice(0, 11)).toEqual(leader.state.log.entries);
  });
});

describe('conflict hints (section 5.3)', () => {
  /** How many questions the follower refuses until it has the leader's log. */
  function refusals(leaderLog: number[], followerLog: number[]): number {
    const term = Math.max(...leaderLog, ...followerLog);
    const leader = new Server('a', { log: leaderLog, term });
    const follower = new Server('b', { log: followerLog, term });
    const group = new Group(leader, follower);
    group.settle('a', leader.elect());
    expect(follower.terms).toEqual(leader.terms);
    const replies = group.letters.filter(({ message }) => message.type === 'appendEntriesReply');
    return replies.filter(({ message }) => !(message as Message<'appendEntriesReply'>).success).length;
  }

  const many = (count: number, term: number): number[] => Array<number>(count).fill(term);

  it.each([
    ['a log that is shorter costs one, however much is missing', [1, ...many(500, 2)], [1], 1],
    ['a term that the leader does not have costs one', [1, ...many(500, 4)], [1, ...many(500, 2)], 1],
    ['two such terms cost two', [1, ...many(400, 5)], [1, ...many(200, 2), ...many(200, 3)], 2],
    ['a term of which the leader has less costs one', [1, 2, 2, ...many(500, 4)], [1, ...many(502, 2)], 1],
    ['equal logs cost none', [1, 2, 2, 3], [1, 2, 2, 3], 0],
  ])('%s', (_, leaderLog, followerLog, questions) => {
    expect(refusals(leaderLog, followerLog)).toBe(questions);
  });
});

describe('a refusal', () => {
  it('of a question that is no longer open moves nothing', () => {
    const server = leader();
    const before = structuredClone(server.state.peers[0]);
    expect(reject(server, 'b', { prevLogIndex: 1, conflictIndex: 1 }).messages).toEqual([]);
    expect(server.state.peers[0]).toEqual(before);
  });

  it('that is late, for what the follower has confirmed since, does not send it all again', () => {
    const server = leaderInStep();
    expect(reject(server, 'b', { prevLogIndex: 2, conflictIndex: 1 }).messages).toEqual([]);
    expect(server.state.peers[0]).toMatchObject({ flow: 'replicate', nextIndex: 4 });
  });

  it('that comes twice asks once more, not twice', () => {
    const server = leader();
    const refusal = { prevLogIndex: 2, conflictTerm: 0, conflictIndex: 1 };
    expect(indexes(reject(server, 'b', refusal), 'b')).toEqual([[1, 2, 3]]);
    expect(reject(server, 'b', refusal).messages).toEqual([]);
  });

  it('while entries flow goes back to probing, behind what is confirmed', () => {
    const server = leaderInStep();
    server.propose(1, 2);
    const taken = reject(server, 'b', { prevLogIndex: 5, conflictTerm: 0, conflictIndex: 1 });
    expect(server.state.peers[0]).toMatchObject({ flow: 'probe', nextIndex: 4 });
    expect(indexes(taken, 'b')).toEqual([[4, 5]]);
  });

  it('never moves behind what is confirmed, whatever it claims', () => {
    const server = leaderInStep();
    server.propose(1);
    reject(server, 'b', { prevLogIndex: 4, conflictTerm: 1, conflictIndex: 0 });
    expect(server.state.peers[0]).toMatchObject({ nextIndex: 4, matchIndex: 3 });
  });

  it('of what was confirmed does not start a conversation that never ends', () => {
    // The follower lost its disk, which Raft does not allow; but operators replace disks.
    const server = leaderInStep();
    server.step({ type: 'peer', id: 'b', up: true });
    server.propose(1);
    const refusal = { prevLogIndex: 3, conflictTerm: 0, conflictIndex: 1 };
    let answers = 0;
    while (answers < 20 && reject(server, 'b', refusal).sent('appendEntries', 'b').length > 0) answers++;
    expect(answers).toBeLessThan(2);
  });
});

describe('an acknowledgement', () => {
  it('of more than the leader has is ignored', () => {
    const server = leader();
    server.accept('b', 4);
    expect(server.state.peers[0]).toMatchObject({ matchIndex: 0, flow: 'probe' });
    expect(server.state.commitIndex).toBe(0);
  });

  it('that is late or doubled takes nothing back', () => {
    const server = leaderInStep();
    server.propose(1);
    server.accept('b', 4);
    server.accept('b', 3);
    server.accept('b', 4);
    expect(server.state.peers[0]).toMatchObject({ matchIndex: 4, nextIndex: 5 });
  });

  it('confirms all appends before it, when theirs were lost', () => {
    const server = leaderInStep();
    for (const payload of [1, 2, 3]) server.propose(payload);
    expect(server.state.peers[0]!.inflight).toEqual([4, 5, 6]);
    server.accept('b', 6);
    expect(server.state.peers[0]).toMatchObject({ inflight: [], matchIndex: 6 });
  });
});

describe('a follower that is probed', () => {
  it('gets one append at a time', () => {
    const server = leader();
    expect(server.propose(1).sent('appendEntries', 'b')).toEqual([]);
  });

  it('gets the same again at the next heartbeat: what is unanswered counts as lost', () => {
    const server = leader();
    expect(indexes(server.passToWake(), 'b')).toEqual([[], [3]]);
  });

  it('gets all that it lacks once the place is found', () => {
    const server = leader();
    server.propose(1, 2);
    expect(indexes(server.accept('b', 3), 'b')).toEqual([[4, 5]]);
  });

  it('gets a lost probe again when a heartbeat alone shows the place, though only one append may be unanswered', () => {
    const server = leader({ maxInflightAppends: 1 }); // entry 3, which begins the term, is on its way and will be lost
    expect(indexes(server.accept('b', 2, 1), 'b').flat()).toEqual([3]);
    expect(server.state.peers[0]).toMatchObject({ flow: 'replicate', nextIndex: 4, inflight: [3] });
  });

  it('is one whose connection came or went: what was on its way may be lost', () => {
    const server = leaderInStep();
    server.propose(1);
    const taken = server.step({ type: 'peer', id: 'b', up: false });
    expect(server.state.peers[0]).toMatchObject({ flow: 'probe', nextIndex: 4 });
    expect(indexes(taken, 'b')).toEqual([[4]]);
  });

  it('is none of a stranger whose connection came', () => {
    const server = leaderInStep();
    expect(server.step({ type: 'peer', id: 'x', up: true }).messages).toEqual([]);
  });
});

describe('a follower in step', () => {
  it('gets entries at once, without waiting for answers', () => {
    const server = leaderInStep();
    expect(indexes(server.propose(1), 'b')).toEqual([[4]]);
    expect(indexes(server.propose(2), 'b')).toEqual([[5]]);
  });

  it('gets the proposals of one turn in one append', () => {
    const server = leaderInStep();
    const proposals = [1, 2].map((id) => {
      const command = { type: 'propose', id, payloads: [Uint8Array.of(id)] } as const;
      return { type: 'command', command } as const;
    });
    expect(indexes(server.step(...proposals), 'b')).toEqual([[4, 5]]);
  });

  it('gets appends of at most so many bytes, at least one entry each', () => {
    const server = leaderInStep({ maxAppendBytes: 140 }); // an entry counts for 65
    expect(indexes(server.propose(1, 2, 3, 4, 5), 'b')).toEqual([[4, 5], [6, 7], [8]]);
    const small = leaderInStep({ maxAppendBytes: 1 });
    expect(indexes(small.propose(1, 2), 'b')).toEqual([[4], [5]]);
  });

  it('has at most so many unanswered appends, and gets the next with each answer', () => {
    const server = leaderInStep({ maxAppendBytes: 1, maxInflightAppends: 3 });
    expect(indexes(server.propose(1, 2, 3, 4, 5, 6), 'b')).toEqual([[4], [5], [6]]);
    expect(indexes(server.propose(7), 'b')).toEqual([]);
    expect(indexes(server.accept('b', 4), 'b').flat()).toEqual([7]);
    expect(indexes(server.accept('b', 6), 'b').flat()).toEqual([8, 9]);
  });

  it('with a full window is still sent heartbeats, which tell how far it is', () => {
    const server = leaderInStep({ maxAppendBytes: 1, maxInflightAppends: 2 });
    server.propose(1, 2, 3);
    const [beat] = server.passToWake().sent('appendEntries', 'b');
    expect(beat).toMatchObject({ prevLogIndex: 5, entries: [], round: 1 });
    expect(indexes(server.accept('b', 5, 1), 'b').flat()).toEqual([6]);
  });

  it('that missed an append says so at the next heartbeat', () => {
    const leader = leaderInStep();
    const follower = new Server('b', { log: [1, 2, 3] });
    leader.propose(1); // lost
    const [beat] = leader.passToWake().sent('appendEntries', 'b');
    const [refusal] = follower.receive('a', beat!).sent('appendEntriesReply', 'a');
    expect(refusal).toMatchObject({ success: false, conflictIndex: 4 });
    expect(indexes(leader.receive('b', refusal!), 'b')).toEqual([[4]]);
  });

  it('shares the entries that it is sent with others that are equally far', () => {
    const server = leaderInStep();
    server.accept('c', 3);
    const [toB, toC] = server.propose(1, 2).sent('appendEntries');
    expect(toB!.entries).toBe(toC!.entries);
  });
});

describe('entries that are no longer in memory', () => {
  /** A leader that has entries 1 to 10 on disk and only the last ones in memory; b and c have nothing. */
  function forgetful(): Server {
    const server = new Server('a', { log: [1, 1, 1, 1, 1, 2, 2, 2, 2, 2], logMemoryBytes: 200, maxAppendBytes: 1000 });
    server.elect();
    server.stored();
    return server;
  }
  const ask = { prevLogIndex: 10, conflictTerm: 0, conflictIndex: 1 };

  it('are read from the journal', () => {
    const server = forgetful();
    const taken = reject(server, 'b', ask);
    const from = server.state.log.lastIndex - server.state.log.entries.length + 1;
    expect(from).toBeGreaterThan(2);
    expect(taken.said('readLog')).toEqual([{ type: 'readLog', reader: 'b', from: 1, to: from - 1, maxBytes: 1000 }]);
    expect(taken.sent('appendEntries', 'b')).toEqual([]);
  });

  it('are sent when they come, and then the rest', () => {
    const server = forgetful();
    const [question] = reject(server, 'b', ask).said('readLog');
    const found = [1, 2, 3].map((index) => server.journal.get(index)!);
    const taken = server.command({ type: 'logRead', reader: 'b', entries: found });
    expect(indexes(taken, 'b')).toEqual([[1, 2, 3]]);
    const next = server.accept('b', 3);
    expect(next.said('readLog')).toMatchObject([{ reader: 'b', from: 4, to: question!.to }]);
  });

  it('are sent one piece at a time, so that a follower that is far behind does not crowd the others out', () => {
    const server = forgetful();
    reject(server, 'b', ask);
    const piece = (...places: readonly number[]): Taken =>
      server.command({ type: 'logRead', reader: 'b', entries: places.map((index) => server.journal.get(index)!) });
    piece(1);
    server.accept('b', 1); // its log is known to meet the leader's: appends may follow each other
    expect(piece(2).said('readLog')).toEqual([]);
    expect(server.accept('b', 2).said('readLog')).toMatchObject([{ reader: 'b', from: 3 }]);
  });

  it('are asked for once, not with every turn', () => {
    const server = forgetful();
    reject(server, 'b', ask);
    expect(server.propose(1).said('readLog')).toEqual([]);
    expect(server.passToWake().said('readLog')).toEqual([]);
  });

  it('are asked for by each follower that needs them', () => {
    const server = forgetful();
    reject(server, 'b', ask);
    expect(reject(server, 'c', ask).said('readLog')).toMatchObject([{ reader: 'c' }]);
  });

  const stale: readonly [string, (server: Server) => void, number[]][] = [
    ['that the follower does not need next', () => {}, [4, 5]],
    ['that nobody asked for', (server) => void server.command({ type: 'logRead', reader: 'b', entries: [] }), []],
    ['of a term that the log does not have there', () => {}, [-1]],
  ];

  it.each(stale)('are not sent when entries come %s', (_, prepare, which) => {
    const server = forgetful();
    reject(server, 'b', ask);
    prepare(server);
    const found = which.map((index) => (index < 0 ? entry(1, 2) : server.journal.get(index)!));
    const taken = server.command({ type: 'logRead', reader: 'b', entries: found });
    expect(taken.sent('appendEntries', 'b')).toEqual([]);
  });

  it('are not sent when they come for a leader that was', () => {
    const server = forgetful();
    reject(server, 'b', ask);
    server.append('c', { term: 9 });
    const taken = server.command({ type: 'logRead', reader: 'b', entries: [server.journal.get(1)!] });
    expect(taken.messages).toEqual([]);
  });
});

describe('commitment is told', () => {
  it('with the next entries, or at once when there are none', () => {
    const server = leaderInStep();
    server.propose(1);
    server.stored();
    const [told] = server.accept('b', 4).sent('appendEntries', 'b');
    expect(told).toMatchObject({ entries: [], leaderCommit: 4, round: 0, prevLogIndex: 4 });
    expect(server.accept('b', 4).sent('appendEntries', 'b')).toEqual([]);
  });

  it('by heartbeats too, so that a lost notice does no harm', () => {
    const server = leaderInStep();
    const [beat] = server.passToWake().sent('appendEntries', 'c');
    expect(beat).toMatchObject({ leaderCommit: 3, entries: [] });
  });
});

describe('proposals', () => {
  it('are accepted by a leader, in order, and their place is told', () => {
    const server = leader();
    const taken = server.command({ type: 'propose', id: 7, payloads: [Uint8Array.of(1), Uint8Array.of(2)] });
    expect(taken.said('accepted')).toEqual([{ type: 'accepted', id: 7, index: 4, term: 3 }]);
    expect(taken.writes).toMatchObject([
      { index: 4, term: 3, data: Uint8Array.of(1) },
      { index: 5, term: 3, data: Uint8Array.of(2) },
    ]);
  });

  it('are refused elsewhere, with the leader as far as it is known', () => {
    const server = new Server('a', { log: [1] });
    expect(server.propose(1).said('refused')).toMatchObject([{ id: 1, reason: 'notLeader', leader: null }]);
    server.append('b');
    expect(server.propose(1).said('refused')).toMatchObject([{ id: 1, reason: 'notLeader', leader: 'b' }]);
  });

  it('beyond the limit on unfinished bytes are refused, until some are finished', () => {
    const server = leaderInStep({ maxUncommittedBytes: 130 }); // room for two
    server.command({ type: 'applied', index: 3 });
    expect(server.propose(1).said('accepted')).toHaveLength(1);
    expect(server.propose(2).said('accepted')).toHaveLength(1);
    expect(server.propose(3).said('refused')).toMatchObject([{ id: 1, reason: 'overloaded', leader: 'a' }]);
    server.stored();
    server.accept('b', 5);
    server.command({ type: 'applied', index: 5 });
    expect(server.propose(4).said('accepted')).toHaveLength(1);
  });

  it('that are too large alone are taken while nothing else waits', () => {
    const server = leaderInStep({ maxUncommittedBytes: 130 });
    server.command({ type: 'applied', index: 3 });
    const payloads = [new Uint8Array(1000)];
    expect(server.command({ type: 'propose', id: 1, payloads }).said('accepted')).toHaveLength(1);
    expect(server.command({ type: 'propose', id: 2, payloads }).said('refused')).toHaveLength(1);
  });
});
