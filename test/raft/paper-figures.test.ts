import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NodeId } from '../../src/core/index.js';
import { disjointQuorums } from '../../src/quorum/index.js';
import { quorumIn } from '../../src/raft/configuration.js';
import { configurationOf, Group, inShort, membersOf, Server, type Message, type ServerOptions } from './script.js';

/*
 * Figures of the paper as they are drawn, with all their servers. What each of their servers does on its own is in
 * `replication.test.ts` (figure 7, a follower at a time) and `commit.test.ts` (figure 8, from its third picture on).
 */

function group(ids: readonly NodeId[], options: (id: NodeId) => ServerOptions): Group {
  return new Group(...ids.map((id) => new Server(id, { members: ids, ...options(id) })));
}

/** A leader that was away finds out that it has no majority. */
function stepDown(cluster: Group, id: NodeId): void {
  const server = cluster.servers.get(id)!;
  if (server.state.role === 'leader') cluster.settle(id, server.pass(200));
  expect(server.state.role).toBe('follower');
}

/** It campaigns until it leads. */
function leadAgain(cluster: Group, id: NodeId): void {
  const server = cluster.servers.get(id)!;
  stepDown(cluster, id);
  for (let i = 0; i < 3 && server.state.role !== 'leader'; i++) cluster.campaign(id);
  expect(server.state.role).toBe('leader');
}

describe('figure 7', () => {
  const logs: Readonly<Record<NodeId, readonly number[]>> = {
    leader: [1, 1, 1, 4, 4, 5, 5, 6, 6, 6],
    a: [1, 1, 1, 4, 4, 5, 5, 6, 6],
    b: [1, 1, 1, 4],
    c: [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6],
    d: [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7],
    e: [1, 1, 1, 4, 4, 4, 4],
    f: [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3],
  };
  const seven = (): Group => group(Object.keys(logs), (id) => ({ log: logs[id]!, term: 7 }));

  it('the leader for term 8 brings the logs of all six to its own', () => {
    const cluster = seven();
    cluster.campaign('leader');
    cluster.heartbeat('leader');
    for (const server of cluster.servers.values()) {
      expect([server.id, server.terms]).toEqual([server.id, [...logs.leader!, 8]]);
      expect(server.state.commitIndex).toBe(11);
    }
  });

  it('others could have been elected, and some could not (section 5.4.1)', () => {
    const elected = Object.keys(logs).filter((id) => {
      const cluster = seven();
      cluster.campaign(id);
      return cluster.servers.get(id)!.state.role === 'leader';
    });
    expect(elected).toEqual(['leader', 'a', 'c', 'd']);
  });
});

describe('figure 8', () => {
  const FIVE = ['s1', 's2', 's3', 's4', 's5'];

  /** Pictures (a), (b) and (c): the entry of term 2 is on s1, s2 and s3, a majority. In each, entries get only so far. */
  function untilC(): Group {
    const cluster = group(FIVE, () => ({ log: [1], maxAppendBytes: 1 }));
    const log = (id: NodeId): number[] => cluster.servers.get(id)!.terms;
    const entriesLost = (unless: (to: NodeId, index: number) => boolean): void => {
      cluster.lose = ({ to, message }) => {
        const sent = (message as Message<'appendEntries'>).entries;
        return message.type === 'appendEntries' && sent.length > 0 && !unless(to, sent[0]!.index);
      };
    };
    entriesLost((to) => to === 's2');
    cluster.campaign('s1');
    expect([log('s1'), log('s2'), log('s3')]).toEqual([[1, 2], [1, 2], [1]]); // (a)
    cluster.cut('s1');
    entriesLost(() => false);
    cluster.campaign('s5');
    expect([log('s5'), log('s4')]).toEqual([[1, 3], [1]]); // (b): with the votes of s3 and s4
    cluster.heal();
    cluster.cut('s5');
    entriesLost((to, index) => to === 's3' && index === 2);
    leadAgain(cluster, 's1');
    cluster.heartbeat('s1');
    expect(FIVE.map(log)).toEqual([[1, 2, 4], [1, 2], [1, 2], [1], [1, 3]]); // (c)
    expect(cluster.servers.get('s1')!.state.currentTerm).toBe(4);
    return cluster;
  }

  it('(c): the entry of term 2 is not committed by the majority that has it', () => {
    const cluster = untilC();
    for (const { state } of cluster.servers.values()) expect(state.commitIndex).toBeLessThan(2);
  });

  it('(d): s5 may still lead and overwrite it everywhere', () => {
    const cluster = untilC();
    cluster.heal();
    cluster.cut('s1');
    leadAgain(cluster, 's5');
    cluster.heal();
    cluster.heartbeat('s5');
    for (const server of cluster.servers.values()) expect(server.terms).toEqual([1, 3, 5]);
  });

  it('(e): s5 cannot once the entry of term 4 has come as far', () => {
    const cluster = untilC();
    cluster.lose = ({ to }) => ['s4', 's5'].includes(to);
    cluster.heartbeat('s1');
    expect(cluster.servers.get('s1')!.state.commitIndex).toBe(3);
    cluster.heal();
    cluster.cut('s1');
    stepDown(cluster, 's5');
    for (let i = 0; i < 5; i++) cluster.campaign('s5');
    expect(cluster.servers.get('s5')!.state.role).not.toBe('leader');
    leadAgain(cluster, 's3');
    cluster.heal();
    cluster.heartbeat('s3');
    for (const server of cluster.servers.values()) expect(server.terms.slice(0, 3)).toEqual([1, 2, 4]);
  });
});

describe('figure 10', () => {
  const [old, next] = [configurationOf(['s1', 's2', 's3']), configurationOf(['s1', 's2', 's3', 's4', 's5'])];

  it('a majority of three and one of five need not meet', () => {
    expect(disjointQuorums(quorumIn(old), quorumIn(next))).not.toBe(null);
  });

  it('so the way from one to the other is never direct', () => {
    const server = new Server('s3', { members: ['s1', 's2', 's3'], learners: ['s4', 's5'] }).lead();
    server.change({ type: 'set', voters: next.voters, learners: [] });
    expect(inShort(server.configuration)).toBe('s1 s2 s3 s4 s5|s1 s2 s3');
  });

  it('s1 cannot be elected by the old majority while s3 leads by the new one', () => {
    const cluster = group(['s1', 's2', 's3', 's4', 's5'], () => ({ members: ['s1', 's2', 's3'], learners: ['s4', 's5'] })); // prettier-ignore
    cluster.campaign('s3');
    cluster.lose = ({ from, to }) => ['s1', 's2'].includes(from) !== ['s1', 's2'].includes(to);
    cluster.command('s3', { type: 'changeMembers', id: 1, change: { type: 'set', voters: next.voters, learners: [] } });
    cluster.settle('s3', cluster.servers.get('s3')!.propose(1));
    expect(cluster.servers.get('s3')!.state.commitIndex).toBe(1); // the new majority alone commits nothing
    cluster.campaign('s1');
    expect(cluster.servers.get('s1')!.state).toMatchObject({ role: 'leader', currentTerm: 2 });
    expect(cluster.servers.get('s3')!.state.commitIndex).toBe(1);
  });
});

describe('figure 11', () => {
  it('the new configuration comes into the log after the joint one is committed, by both', () => {
    const server = new Server('s1', { members: ['s1', 's2', 's3'], learners: ['s4', 's5'] }).lead();
    server.change({ type: 'set', voters: membersOf(['s3', 's4', 's5']), learners: [] });
    const seen = (): string => `${inShort(server.configuration)} at ${server.state.log.lastIndex}`;
    server.stored();
    for (const id of ['s4', 's5']) server.accept(id, 2);
    expect(seen()).toBe('s3 s4 s5|s1 s2 s3 at 2');
    server.accept('s3', 2);
    expect(seen()).toBe('s3 s4 s5 at 3');
  });

  it('a leader that is not in the new configuration steps down when that is committed', () => {
    const server = new Server('s1', { members: ['s1', 's2', 's3'], learners: ['s4', 's5'] }).lead();
    server.change({ type: 'set', voters: membersOf(['s3', 's4', 's5']), learners: [] });
    server.stored();
    for (const id of ['s3', 's4', 's5']) server.accept(id, 2);
    server.stored();
    for (const id of ['s2', 's4']) server.accept(id, 3);
    expect(server.state).toMatchObject({ role: 'leader', commitIndex: 2 });
    server.accept('s5', 3);
    expect(server.state).toMatchObject({ role: 'follower', commitIndex: 3 });
  });
});

describe('figure 4.3 of the thesis', () => {
  it('any majority of a cluster meets any of the cluster with one server more', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), (size) => {
        const ids = Array.from({ length: size + 1 }, (_, i) => `s${i}`);
        const [less, more] = [configurationOf(ids.slice(1)), configurationOf(ids)];
        expect(disjointQuorums(quorumIn(less), quorumIn(more))).toBe(null);
      }),
      { seed: 43, numRuns: 30 },
    );
  });
});
