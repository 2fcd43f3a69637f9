import { describe, expect, it } from 'vitest';
import { ClosedError, isQuorateError, TimeoutError, type QuorateError } from '../../src/core/index.js';
import { NotLeaderError, RaftNode } from '../../src/raft/index.js';
import { MemoryJournal } from '../../src/storage/memory.js';
import { MemoryNetwork } from '../../src/transport/memory.js';
import { line, listen, many, Notebook, startCluster, write } from './node-cluster.js';

describe('a proposal', () => {
  it('resolves with the result of the state machine', async () => {
    const cluster = await startCluster();
    const leader = await cluster.leader();
    expect(await cluster.settled(leader.node.propose(line('one')))).toBe('1: one');
    expect(await cluster.settled(leader.node.propose(line('two')))).toBe('2: two');
  });

  it('is applied by all', async () => {
    const cluster = await startCluster();
    await write(cluster, await cluster.leader(), 'one', 'two');
    await cluster.run(20);
    for (const { notebook } of cluster.running.values()) expect(notebook.lines).toEqual(['one', 'two']);
  });

  it('goes with the others of its turn as one batch, in order', async () => {
    const cluster = await startCluster();
    const { node, notebook, journal } = await cluster.leader();
    const appends = journal.appended.length;
    const results = await cluster.settled(Promise.all(['1', '2', '3'].map((text) => node.propose(line(text)))));
    expect(results).toEqual(['1: 1', '2: 2', '3: 3']);
    expect(journal.appended.slice(appends).map((records) => records.length)).toEqual([3]);
    expect(notebook.batches).toEqual([['1', '2', '3']]);
  });

  it('gets its own result when the state machine promises them', async () => {
    const cluster = await startCluster();
    const { node, notebook } = await cluster.leader();
    const gates: (() => void)[] = [];
    notebook.beforeApply = () => new Promise((resolve) => gates.push(resolve));
    const first = node.propose(line('first'));
    await cluster.run(10);
    const second = node.propose(line('second'));
    await cluster.run(10);
    expect(gates).toHaveLength(1); // one batch at a time
    gates[0]!();
    expect(await cluster.settled(first)).toBe('1: first');
    gates[1]!();
    expect(await cluster.settled(second)).toBe('2: second');
  });

  it('elsewhere than on the leader is refused, and the error says who leads', async () => {
    const cluster = await startCluster();
    const { id } = await cluster.leader();
    const follower = cluster.get(cluster.others(id)[0]!);
    const error = (await cluster.failure(follower.node.propose(line('x')))) as NotLeaderError;
    expect(error).toBeInstanceOf(NotLeaderError);
    expect(error).toMatchObject({ code: 'not-leader', outcome: 'failed', leader: id, details: { leader: id } });
  });

  it('without any leader is refused, and the error says that none is known', async () => {
    const cluster = await startCluster();
    const error = await cluster.failure(cluster.get('a').node.propose(line('x')));
    expect(error).toMatchObject({ code: 'not-leader', leader: null });
  });

  it('that another leader replaced has failed for good', async () => {
    const cluster = await startCluster();
    const old = await cluster.leader();
    cluster.isolate(old.id);
    const lost = old.node.propose(line('lost'));
    lost.catch(() => {});
    await cluster.run(1);
    await write(cluster, await cluster.leader([old.id]), 'kept');
    cluster.rejoin(old.id);
    expect(await cluster.failure(lost)).toMatchObject({ code: 'replaced', outcome: 'failed' });
    await cluster.run(200);
    for (const { notebook } of cluster.running.values()) expect(notebook.lines).toEqual(['kept']);
  });

  it('of a leader that was deposed is answered when its entry is committed after all', async () => {
    const cluster = await startCluster();
    const old = await cluster.leader();
    const proposal = old.node.propose(line('late'));
    await cluster.run(1); // it has left
    cluster.isolate(old.id);
    await cluster.leader([old.id]);
    cluster.rejoin(old.id);
    const result = await cluster.failure(proposal);
    expect(['no error but 1: late', 'replaced']).toContain(isQuorateError(result) ? result.code : result);
  });

  it('that a snapshot overtook has an unknown outcome', async () => {
    const cluster = await startCluster({ snapshotEveryEntries: 5, trailingEntries: 0, callTimeoutMs: 60_000 });
    const old = await cluster.leader();
    cluster.isolate(old.id);
    const lost = old.node.propose(line('lost'));
    lost.catch(() => {});
    await cluster.run(1);
    await write(cluster, await cluster.leader([old.id]), ...many(12));
    cluster.rejoin(old.id);
    expect(await cluster.failure(lost)).toMatchObject({ code: 'proposal-lost', outcome: 'unknown' });
  });

  it('that takes too long has an unknown outcome', async () => {
    const cluster = await startCluster({ callTimeoutMs: 300 });
    const { id, node } = await cluster.leader();
    cluster.isolate(id);
    const start = cluster.clock.now();
    const error = await cluster.failure(node.propose(line('x')));
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({ outcome: 'unknown' });
    expect(cluster.clock.now() - start).toBeLessThanOrEqual(301);
  });

  it('is given up by its signal, and may happen all the same', async () => {
    const cluster = await startCluster();
    const { node, notebook } = await cluster.leader();
    const controller = new AbortController();
    const proposal = node.propose(line('x'), { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(proposal).rejects.toThrow('enough');
    await cluster.run(20);
    expect(notebook.lines).toEqual(['x']);
  });

  it('whose signal has aborted is not made', async () => {
    const cluster = await startCluster();
    const { node, notebook } = await cluster.leader();
    await expect(node.propose(line('x'), { signal: AbortSignal.abort(new Error('no')) })).rejects.toThrow('no');
    await cluster.run(20);
    expect(notebook.lines).toEqual([]);
  });

  it('beyond what may be unfinished is refused as overload', async () => {
    const cluster = await startCluster({ maxUncommittedBytes: 1000 });
    const { id, node } = await cluster.leader();
    cluster.isolate(id);
    const first = node.propose(new Uint8Array(900));
    first.catch(() => {});
    await cluster.run(1);
    const error = await cluster.failure(node.propose(new Uint8Array(900)));
    expect(error).toMatchObject({ code: 'overloaded', outcome: 'failed' });
  });

  it.each([['text'], [[1, 2]], [undefined], [null], [new Uint16Array(2)]])(
    'of %j, which is no bytes, is refused and does no harm',
    async (command) => {
      const cluster = await startCluster();
      const leader = await cluster.leader();
      const proposal = leader.node.propose(command as unknown as Uint8Array);
      await expect(proposal).rejects.toMatchObject({ code: 'invalid-option', option: 'command', outcome: 'failed' });
      await write(cluster, leader, 'fine');
    },
  );

  it('that is larger than a message is refused', async () => {
    const cluster = await startCluster({ maxUncommittedBytes: 1000 });
    const { node } = await cluster.leader();
    await expect(node.propose(new Uint8Array(1001))).rejects.toMatchObject({ code: 'too-large', outcome: 'failed' });
  });
});

describe('a read', () => {
  it('resolves on the leader when the state machine shows all that was acknowledged', async () => {
    const cluster = await startCluster();
    const leader = await cluster.leader();
    await write(cluster, leader, 'one');
    await cluster.settled(leader.node.read());
    expect(leader.notebook.lines).toEqual(['one']);
  });

  it('waits until the state machine has applied what was committed', async () => {
    const cluster = await startCluster();
    const { node, notebook } = await cluster.leader();
    await cluster.run(50);
    let release = (): void => {};
    notebook.beforeApply = () => new Promise((resolve) => (release = resolve));
    const proposal = node.propose(line('slow'));
    await cluster.run(10);
    let done = false;
    const read = node.read().then(() => (done = true));
    await cluster.run(50);
    expect(done).toBe(false);
    release();
    await cluster.settled(Promise.all([proposal, read]));
    expect(notebook.lines).toEqual(['slow']);
  });

  it('sees on a new leader what the old one acknowledged', async () => {
    const cluster = await startCluster();
    const old = await cluster.leader();
    await write(cluster, old, 'one');
    await cluster.stop(old.id);
    const next = await cluster.leader();
    await cluster.settled(next.node.read());
    expect(next.notebook.lines).toEqual(['one']);
  });

  it('is not confirmed by a leader that is cut off', async () => {
    const cluster = await startCluster();
    const old = await cluster.leader();
    cluster.isolate(old.id);
    const read = old.node.read();
    expect(await cluster.failure(read)).toMatchObject({ code: 'not-leader', leader: null });
  });

  it('elsewhere than on the leader is refused, and the error says who leads', async () => {
    const cluster = await startCluster();
    const { id } = await cluster.leader();
    const error = await cluster.failure(cluster.get(cluster.others(id)[0]!).node.read());
    expect(error).toMatchObject({ code: 'not-leader', leader: id });
  });

  it('is given up by its signal', async () => {
    const cluster = await startCluster();
    const { node } = await cluster.leader();
    const controller = new AbortController();
    const read = node.read({ signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(read).rejects.toThrow('enough');
  });

  it('that takes too long is given up, also when only the state machine is slow', async () => {
    const cluster = await startCluster({ callTimeoutMs: 300 });
    const { node, notebook } = await cluster.leader();
    await cluster.run(50);
    notebook.beforeApply = () => new Promise(() => {});
    node.propose(line('x')).catch(() => {});
    await cluster.run(10);
    expect(await cluster.failure(node.read())).toBeInstanceOf(TimeoutError);
  });

  it('beyond the limit is refused as overload, also when the others wait for the state machine', async () => {
    const cluster = await startCluster({ maxPendingReads: 3 });
    const { node, notebook } = await cluster.leader();
    await cluster.run(50);
    notebook.beforeApply = () => new Promise(() => {});
    node.propose(line('x')).catch(() => {});
    await cluster.run(10);
    for (let i = 0; i < 3; i++) node.read().catch(() => {});
    await cluster.run(10);
    expect(await cluster.failure(node.read())).toMatchObject({ code: 'overloaded', outcome: 'failed' });
  });
});

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

describe('a restart', () => {
  it('brings back everything from the journal', async () => {
    const cluster = await startCluster();
    const leader = await cluster.leader();
    await write(cluster, leader, 'one', 'two');
    const { term } = leader.node.status();
    for (const id of ['a', 'b', 'c']) await cluster.stop(id);
    for (const id of ['a', 'b', 'c']) await cluster.start(id);
    expect(cluster.get(leader.id).node.status()).toMatchObject({ role: 'follower', term });
    const next = await cluster.leader();
    await cluster.settled(next.node.read());
    expect(next.notebook.lines).toEqual(['one', 'two']);
  });

  it('brings back the snapshot and what is behind it', async () => {
    const cluster = await startCluster({ ids: ['a'] });
    const before = await cluster.leader();
    await write(cluster, before, 'one', 'two');
    await cluster.settled(before.node.snapshot());
    await write(cluster, before, 'three');
    await cluster.stop('a');
    const { notebook } = await cluster.start('a');
    expect(notebook.lines).toEqual(['one', 'two']);
    await cluster.until('the rest', () => notebook.lines.length === 3);
    expect(notebook.lines).toEqual(['one', 'two', 'three']);
  });

  it('takes no notice of the members option: those in the log count', async () => {
    const cluster = await startCluster();
    await cluster.leader();
    await cluster.stop('a');
    const { node } = await cluster.start('a', { members: { a: null, x: null, y: null } });
    expect(node.status().members).toEqual(['a', 'b', 'c']);
  });

  it('writes the founding members once, however often a blank server is opened', async () => {
    const cluster = await startCluster({ ids: ['a'] });
    const configurations = (): number => cluster.store('a').records.filter(({ index }) => index === 1).length;
    expect(configurations()).toBe(1);
    await cluster.stop('a');
    const { node } = await cluster.start('a');
    expect(configurations()).toBe(1);
    expect(node.status()).toMatchObject({ members: ['a'], lastIndex: 1 });
  });

  it('in a term that it voted in does not found a cluster', async () => {
    const cluster = await startCluster();
    await cluster.leader();
    await cluster.stop('a');
    const { node } = await cluster.start('a');
    const { lastIndex } = node.status();
    expect(lastIndex).toBeGreaterThan(1);
  });

  it('without members and with a blank journal waits to be told', async () => {
    const cluster = await startCluster({ ids: ['a'], members: {} });
    const { node } = cluster.get('a');
    await cluster.run(1000);
    expect(node.status()).toMatchObject({ role: 'follower', term: 0, members: [], lastIndex: 0 });
  });
});

describe('founding members', () => {
  it('may be as many as is allowed, with addresses as long: the journal can be opened again', async () => {
    const ids = Array.from({ length: 64 }, (_, i) => `n${String(i).padStart(3, '0')}`);
    const members = Object.fromEntries(ids.map((id) => [id, 'x'.repeat(1024)]));
    const cluster = await startCluster({ ids: ['n000'], members });
    expect(cluster.get('n000').node.status().members).toHaveLength(64);
    await cluster.stop('n000');
    expect((await cluster.start('n000')).node.status().members).toHaveLength(64);
  });

  it('write the same first entry, whatever the order of the option', async () => {
    const cluster = await startCluster({ ids: ['a', 'b'] });
    await cluster.stop('a');
    cluster.store('x');
    const other = await cluster.start('x', { members: { x: null, b: 'host:1', a: null } });
    expect(other.node.status().members).toEqual(['a', 'b', 'x']);
  });
});

describe('a broken state machine', () => {
  const broken: readonly [string, (notebook: Notebook) => void, string][] = [
    [
      'throws',
      (notebook) =>
        (notebook.apply = () => {
          throw new Error('torn page');
        }),
      'torn page',
    ],
    ['rejects', (notebook) => (notebook.apply = () => Promise.reject(new Error('torn page'))), 'torn page'],
    ['returns too few results', (notebook) => (notebook.apply = () => []), 'apply returned 0 results for 1 commands'],
    [
      'promises too many',
      (notebook) => (notebook.apply = async () => ['', '']),
      'apply returned 2 results for 1 commands',
    ],
    [
      'cannot take a snapshot',
      (notebook) =>
        (notebook.snapshot = () => {
          throw new Error('torn page');
        }),
      'torn page',
    ],
  ];

  it.each(broken)('that %s ends the node', async (_, breakIt, why) => {
    const cluster = await startCluster({ ids: ['a'], snapshotEveryEntries: 3 });
    const { node, notebook } = await cluster.leader();
    const heard = listen(node);
    breakIt(notebook);
    const results = Promise.allSettled([node.propose(line('x')), node.snapshot()]);
    await cluster.settled(results);
    expect(heard.filter(([name]) => name === 'failed')).toMatchObject([['failed', { message: why }]]);
    const error = (await cluster.failure(node.propose(line('y')))) as QuorateError;
    expect(error).toMatchObject({ code: 'closed', outcome: 'failed', cause: { code: 'node-failed' } });
  });

  it('leaves open calls with an unknown outcome', async () => {
    const cluster = await startCluster({ ids: ['a'] });
    const { node, notebook } = await cluster.leader();
    notebook.apply = () => {
      throw new Error('torn page');
    };
    const error = (await cluster.failure(node.propose(line('x')))) as QuorateError;
    expect(error).toMatchObject({ code: 'node-failed', outcome: 'unknown', cause: { message: 'torn page' } });
    expect(error.message).toBe('the node has failed: torn page; open it anew');
  });
});

describe('entries that are no longer in memory', () => {
  it('are read from the journal, for applying and for a follower that was away', async () => {
    const cluster = await startCluster({ logMemoryBytes: 0, maxAppendBytes: 200, snapshotEveryEntries: 0 });
    const leader = await cluster.leader();
    const [away] = cluster.others(leader.id);
    await write(cluster, leader, ...many(5, 'early'));
    await cluster.run(50);
    await cluster.stop(away!);
    await write(cluster, leader, ...many(20));
    const { notebook } = await cluster.start(away!);
    await cluster.until('all of it', () => notebook.lines.length === 25);
    expect(notebook.lines).toEqual([...many(5, 'early'), ...many(20)]);
  });

  it('end the node when the journal cannot read them', async () => {
    const cluster = await startCluster({ logMemoryBytes: 0, snapshotEveryEntries: 0 });
    const leader = await cluster.leader();
    const [away] = cluster.others(leader.id);
    await cluster.stop(away!);
    await write(cluster, leader, ...many(20));
    const heard = listen(leader.node);
    leader.journal.read = () => Promise.reject(new Error('bad sector'));
    await cluster.start(away!);
    await cluster.until('the failure', () => heard.some(([name]) => name === 'failed'));
    expect(heard.at(-1)).toMatchObject(['failed', { message: 'bad sector' }]);
  });
});

describe('a journal that fails', () => {
  it('ends the node: open calls have an unknown outcome, and nothing more leaves', async () => {
    const cluster = await startCluster();
    const leader = await cluster.leader();
    await cluster.run(50);
    const heard = listen(leader.node);
    leader.journal.beforeAppend = () => Promise.reject(new Error('disk full'));
    const read = leader.node.read();
    const outcome = cluster.failure(leader.node.propose(line('x')));
    expect(await outcome).toMatchObject({ code: 'node-failed', outcome: 'unknown', cause: { message: 'disk full' } });
    await cluster.failure(read);
    expect(heard).toMatchObject([['failed', { message: 'disk full' }]]);
    const sent = leader.transport.status().peers.map((peer) => peer.sent);
    await cluster.run(500);
    expect(leader.transport.status().peers.map((peer) => peer.sent)).toEqual(sent);
    expect((await cluster.leader([leader.id])).id).not.toBe(leader.id);
  });

  it('does not acknowledge what is not durable', async () => {
    const cluster = await startCluster({ ids: ['a'] });
    const { node, journal } = await cluster.leader();
    await cluster.run(10);
    let release = (): void => {};
    journal.beforeAppend = () => new Promise((resolve) => (release = resolve));
    let done = false;
    const proposal = node.propose(line('x')).then(() => (done = true));
    await cluster.run(50);
    expect(done).toBe(false);
    release();
    await cluster.settled(proposal);
  });

  it('that hangs makes the leader step down', async () => {
    const cluster = await startCluster();
    const leader = await cluster.leader();
    await cluster.run(50);
    leader.journal.beforeAppend = () => new Promise(() => {});
    leader.node.propose(line('x')).catch(() => {});
    const next = await cluster.leader([leader.id]);
    await write(cluster, next, 'works');
    expect(leader.node.status().role).not.toBe('leader');
  });

  it('lets the node be opened again', async () => {
    const cluster = await startCluster({ ids: ['a'] });
    const { node, journal } = await cluster.leader();
    await write(cluster, cluster.get('a'), 'kept');
    journal.beforeAppend = () => Promise.reject(new Error('disk full'));
    await cluster.failure(node.propose(line('x')));
    await cluster.stop('a');
    const again = await cluster.start('a');
    await cluster.until('the line', () => again.notebook.lines.length === 1);
    expect(again.notebook.lines).toEqual(['kept']);
  });

  it('of another group or of no Raft refuses to open', async () => {
    const network = new MemoryNetwork();
    const transport = network.transport('a');
    const journal = new MemoryJournal();
    await journal.append([{ group: 'raft', index: 1, data: Uint8Array.of(9, 9) }]);
    const open = RaftNode.open({ transport, journal, stateMachine: new Notebook() });
    await expect(open).rejects.toMatchObject({ code: 'malformed' });
  });
});

describe('closing', () => {
  it('rejects open calls with an unknown outcome', async () => {
    const cluster = await startCluster();
    const { id, node } = await cluster.leader();
    cluster.isolate(id);
    const calls = [node.propose(line('x')), node.read()];
    const failures = calls.map((call) => call.catch((error: unknown) => error));
    await cluster.run(5);
    const gathering = node.propose(line('not even submitted')).catch((error: unknown) => error);
    await node.close();
    for (const error of await Promise.all([...failures, gathering])) {
      expect(error).toBeInstanceOf(ClosedError);
      expect(error).toMatchObject({ outcome: 'unknown' });
    }
  });

  it('twice is harmless, also at once', async () => {
    const cluster = await startCluster();
    const { node } = await cluster.leader();
    await Promise.all([node.close(), node.close()]);
    await node.close();
    await node[Symbol.asyncDispose]();
  });

  it('refuses calls that come later: nothing of them happens', async () => {
    const cluster = await startCluster();
    const { node } = await cluster.leader();
    await node.close();
    for (const call of [node.propose(line('x')), node.read(), node.snapshot()]) {
      await expect(call).rejects.toMatchObject({ code: 'closed', outcome: 'failed' });
    }
  });

  it('leaves no timer armed, with calls open, timers running and a snapshot under way', async () => {
    const cluster = await startCluster();
    const { node } = await cluster.leader();
    const open = [node.propose(line('x')), node.read(), node.snapshot()];
    for (const call of open) call.catch(() => {});
    for (const id of ['a', 'b', 'c']) await cluster.stop(id);
    await Promise.allSettled(open);
    await cluster.run(0);
    expect(cluster.timers.armed).toBe(0);
  });

  it('emits nothing later, not even when the state machine is at work', async () => {
    const cluster = await startCluster({ ids: ['a'], snapshotEveryEntries: 1 });
    const { node, notebook } = await cluster.leader();
    let release = (): void => {};
    notebook.beforeApply = () => new Promise((resolve) => (release = resolve));
    node.propose(line('x')).catch(() => {});
    await cluster.run(10);
    const heard = listen(node);
    await node.close();
    release();
    await cluster.run(1000);
    expect(heard).toEqual([]);
  });

  it('leaves the journal and the transport open', async () => {
    const cluster = await startCluster({ ids: ['a'] });
    const { node, journal, transport } = cluster.get('a');
    await node.close();
    await expect(journal.append([])).resolves.toBeUndefined();
    expect(transport.status().address).toBe('a');
    const again = await RaftNode.open({
      transport,
      journal,
      stateMachine: new Notebook(),
      clock: cluster.timers,
      electionTimeoutMs: 100,
    });
    await again.close();
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
