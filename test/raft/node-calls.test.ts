import { describe, expect, it } from 'vitest';
import { isQuorateError, TimeoutError } from '../../src/core/index.js';
import { NotLeaderError } from '../../src/raft/index.js';
import { line, many, startCluster, write } from './node-cluster.js';

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
    // In their places the new leader puts the entry that begins its term, and another command.
    const lost = many(2, 'lost').map((text) => cluster.failure(old.node.propose(line(text))));
    await cluster.run(1);
    await write(cluster, await cluster.leader([old.id]), 'kept');
    cluster.rejoin(old.id);
    for (const failure of lost) expect(await failure).toMatchObject({ code: 'replaced', outcome: 'failed' });
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

  it('elsewhere than on the leader shows what was acknowledged before', async () => {
    const cluster = await startCluster();
    const { id, node } = await cluster.leader();
    const follower = cluster.get(cluster.others(id)[0]!);
    await cluster.settled(node.propose(line('x')));
    await cluster.settled(follower.node.read());
    expect(follower.notebook.lines).toEqual(['x']);
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
