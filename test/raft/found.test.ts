import { describe, expect, it } from 'vitest';
import { Group, Server } from './script.js';

/*
 * What simulations and the explorer found, as the shortest script that shows it.
 */

describe('a server that a configuration removes which is not committed (thesis, section 4.2.2)', () => {
  /** It removed itself, and is the only one who knows. */
  function removed(): Server {
    const server = new Server('a', { members: ['a', 'b'] }).lead();
    server.change({ type: 'remove', member: 'a' });
    server.stored();
    const term = server.state.currentTerm + 1;
    server.receive('b', { type: 'requestVoteReply', term, voteGranted: false }); // so it leads no more
    return server;
  }

  it('is asked in vain for its vote by those who lack it', () => {
    const server = removed();
    server.now += 1000;
    const { log, currentTerm } = server.state;
    const behind = { lastLogIndex: log.lastIndex - 1, lastLogTerm: currentTerm - 1, transfer: false };
    const asked = server.receive('b', { type: 'requestVote', term: currentTerm + 1, ...behind });
    expect(asked.sent('requestVoteReply')).toMatchObject([{ voteGranted: false }]);
  });

  it('campaigns therefore: nobody else could be elected', () => {
    expect(removed().passToWake().sent('preVote', 'b')).toHaveLength(1);
  });

  it('leads until it is removed, and the others go on', () => {
    const a = removed();
    const group = new Group(a, new Server('b', { members: ['a', 'b'], log: [1] }));
    group.settle('a', a.passToWake());
    expect(group.servers.get('b')!.state).toMatchObject({ role: 'leader', commitIndex: a.state.log.lastIndex + 1 });
    expect(a.state.role).toBe('follower');
  });

  it('does not campaign once it knows that it was removed', () => {
    const server = removed();
    server.state.commitIndex = server.state.log.lastIndex;
    expect(server.passToWake().messages).toEqual([]);
  });
});

describe('of two checkpoints at the same time', () => {
  /** Two snapshots are being stored at once; for one of them `c`, which needs more of the log, was silent. */
  function storing(secondIndex: number, silent: 'first' | 'second'): { server: Server; kept: number[] } {
    const server = new Server('a', { trailingEntries: 0, maxTrailingEntries: 100 }).lead();
    server.propose(1, 2, 3, 4, 5);
    server.stored();
    server.now += 100;
    server.accept('b');
    server.command({ type: 'applied', index: 6 });
    if (silent === 'second') server.accept('c', 2);
    const first = server.command({ type: 'snapshot', index: 5 }).said('checkpoint');
    if (silent === 'second') server.now += 100;
    else server.accept('c', 2);
    server.accept('b');
    const second = server.command({ type: 'snapshot', index: secondIndex }).said('checkpoint');
    const all = [...first, ...second];
    for (const { index, firstIndex } of all) server.command({ type: 'compacted', index, firstIndex });
    return { server, kept: all.map(({ firstIndex }) => firstIndex) };
  }

  it('the second cannot bring back what the first has not kept', () => {
    const { server, kept } = storing(6, 'first');
    expect(kept).toEqual([6, 3]);
    expect(server.state.log).toMatchObject({ snapshotIndex: 6, firstIndex: 6 });
  });

  it('the second may keep less than the first at the same index', () => {
    const { server, kept } = storing(5, 'second');
    expect(kept).toEqual([3, 6]);
    expect(server.state.log).toMatchObject({ snapshotIndex: 5, firstIndex: 6 });
  });
});

describe('a founding member that was made a learner before it was introduced', () => {
  it('is answered, or it would take part in nothing for ever', () => {
    const server = new Server('a', { members: ['a', 'b', 'c'], learners: ['d'] });
    const answers = server.receive('d', { type: 'introduction', identity: 'disk of d' }).sent('introductionReply', 'd');
    expect(answers).toMatchObject([{ identity: 'disk of d', known: 'disk of d' }]);
  });

  it('and one that is no member any more is not', () => {
    const server = new Server('a', { members: ['a', 'b', 'c'] });
    expect(server.receive('d', { type: 'introduction', identity: 'disk of d' }).messages).toEqual([]);
  });
});
