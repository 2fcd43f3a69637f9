import { describe, expect, it } from 'vitest';
import type { RaftMessage } from '../../src/raft/index.js';
import { entries, Group, Server } from './script.js';

/** Times at which a server that hears nothing campaigns. */
function campaigns(server: Server, count: number): number[] {
  return Array.from({ length: count }, () => {
    server.passToWake();
    return server.now;
  });
}

function gaps(times: readonly number[]): number[] {
  return times.slice(1).map((time, i) => time - times[i]!);
}

describe('the election timeout', () => {
  it('is between once and twice what was chosen', () => {
    for (let seed = 0; seed < 50; seed++) {
      const server = new Server('a', { seed });
      expect(server.machine.wakeAt).toBeGreaterThanOrEqual(100);
      expect(server.machine.wakeAt).toBeLessThan(200);
    }
  });

  it('is drawn anew for each campaign', () => {
    const lengths = gaps(campaigns(new Server('a'), 10));
    expect(new Set(lengths).size).toBe(lengths.length);
    for (const length of lengths) expect(length >= 100 && length < 200).toBe(true);
  });

  it('differs between servers with the same seed', () => {
    expect(new Server('a', { seed: 1 }).machine.wakeAt).not.toBe(new Server('b', { seed: 1 }).machine.wakeAt);
  });

  it('is drawn anew so that two survivors of three do not tie for ever', () => {
    for (let seed = 0; seed < 20; seed++) {
      const survivors = ['a', 'b'].map((id) => new Server(id, { seed, preVote: false, checkQuorum: false }));
      const group = new Group(...survivors);
      let rounds = 0;
      for (; !survivors.some(({ state }) => state.role === 'leader'); rounds++) {
        // Both wake at the earlier deadline; what they send takes 20 ms, in which the other may campaign as well.
        const at = Math.min(...survivors.map(({ machine }) => machine.wakeAt)) + 20;
        const taken = survivors.map((server) => {
          server.now = at;
          return { id: server.id, taken: server.step({ type: 'wake' }) };
        });
        for (const { id, taken: sent } of taken) group.settle(id, sent);
        expect(rounds).toBeLessThan(20);
      }
    }
  });

  it('begins anew when the leader is heard from', () => {
    const server = new Server('a', { log: [1] });
    server.now = 90;
    server.append('b');
    expect(server.machine.wakeAt).toBeGreaterThanOrEqual(190);
  });

  it('begins anew when a vote is granted, and not when one is refused', () => {
    const server = new Server('a', { log: [1, 2] });
    const before = server.machine.wakeAt;
    server.now = 90;
    server.receive('b', { type: 'requestVote', term: 3, lastLogIndex: 1, lastLogTerm: 1, transfer: false });
    expect(server.machine.wakeAt).toBe(before);
    server.receive('b', { type: 'requestVote', term: 4, lastLogIndex: 2, lastLogTerm: 2, transfer: false });
    expect(server.machine.wakeAt).toBeGreaterThanOrEqual(190);
  });

  it('does not elapse at a wake that comes too early', () => {
    const server = new Server('a');
    const { wakeAt } = server.machine;
    expect(server.pass(50).messages).toEqual([]);
    expect([server.state.role, server.machine.wakeAt]).toEqual(['follower', wakeAt]);
  });

  it('does not make a candidate of a server that is no member', () => {
    const server = new Server('x', { members: ['a', 'b', 'c'] });
    for (let i = 0; i < 5; i++) expect(server.passToWake().messages).toEqual([]);
    expect(server.state).toMatchObject({ role: 'follower', currentTerm: 0 });
  });

  it('does not make a candidate of a server that knows no members', () => {
    const server = new Server('a', { members: [] });
    for (let i = 0; i < 5; i++) expect(server.passToWake().messages).toEqual([]);
    expect(server.state.role).toBe('follower');
  });
});

describe('a candidate (figure 2)', () => {
  it('increments its term, votes for itself and asks all others', () => {
    const server = new Server('a', { preVote: false, log: [1, 4], term: 6 });
    const taken = server.passToWake();
    expect(server.state).toMatchObject({ role: 'candidate', currentTerm: 7, votedFor: 'a', leader: null });
    expect(taken.writes).toEqual([{ type: 'hardState', term: 7, votedFor: 'a' }]);
    const asked = { type: 'requestVote', term: 7, lastLogIndex: 2, lastLogTerm: 4, transfer: false };
    expect(taken.messages).toEqual(['b', 'c'].map((to) => ({ to, message: asked, after: 1 })));
  });

  it('leads with the votes of a majority, its own included', () => {
    const server = new Server('a', { preVote: false, members: ['a', 'b', 'c', 'd', 'e'] });
    server.passToWake();
    server.receive('b', { type: 'requestVoteReply', term: 1, voteGranted: true });
    expect(server.state.role).toBe('candidate');
    server.receive('c', { type: 'requestVoteReply', term: 1, voteGranted: true });
    expect(server.state.role).toBe('leader');
  });

  const withoutEffect: readonly [string, string, RaftMessage][] = [
    ['a vote that was counted before', 'b', { type: 'requestVoteReply', term: 1, voteGranted: true }],
    ['a vote of an older term', 'c', { type: 'requestVoteReply', term: 0, voteGranted: true }],
    ['the vote of a stranger', 'x', { type: 'requestVoteReply', term: 1, voteGranted: true }],
    ['a vote in its own name', 'a', { type: 'requestVoteReply', term: 1, voteGranted: true }],
    ['a pre-vote', 'c', { type: 'preVoteReply', term: 1, campaignTerm: 2, granted: true }],
  ];

  it.each(withoutEffect)('does not count %s', (_, from, message) => {
    const server = new Server('a', { preVote: false, members: ['a', 'b', 'c', 'd', 'e'] });
    server.passToWake();
    server.receive('b', { type: 'requestVoteReply', term: 1, voteGranted: true });
    server.receive(from, message);
    expect(server.state.role).toBe('candidate');
  });

  it('keeps no votes of strangers, however many there are', () => {
    const server = new Server('a', { members: ['a', 'b', 'c'] });
    server.passToWake();
    expect(server.state.role).toBe('preCandidate');
    for (let i = 0; i < 100; i++) {
      server.receive(`x${i}`, { type: 'preVoteReply', term: 0, campaignTerm: 1, granted: true });
    }
    expect(server.state.votes).toEqual({ a: true });
    server.receive('b', { type: 'preVoteReply', term: 0, campaignTerm: 1, granted: true });
    expect(server.state.role).toBe('candidate');
    for (let i = 0; i < 100; i++) {
      server.receive(`x${i}`, { type: 'requestVoteReply', term: 1, voteGranted: true });
    }
    expect(server.state.votes).toEqual({ a: true });
  });

  const answers: readonly RaftMessage[] = [
    { type: 'preVoteReply', term: 9, campaignTerm: 9, granted: false },
    { type: 'requestVoteReply', term: 9, voteGranted: false },
    { type: 'appendEntriesReply', success: true, term: 9, matchIndex: 0, round: 0 },
    { type: 'installSnapshotReply', term: 9, lastIncludedIndex: 1, offset: 0, installed: false },
  ];

  it.each(answers)('learns no term from the $type of a stranger, and does from that of a member', (answer) => {
    const server = new Server('a', { preVote: false, members: ['a', 'b', 'c', 'd', 'e'] });
    server.passToWake();
    server.receive('x', answer);
    expect(server.state).toMatchObject({ role: 'candidate', currentTerm: 1 });
    server.receive('b', answer);
    expect(server.state).toMatchObject({ role: 'follower', currentTerm: 9 });
  });

  it('gives way to a leader of its own term', () => {
    const server = new Server('a', { preVote: false });
    server.passToWake();
    server.append('b', { term: 1 });
    expect(server.state).toMatchObject({ role: 'follower', leader: 'b', currentTerm: 1, votedFor: 'a' });
  });

  it('does not give way to a leader of an older term, which learns the newer one', () => {
    const server = new Server('a', { preVote: false, log: [1] });
    server.passToWake();
    const [refusal] = server.append('b', { term: 1 }).sent('appendEntriesReply', 'b');
    expect(refusal).toMatchObject({ success: false, term: 2 });
    expect(server.state.role).toBe('candidate');
  });

  it('that lost waits for its next election timeout', () => {
    const server = new Server('a', { preVote: false });
    server.passToWake();
    const { wakeAt } = server.machine;
    server.receive('b', { type: 'requestVoteReply', term: 1, voteGranted: false });
    server.receive('c', { type: 'requestVoteReply', term: 1, voteGranted: false });
    expect(server.state.role).toBe('follower');
    expect(server.machine.wakeAt).toBe(wakeAt);
  });

  it('that neither won nor lost campaigns anew, in a new term', () => {
    const server = new Server('a', { preVote: false });
    server.passToWake();
    server.passToWake();
    expect(server.state).toMatchObject({ role: 'candidate', currentTerm: 2 });
  });

  it('without others leads at once', () => {
    const server = new Server('a', { members: ['a'] });
    server.passToWake();
    expect(server.state).toMatchObject({ role: 'leader', currentTerm: 1 });
  });
});

describe('a new leader', () => {
  it('appends an entry of its term and sends it to all at once', () => {
    const server = new Server('a', { log: [1, 1] });
    const taken = server.elect();
    const noop = { type: 'noop', index: 3, term: 2, data: null };
    expect(taken.writes).toEqual([noop]);
    for (const to of ['b', 'c']) {
      expect(taken.sent('appendEntries', to)).toMatchObject([{ prevLogIndex: 2, prevLogTerm: 1, entries: [noop] }]);
    }
  });

  it('tells its host once its vote for itself is durable', () => {
    const server = new Server('a', { members: ['a'] });
    server.now = server.machine.wakeAt;
    server.machine.step({ type: 'wake' }, server.now);
    const { writes, outputs } = server.machine.take();
    expect(writes[0]).toEqual({ type: 'hardState', term: 1, votedFor: 'a' });
    expect(outputs).toContainEqual({ output: { type: 'role', role: 'leader', term: 1, leader: 'a' }, after: 1 });
  });

  it('sends nothing at a wake that comes too early', () => {
    const server = new Server('a');
    server.elect();
    server.now += 9;
    expect(server.step({ type: 'wake' }, { type: 'wake' }).messages).toEqual([]);
    expect(server.machine.wakeAt).toBe(server.now + 1);
  });

  it('sends heartbeats to all, as often as was chosen', () => {
    const server = new Server('a');
    server.elect();
    const start = server.now;
    for (let beat = 1; beat <= 3; beat++) {
      expect(server.machine.wakeAt).toBe(start + beat * 10);
      const taken = server.passToWake();
      expect(taken.sent('appendEntries').filter(({ round }) => round > 0)).toHaveLength(2);
    }
  });
});

describe('a vote (section 5.4.1)', () => {
  // The voter's log ends with index 3 of term 4.
  const table: readonly [string, number, number, boolean][] = [
    ['the same last term and the same length', 3, 4, true],
    ['the same last term and a longer log', 9, 4, true],
    ['the same last term and a shorter log', 2, 4, false],
    ['a higher last term and the same length', 3, 5, true],
    ['a higher last term and a shorter log', 1, 5, true],
    ['a lower last term and the same length', 3, 3, false],
    ['a lower last term and a longer log', 9, 3, false],
    ['no log at all', 0, 0, false],
  ];

  it.each(table)('for a candidate with %s', (_, lastLogIndex, lastLogTerm, voteGranted) => {
    const server = new Server('a', { log: [1, 4, 4], term: 5 });
    const taken = server.receive('b', { type: 'requestVote', term: 6, lastLogIndex, lastLogTerm, transfer: false });
    expect(taken.sent('requestVoteReply', 'b')).toEqual([{ type: 'requestVoteReply', term: 6, voteGranted }]);
  });

  it.each(table)('before a vote, for one with %s', (_, lastLogIndex, lastLogTerm, granted) => {
    const server = new Server('a', { log: [1, 4, 4], term: 5 });
    const taken = server.receive('b', { type: 'preVote', term: 6, lastLogIndex, lastLogTerm });
    expect(taken.sent('preVoteReply', 'b')).toEqual([{ type: 'preVoteReply', term: 5, campaignTerm: 6, granted }]);
  });

  const ask = (term: number): RaftMessage => ({
    type: 'requestVote',
    term,
    lastLogIndex: 9,
    lastLogTerm: 9,
    transfer: false,
  });

  it('is refused to a candidate of an older term', () => {
    const server = new Server('a', { term: 5 });
    const [reply] = server.receive('b', ask(4)).sent('requestVoteReply', 'b');
    expect(reply).toEqual({ type: 'requestVoteReply', term: 5, voteGranted: false });
  });

  it('is given to one candidate a term, first come, first served', () => {
    const server = new Server('a');
    expect(server.receive('b', ask(1)).sent('requestVoteReply', 'b')).toMatchObject([{ voteGranted: true }]);
    expect(server.receive('c', ask(1)).sent('requestVoteReply', 'c')).toMatchObject([{ voteGranted: false }]);
    expect(server.receive('c', ask(2)).sent('requestVoteReply', 'c')).toMatchObject([{ voteGranted: true }]);
  });

  it('is given again to the candidate that has it, without writing it again', () => {
    const server = new Server('a', { term: 3, votedFor: 'b' });
    const taken = server.receive('b', ask(3));
    expect(taken.sent('requestVoteReply', 'b')).toMatchObject([{ voteGranted: true }]);
    expect(taken.writes).toEqual([]);
  });

  it('holds after a restart', () => {
    const server = new Server('a', { term: 3, votedFor: 'b' });
    expect(server.receive('c', ask(3)).sent('requestVoteReply', 'c')).toMatchObject([{ voteGranted: false }]);
  });

  it('is not lost when a leader of the same term is heard from', () => {
    const server = new Server('a', { term: 3, votedFor: 'b', checkQuorum: false });
    server.append('b', { term: 3 });
    expect(server.receive('c', ask(3)).sent('requestVoteReply', 'c')).toMatchObject([{ voteGranted: false }]);
  });

  it('is not given by a leader or a candidate of the same term', () => {
    const server = new Server('a', { preVote: false });
    server.passToWake();
    expect(server.receive('b', ask(1)).sent('requestVoteReply', 'b')).toMatchObject([{ voteGranted: false }]);
    server.receive('c', { type: 'requestVoteReply', term: 1, voteGranted: true });
    expect(server.state.role).toBe('leader');
    expect(server.receive('b', ask(1)).sent('requestVoteReply', 'b')).toMatchObject([{ voteGranted: false }]);
  });

  it('is given by a server that is no member as far as it knows', () => {
    const server = new Server('x', { members: ['a', 'b', 'c'] });
    expect(server.receive('a', ask(1)).sent('requestVoteReply', 'a')).toMatchObject([{ voteGranted: true }]);
  });

  it('is refused by a server that knows no members: it may have lost its journal, and with it a vote', () => {
    const server = new Server('x', { members: [] });
    expect(server.receive('a', ask(1)).sent('requestVoteReply', 'a')).toMatchObject([{ voteGranted: false }]);
  });
});

describe('a higher term (section 5.1)', () => {
  const messages: readonly RaftMessage[] = [
    { type: 'requestVoteReply', term: 9, voteGranted: false },
    { type: 'preVoteReply', term: 9, campaignTerm: 9, granted: false },
    { type: 'appendEntries', term: 9, prevLogIndex: 0, prevLogTerm: 0, entries: [], leaderCommit: 0, round: 0 },
    { type: 'appendEntriesReply', success: true, term: 9, matchIndex: 0, round: 0 },
    { type: 'installSnapshotReply', term: 9, lastIncludedIndex: 1, offset: 0, installed: false },
  ];

  it.each(messages)('in $type makes a follower of a leader', (message) => {
    const server = new Server('a');
    server.elect();
    const taken = server.receive('b', message);
    expect(server.state).toMatchObject({ role: 'follower', currentTerm: 9, votedFor: null });
    expect(taken.writes).toEqual([{ type: 'hardState', term: 9, votedFor: null }]);
    expect(server.state.timers).toMatchObject({ heartbeat: Infinity, quorum: Infinity });
    expect(server.machine.wakeAt).toBeGreaterThan(server.now);
  });

  it('in a pre-vote changes nothing', () => {
    const server = new Server('a', { term: 3 });
    const taken = server.receive('b', { type: 'preVote', term: 9, lastLogIndex: 0, lastLogTerm: 0 });
    expect(server.state.currentTerm).toBe(3);
    expect(taken.writes).toEqual([]);
  });
});

describe('a pre-vote (thesis, section 9.6)', () => {
  it('raises no term at a server that is cut off, however long', () => {
    const server = new Server('a', { log: [1], term: 7 });
    for (let i = 0; i < 20; i++) {
      expect(server.passToWake().sent('preVote')).toMatchObject([{ term: 8 }, { term: 8 }]);
    }
    expect(server.state).toMatchObject({ role: 'preCandidate', currentTerm: 7 });
    expect(server.written).toBe(0);
  });

  it('that a majority grants leads to a campaign in the next term', () => {
    const server = new Server('a', { log: [1], term: 7 });
    server.passToWake();
    const taken = server.receive('b', { type: 'preVoteReply', term: 7, campaignTerm: 8, granted: true });
    expect(taken.sent('requestVote')).toMatchObject([{ term: 8 }, { term: 8 }]);
    expect(server.state).toMatchObject({ role: 'candidate', currentTerm: 8, votedFor: 'a' });
  });

  it('is refused while the leader is alive, and granted an election timeout after it was last heard', () => {
    const server = new Server('a', { log: [1] });
    server.append('b');
    const ask: RaftMessage = { type: 'preVote', term: 2, lastLogIndex: 9, lastLogTerm: 9 };
    server.now = 99;
    expect(server.receive('c', ask).sent('preVoteReply')).toMatchObject([{ granted: false }]);
    server.now = 100;
    expect(server.receive('c', ask).sent('preVoteReply')).toMatchObject([{ granted: true }]);
  });

  it('is refused by a leader', () => {
    const server = new Server('a');
    server.elect();
    const ask: RaftMessage = { type: 'preVote', term: 9, lastLogIndex: 9, lastLogTerm: 9 };
    expect(server.receive('b', ask).sent('preVoteReply')).toMatchObject([{ granted: false }]);
    expect(server.state.role).toBe('leader');
  });

  it('is refused for a term that is not above that of the voter, which tells its own', () => {
    const server = new Server('a', { term: 8 });
    const [reply] = server
      .receive('b', { type: 'preVote', term: 8, lastLogIndex: 9, lastLogTerm: 9 })
      .sent('preVoteReply');
    expect(reply).toEqual({ type: 'preVoteReply', term: 8, campaignTerm: 8, granted: false });
  });

  it('is granted by a voter whose term is older', () => {
    const behind = new Server('b', { log: [1] });
    const ask: RaftMessage = { type: 'preVote', term: 8, lastLogIndex: 1, lastLogTerm: 1 };
    const [reply] = behind.receive('a', ask).sent('preVoteReply');
    expect(reply).toEqual({ type: 'preVoteReply', term: 1, campaignTerm: 8, granted: true });
    const server = new Server('a', { log: [1], term: 7 });
    server.passToWake();
    server.receive('b', reply!);
    expect(server.state).toMatchObject({ role: 'candidate', currentTerm: 8 });
  });

  it('is granted to several: it is no vote', () => {
    const server = new Server('a');
    for (const from of ['b', 'c']) {
      const ask: RaftMessage = { type: 'preVote', term: 1, lastLogIndex: 0, lastLogTerm: 0 };
      expect(server.receive(from, ask).sent('preVoteReply')).toMatchObject([{ granted: true }]);
    }
    expect(server.state).toMatchObject({ currentTerm: 0, votedFor: null });
  });

  it('that was granted late, for an older campaign, does not count', () => {
    const server = new Server('a', { members: ['a', 'b', 'c', 'd', 'e'], log: [1], term: 7 });
    server.passToWake();
    server.append('b', { term: 9 });
    server.passToWake();
    expect(server.state).toMatchObject({ role: 'preCandidate', currentTerm: 9 });
    server.receive('b', { type: 'preVoteReply', term: 9, campaignTerm: 10, granted: true });
    server.receive('c', { type: 'preVoteReply', term: 7, campaignTerm: 8, granted: true });
    expect(server.state.role).toBe('preCandidate');
  });

  it('that was granted when the campaign is over has no effect', () => {
    const server = new Server('a', { log: [1] });
    server.passToWake();
    server.append('b');
    server.receive('c', { type: 'preVoteReply', term: 1, campaignTerm: 2, granted: true });
    expect(server.state).toMatchObject({ role: 'follower', leader: 'b', currentTerm: 1 });
  });

  it('that is refused with a higher term brings that term along', () => {
    const server = new Server('a', { log: [1], term: 7 });
    server.passToWake();
    server.receive('b', { type: 'preVoteReply', term: 12, campaignTerm: 8, granted: false });
    expect(server.state).toMatchObject({ role: 'follower', currentTerm: 12 });
  });

  it('lets a server that comes back leave the leader alone', () => {
    const group = new Group(...['a', 'b', 'c'].map((id) => new Server(id, { log: [1] })));
    group.campaign('a');
    const [a, , c] = [...group.servers.values()] as [Server, Server, Server];
    expect(a.state.role).toBe('leader');
    group.cut('c');
    for (let i = 0; i < 5; i++) c.passToWake();
    group.heal();
    const term = a.state.currentTerm;
    group.settle('c', c.passToWake());
    group.heartbeat('a');
    expect(a.state).toMatchObject({ role: 'leader', currentTerm: term });
    expect(c.state).toMatchObject({ role: 'follower', leader: 'a', currentTerm: term });
  });

  it('can be left out', () => {
    const server = new Server('a', { preVote: false });
    expect(server.passToWake().sent('requestVote')).toHaveLength(2);
  });
});

describe('a leader is not disturbed (thesis, section 4.2.3)', () => {
  const ask: RaftMessage = { type: 'requestVote', term: 9, lastLogIndex: 9, lastLogTerm: 9, transfer: false };

  it('a server that heard from its leader ignores candidates of higher terms', () => {
    const server = new Server('a', { log: [1] });
    server.append('b');
    server.now = 99;
    expect(server.receive('c', ask).messages).toEqual([]);
    expect(server.state).toMatchObject({ currentTerm: 1, leader: 'b' });
  });

  it('an election timeout later it votes', () => {
    const server = new Server('a', { log: [1] });
    server.append('b');
    server.now = 100;
    expect(server.receive('c', ask).sent('requestVoteReply')).toMatchObject([{ term: 9, voteGranted: true }]);
  });

  it('a leader ignores candidates of higher terms', () => {
    const server = new Server('a');
    server.elect();
    expect(server.receive('c', ask).messages).toEqual([]);
    expect(server.state).toMatchObject({ role: 'leader', currentTerm: 1 });
  });

  it('a server that was just started votes', () => {
    const server = new Server('a', { log: [1] });
    expect(server.receive('c', ask).sent('requestVoteReply')).toMatchObject([{ voteGranted: true }]);
  });

  it('without check-quorum a candidate is answered: a leader that cannot hear would block elections for ever', () => {
    const server = new Server('a', { log: [1], checkQuorum: false });
    server.append('b');
    expect(server.receive('c', ask).sent('requestVoteReply')).toMatchObject([{ voteGranted: true }]);
  });
});

describe('check-quorum (thesis, section 6.2)', () => {
  /** Lets heartbeats go out until the quorum deadline has passed. */
  function passAnElectionTimeout(server: Server, answer: (server: Server) => void = () => {}): void {
    for (let beat = 0; beat < 10; beat++) {
      server.pass(10);
      if (server.state.role === 'leader') answer(server);
    }
    server.pass(1);
  }

  it('a leader that hears from nobody for an election timeout steps down', () => {
    const server = new Server('a');
    server.elect();
    server.stored();
    passAnElectionTimeout(server);
    expect(server.state).toMatchObject({ role: 'follower', leader: null, currentTerm: 1, votedFor: 'a' });
  });

  it('a leader that hears from a majority stays', () => {
    const server = new Server('a');
    server.elect();
    server.stored();
    for (let i = 0; i < 5; i++) passAnElectionTimeout(server, () => void server.accept('b', 0));
    expect(server.state.role).toBe('leader');
  });

  it('one follower of four is no majority of five', () => {
    const server = new Server('a', { members: ['a', 'b', 'c', 'd', 'e'] });
    server.elect();
    server.stored();
    passAnElectionTimeout(server, () => void server.accept('b', 0));
    expect(server.state.role).toBe('follower');
  });

  it('answers of an older term and of strangers do not keep it in office', () => {
    const server = new Server('a', { term: 4 });
    server.elect();
    server.stored();
    passAnElectionTimeout(server, () => {
      server.receive('b', { type: 'appendEntriesReply', success: true, term: 4, matchIndex: 0, round: 1 });
      server.accept('x', 0);
    });
    expect(server.state.role).toBe('follower');
  });

  it('a refusal of entries keeps it in office: the follower is there', () => {
    const server = new Server('a', { log: [1] });
    server.elect();
    server.stored();
    const refusal = { prevLogIndex: 1, conflictTerm: 0, conflictIndex: 1, round: 0 };
    passAnElectionTimeout(server, () => {
      server.receive('b', { type: 'appendEntriesReply', success: false, term: 2, ...refusal });
    });
    expect(server.state.role).toBe('leader');
  });

  it('a leader without others stays', () => {
    const server = new Server('a', { members: ['a'] });
    server.passToWake();
    server.stored();
    passAnElectionTimeout(server);
    expect(server.state.role).toBe('leader');
  });

  it('can be left out', () => {
    const server = new Server('a', { checkQuorum: false });
    server.elect();
    server.stored();
    passAnElectionTimeout(server);
    expect(server.state.role).toBe('leader');
  });
});

describe('messages without effect', () => {
  it('those that claim to come from the server itself', () => {
    const server = new Server('a', { log: [1] });
    const before = structuredClone(server.state);
    const taken = server.append('a', { term: 5, entries: entries(1, 5) });
    expect([taken.messages, taken.writes]).toEqual([[], []]);
    expect(server.state).toEqual(before);
  });

  it('a second leader of the term that this server leads', () => {
    const server = new Server('a');
    server.elect();
    expect(server.append('b', { entries: entries(1, 1) }).messages).toEqual([]);
    expect(server.state).toMatchObject({ role: 'leader', leader: 'a' });
  });

  it.each([
    { type: 'requestVoteReply', term: 2, voteGranted: true },
    { type: 'appendEntriesReply', success: true, term: 2, matchIndex: 5, round: 9 },
    { type: 'installSnapshotReply', term: 2, lastIncludedIndex: 5, offset: 5, installed: true },
  ] as const)('late answers of an older term: $type', (message) => {
    const server = new Server('a', { log: [1, 2] });
    server.elect();
    const before = structuredClone(server.state);
    expect(server.receive('b', message).messages).toEqual([]);
    expect(server.state).toEqual(before);
  });

  it('answers of a stranger', () => {
    const server = new Server('a', { log: [1, 2] });
    server.elect();
    const before = structuredClone(server.state);
    server.accept('x', 3, 5);
    server.receive('x', { type: 'installSnapshotReply', term: 3, lastIncludedIndex: 2, offset: 0, installed: true });
    expect(server.state).toEqual(before);
  });
});
