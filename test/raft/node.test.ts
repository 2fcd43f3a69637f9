import { describe, expect, it } from 'vitest';
import { RaftNode } from '../../src/raft/index.js';
import { MemoryJournal } from '../../src/storage/memory.js';
import { MemoryNetwork } from '../../src/transport/memory.js';
import { listen, many, Notebook, startCluster, write } from './node-cluster.js';

describe('a change of the leader', () => {
  it('keeps all that was acknowledged', async () => {
    const cluster = await startCluster();
    const old = await cluster.leader();
    await write(cluster, old, ...many(10));
    await cluster.stop(old.id);
    const next = await cluster.leader();
    await write(cluster, next, 'after');
    await cluster.start(old.id);
    await cluster.until('all applied', () => cluster.get(old.id).notebook.lines.length === 11);
    for (const { notebook } of cluster.running.values()) expect(notebook.lines).toEqual([...many(10), 'after']);
  });

  it('leaves a leader that comes back a follower', async () => {
    const cluster = await startCluster();
    const old = await cluster.leader();
    cluster.isolate(old.id);
    const next = await cluster.leader([old.id]);
    cluster.rejoin(old.id);
    expect((await cluster.leader()).id).toBe(next.id);
    expect(old.node.status()).toMatchObject({ role: 'follower', leader: next.id });
  });
});

describe('status', () => {
  it('tells where the node stands', async () => {
    const cluster = await startCluster();
    const leader = await cluster.leader();
    await write(cluster, leader, 'one');
    await cluster.run(20);
    const status = leader.node.status();
    const { lastIndex } = status;
    expect(status).toMatchObject({ id: leader.id, role: 'leader', leader: leader.id, members: ['a', 'b', 'c'] });
    expect(status).toMatchObject({ commitIndex: lastIndex, appliedIndex: lastIndex, storedIndex: lastIndex });
    expect(status).toMatchObject({ snapshotIndex: 0, malformed: 0 });
    expect(status.peers.map(({ id, matchIndex, flow }) => ({ id, matchIndex, flow }))).toEqual(
      cluster.others(leader.id).map((id) => ({ id, matchIndex: lastIndex, flow: 'replicate' })),
    );
    for (const { silentMs } of status.peers) expect(silentMs).toBeLessThanOrEqual(12);
  });

  it('of a follower has no peers', async () => {
    const cluster = await startCluster();
    const { id } = await cluster.leader();
    const status = cluster.get(cluster.others(id)[0]!).node.status();
    expect(status).toMatchObject({ role: 'follower', leader: id, peers: [] });
  });

  it('tells for how long a follower was silent', async () => {
    const cluster = await startCluster();
    const { id, node } = await cluster.leader();
    const [away] = cluster.others(id);
    cluster.isolate(away!);
    await cluster.run(500);
    expect(node.status().peers.find((peer) => peer.id === away)!.silentMs).toBeGreaterThanOrEqual(499);
  });

  it('counts messages that are none of Raft, and the node goes on', async () => {
    const cluster = await startCluster();
    const leader = await cluster.leader();
    const stranger = cluster.network.transport('x');
    await cluster.run(5);
    for (const message of [null, { type: 'preVote' }, 'hello']) stranger.channel('raft').send(leader.id, message);
    await cluster.run(5);
    expect(leader.node.status().malformed).toBe(3);
    await write(cluster, leader, 'fine');
    await stranger.close();
  });
});

describe('events', () => {
  it('tell of roles and leaders, on the leader and on the others', async () => {
    const cluster = await startCluster();
    const heard = new Map([...cluster.running].map(([id, { node }]) => [id, listen(node)]));
    const { id, node } = await cluster.leader();
    const { term } = node.status();
    expect(heard.get(id)!.slice(-2)).toEqual([
      ['role', { role: 'leader', term, leader: id }],
      ['leader', id, term],
    ]);
    for (const other of cluster.others(id)) {
      expect(heard.get(other)!.slice(-2)).toEqual([
        ['role', { role: 'follower', term, leader: id }],
        ['leader', id, term],
      ]);
    }
  });

  it('go on after a listener throws, and so does the node', async () => {
    const cluster = await startCluster();
    const errors: unknown[] = [];
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => errors.push(error));
    try {
      for (const { node } of cluster.running.values()) {
        node.once('role', () => {
          throw new Error('mistake of the listener');
        });
      }
      await write(cluster, await cluster.leader(), 'goes on');
      await new Promise((resolve) => setImmediate(resolve));
    } finally {
      process.removeAllListeners('uncaughtException');
      for (const listener of others) process.on('uncaughtException', listener);
    }
    expect(errors).toEqual(Array.from({ length: 3 }, () => new Error('mistake of the listener')));
  });

  it('tell when the leader is gone', async () => {
    const cluster = await startCluster();
    const { id, node } = await cluster.leader();
    const heard = listen(node);
    cluster.isolate(id);
    await cluster.run(300);
    const { term } = node.status();
    expect(heard).toContainEqual(['leader', null, term]);
  });

  it('tell of snapshots, taken and installed', async () => {
    const cluster = await startCluster({ snapshotEveryEntries: 5, trailingEntries: 0 });
    const leader = await cluster.leader();
    const [away] = cluster.others(leader.id);
    await cluster.stop(away!);
    const heard = listen(leader.node);
    await write(cluster, leader, ...many(12));
    expect(heard.filter(([name]) => name === 'snapshot').length).toBeGreaterThan(1);
    const { node } = await cluster.start(away!);
    const news = listen(node);
    await cluster.until('an installed snapshot', () => news.some(([name]) => name === 'installed'));
  });
});

describe('options', () => {
  const long = Object.fromEntries(Array.from({ length: 65 }, (_, i) => [i === 0 ? 'a' : `n${i}`, null]));
  const wrong: readonly [string, Record<string, unknown>, string][] = [
    ['electionTimeoutMs', { electionTimeoutMs: 0 }, 'electionTimeoutMs is 0; it must be a number from 1 to 3600000'],
    ['electionTimeoutMs', { electionTimeoutMs: NaN }, 'electionTimeoutMs is NaN'],
    [
      'heartbeatIntervalMs',
      { heartbeatIntervalMs: 501 },
      'heartbeatIntervalMs is 501; it must be a number from 0.001 to 500',
    ],
    ['preVote', { preVote: 'yes' }, 'preVote is "yes"; it must be true or false'],
    ['checkQuorum', { checkQuorum: 1 }, 'checkQuorum is 1; it must be true or false'],
    ['maxAppendBytes', { maxAppendBytes: 0 }, 'maxAppendBytes is 0; it must be a whole number at least 1'],
    ['maxInflightAppends', { maxInflightAppends: 1.5 }, 'maxInflightAppends is 1.5'],
    ['maxApplyBytes', { maxApplyBytes: -1 }, 'maxApplyBytes is -1'],
    ['maxUncommittedBytes', { maxUncommittedBytes: '1' }, 'maxUncommittedBytes is "1"'],
    ['maxPendingReads', { maxPendingReads: 0 }, 'maxPendingReads is 0'],
    ['logMemoryBytes', { logMemoryBytes: -1 }, 'logMemoryBytes is -1'],
    ['snapshotChunkBytes', { snapshotChunkBytes: 0 }, 'snapshotChunkBytes is 0'],
    ['stalledWriteMs', { stalledWriteMs: 0 }, 'stalledWriteMs is 0'],
    ['seed', { seed: -1 }, 'seed is -1'],
    ['callTimeoutMs', { callTimeoutMs: 0 }, 'callTimeoutMs is 0'],
    ['snapshotEveryEntries', { snapshotEveryEntries: -1 }, 'snapshotEveryEntries is -1'],
    ['trailingEntries', { trailingEntries: 0.5 }, 'trailingEntries is 0.5'],
    ['members', { members: { b: null } }, 'members is an array; it must be a record that has this node too, a'],
    ['members', { members: { a: null, 'b c': null } }, 'members is "b c"'],
    ['members', { members: { a: 5 } }, 'members is 5'],
    ['members', { members: { a: 'x'.repeat(1025) } }, 'members is "xxx'],
    ['members', { members: long }, 'members is 65'],
    ['group', { group: 'two words' }, 'group is "two words"'],
    ['group', { group: '' }, 'group is ""'],
  ];

  it.each(wrong)('%s is checked (%#)', async (option, options, message) => {
    const network = new MemoryNetwork();
    const journal = new MemoryJournal();
    const open = RaftNode.open({
      transport: network.transport('a'),
      journal,
      stateMachine: new Notebook(),
      members: { a: null },
      ...options,
    });
    const error = await open.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'invalid-option', option });
    expect((error as Error).message.startsWith(message)).toBe(true);
    for await (const _ of journal.replay()) throw new Error('something was written');
  });
});
