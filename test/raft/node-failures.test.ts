import { describe, expect, it } from 'vitest';
import { ClosedError, QuorateError } from '../../src/core/index.js';
import { RaftNode } from '../../src/raft/index.js';
import { MemoryJournal } from '../../src/storage/memory.js';
import { MemoryNetwork } from '../../src/transport/memory.js';
import { line, listen, Notebook, startCluster, write } from './node-cluster.js';

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

describe('a journal that fails', () => {
  it('during a checkpoint ends the node at once, though nothing else is being written', async () => {
    const cluster = await startCluster({ ids: ['a'] });
    const leader = await cluster.leader();
    await write(cluster, leader, 'one');
    const heard = listen(leader.node);
    const full = new QuorateError('journal-full', 'no room', { outcome: 'unknown' });
    leader.journal.checkpoint = () => Promise.reject(full);
    leader.journal.beforeAppend = () => Promise.reject(full);
    expect(await cluster.failure(leader.node.snapshot())).toBe(full);
    await cluster.until('the failure', () => heard.some(([name]) => name === 'failed'));
    expect(heard.at(-1)).toEqual(['failed', full]);
  });

  it('not, but whose checkpoint does, leaves the node as it is', async () => {
    const cluster = await startCluster({ ids: ['a'] });
    const leader = await cluster.leader();
    await write(cluster, leader, 'one');
    leader.journal.checkpoint = () => Promise.reject(new Error('no state'));
    await cluster.failure(leader.node.snapshot());
    await write(cluster, leader, 'two');
  });

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
