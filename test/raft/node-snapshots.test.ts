import { describe, expect, it } from 'vitest';
import { MemoryJournal } from '../../src/storage/memory.js';
import { line, listen, many, startCluster, write } from './node-cluster.js';

describe('a snapshot', () => {
  it('is taken automatically, and the log before it goes', async () => {
    const cluster = await startCluster({ snapshotEveryEntries: 10, trailingEntries: 2 });
    const leader = await cluster.leader();
    await write(cluster, leader, ...many(25));
    await cluster.run(50);
    for (const { node } of cluster.running.values()) expect(node.status().snapshotIndex).toBeGreaterThanOrEqual(20);
    const indexes = cluster.store(leader.id).records.map(({ index }) => index);
    const { snapshotIndex } = leader.node.status();
    expect(Math.min(...indexes.filter((index) => index > 0))).toBe(snapshotIndex - 1);
  });

  it('is not taken when that is switched off', async () => {
    const cluster = await startCluster({ snapshotEveryEntries: 0 });
    const leader = await cluster.leader();
    await write(cluster, leader, ...many(25));
    expect(leader.node.status().snapshotIndex).toBe(0);
  });

  it('can be asked for, and tells its index once it is durable', async () => {
    const cluster = await startCluster();
    const leader = await cluster.leader();
    await write(cluster, leader, 'one');
    const index = await cluster.settled(leader.node.snapshot());
    expect(index).toBe(leader.node.status().appliedIndex);
    expect(leader.node.status().snapshotIndex).toBe(index);
    expect(await cluster.settled(leader.node.snapshot())).toBe(index); // nothing new since
  });

  it('is one when two are asked for', async () => {
    const cluster = await startCluster();
    const leader = await cluster.leader();
    await write(cluster, leader, 'one');
    const heard = listen(leader.node);
    const indexes = await cluster.settled(Promise.all([leader.node.snapshot(), leader.node.snapshot()]));
    expect(indexes[0]).toBe(indexes[1]);
    expect(heard).toEqual([['snapshot', indexes[0]]]);
  });

  it('that fails says so, and the node goes on and takes the next', async () => {
    const cluster = await startCluster();
    const leader = await cluster.leader();
    await write(cluster, leader, 'one');
    const good = leader.notebook.snapshot.bind(leader.notebook);
    leader.notebook.snapshot = function* () {
      yield Uint8Array.of(1);
      throw new Error('no more paper');
    };
    expect(await cluster.failure(leader.node.snapshot())).toEqual(new Error('no more paper'));
    leader.notebook.snapshot = good;
    await write(cluster, leader, 'two');
    expect(await cluster.settled(leader.node.snapshot())).toBe(leader.node.status().appliedIndex);
  });

  it('brings a follower that was away up to date, in pieces, and it goes on from there', async () => {
    const cluster = await startCluster({ snapshotEveryEntries: 10, trailingEntries: 0, snapshotChunkBytes: 50 });
    const leader = await cluster.leader();
    const [away] = cluster.others(leader.id);
    await cluster.stop(away!);
    await write(cluster, leader, ...many(50));
    const { node, notebook } = await cluster.start(away!);
    await cluster.until('the snapshot', () => notebook.restored > 0);
    await write(cluster, leader, 'after');
    await cluster.until('the rest', () => notebook.lines.length === 51);
    expect(notebook.lines).toEqual([...many(50), 'after']);
    expect(node.status().snapshotIndex).toBeGreaterThan(40);
    await cluster.stop(away!);
    const again = await cluster.start(away!);
    await cluster.until('all again', () => again.notebook.lines.length === 51);
    expect(again.notebook.lines).toEqual([...many(50), 'after']);
  });

  it('reaches a follower that was wiped and lets it continue', async () => {
    const cluster = await startCluster({ snapshotEveryEntries: 10, trailingEntries: 0 });
    const leader = await cluster.leader();
    const [away] = cluster.others(leader.id);
    await cluster.stop(away!);
    await write(cluster, leader, ...many(30));
    const { notebook } = await cluster.start(away!, { journal: new MemoryJournal(), members: {} });
    await cluster.until('all of it', () => notebook.lines.length === 30);
    expect(notebook.lines).toEqual(many(30));
  });

  it('may be taken again after one from the leader', async () => {
    const cluster = await startCluster({ snapshotEveryEntries: 10, trailingEntries: 0 });
    const leader = await cluster.leader();
    const [away] = cluster.others(leader.id);
    await cluster.stop(away!);
    await write(cluster, leader, ...many(30));
    const { node, notebook } = await cluster.start(away!);
    await cluster.until('the snapshot', () => notebook.restored > 0);
    const { snapshotIndex } = node.status();
    await write(cluster, leader, ...many(25, 'more'));
    await cluster.until('one of its own', () => node.status().snapshotIndex > snapshotIndex + 10);
  });

  it('brings the addresses of the members along', async () => {
    const addresses = { a: 'host:1', b: 'host:2', c: 'host:3' };
    const cluster = await startCluster({ snapshotEveryEntries: 10, trailingEntries: 0, members: addresses });
    const leader = await cluster.leader();
    const [away] = cluster.others(leader.id);
    await cluster.stop(away!);
    await write(cluster, leader, ...many(30));
    const { notebook, transport } = await cluster.start(away!, {
      journal: new MemoryJournal(),
      members: {},
    });
    const told: unknown[] = [];
    transport.setAddress = (id, address) => void told.push([id, address]);
    await cluster.until('the snapshot', () => notebook.restored > 0);
    await cluster.run(10);
    const others = cluster.others(away!) as ('a' | 'b' | 'c')[];
    expect(told).toEqual(others.map((id) => [id, addresses[id]]));
  });

  it('that cannot be restored ends the node', async () => {
    const cluster = await startCluster({ snapshotEveryEntries: 10, trailingEntries: 0 });
    const leader = await cluster.leader();
    const [away] = cluster.others(leader.id);
    await cluster.stop(away!);
    await write(cluster, leader, ...many(30));
    const { node, notebook } = await cluster.start(away!);
    notebook.restore = () => Promise.reject(new Error('torn page'));
    const heard = listen(node);
    await cluster.until('the failure', () => heard.some(([name]) => name === 'failed'));
    expect(heard.at(-1)).toMatchObject(['failed', { message: 'torn page' }]);
  });

  it('that the journal cannot read ends the node that was to send it', async () => {
    const cluster = await startCluster({ snapshotEveryEntries: 10, trailingEntries: 0 });
    const leader = await cluster.leader();
    const [away] = cluster.others(leader.id);
    await cluster.stop(away!);
    await write(cluster, leader, ...many(30));
    const heard = listen(leader.node);
    leader.journal.readCheckpoint = () => Promise.reject(new Error('bad sector'));
    await cluster.start(away!);
    await cluster.until('the failure', () => heard.some(([name]) => name === 'failed'));
    expect(heard.at(-1)).toMatchObject(['failed', { message: 'bad sector' }]);
  });

  it('is told of no more when the node was closed while it was being restored', async () => {
    const cluster = await startCluster({ snapshotEveryEntries: 10, trailingEntries: 0 });
    const leader = await cluster.leader();
    const [away] = cluster.others(leader.id);
    await cluster.stop(away!);
    await write(cluster, leader, ...many(30));
    const { node, notebook } = await cluster.start(away!);
    let release = (): void => {};
    let began = false;
    notebook.restore = () => {
      began = true;
      return new Promise((resolve) => (release = resolve));
    };
    await cluster.until('the restoring', () => began);
    const heard = listen(node);
    await node.close();
    release();
    await cluster.run(100);
    expect(heard).toEqual([]);
  });

  it('is told of no more when the node was closed while it was being stored', async () => {
    const cluster = await startCluster({ ids: ['a'] });
    const leader = await cluster.leader();
    await write(cluster, leader, 'one');
    let release = (): void => {};
    leader.notebook.snapshot = async function* () {
      await new Promise<void>((resolve) => (release = resolve));
      yield line('["one"]');
    };
    const outcome = leader.node.snapshot().catch((error: unknown) => error);
    await cluster.run(10);
    const heard = listen(leader.node);
    await leader.node.close();
    release();
    await cluster.run(10);
    expect(heard).toEqual([]);
    expect(await outcome).toMatchObject({ code: 'closed', outcome: 'unknown' });
  });

  it('that was half received when the node was closed leaves the journal as it was', async () => {
    const cluster = await startCluster({ snapshotEveryEntries: 10, trailingEntries: 0, snapshotChunkBytes: 10 });
    const leader = await cluster.leader();
    const [away] = cluster.others(leader.id);
    await cluster.stop(away!);
    await write(cluster, leader, ...many(30));
    const first = await cluster.start(away!);
    const { lastIndex } = first.node.status();
    await cluster.run(10);
    expect(first.notebook.restored).toBe(0);
    await cluster.stop(away!);
    await cluster.run(10);
    const { node, notebook } = await cluster.start(away!);
    expect(node.status()).toMatchObject({ lastIndex, snapshotIndex: 0 });
    await cluster.until('all of it', () => notebook.lines.length === 30);
    expect(notebook.lines).toEqual(many(30));
  });

  it('under way of its own does not keep that of the leader away for ever', async () => {
    const cluster = await startCluster({ snapshotEveryEntries: 10, trailingEntries: 0 });
    const leader = await cluster.leader();
    await write(cluster, leader, 'first');
    await cluster.run(20);
    const [away] = cluster.others(leader.id);
    const { node, notebook } = cluster.get(away!);
    let release = (): void => {};
    notebook.snapshot = async function* () {
      await new Promise<void>((resolve) => (release = resolve));
      yield line('["first"]');
    };
    const own = node.snapshot().catch(() => {});
    cluster.isolate(away!);
    await write(cluster, leader, ...many(30));
    cluster.rejoin(away!);
    await cluster.run(50);
    expect(notebook.restored).toBe(0);
    release();
    await cluster.until('the snapshot of the leader', () => notebook.restored > 0);
    await own;
    await cluster.until('all of it', () => notebook.lines.length === 31);
  });
});

it('a follower gets a snapshot though the log goes on growing faster than the snapshot travels', async () => {
  const cluster = await startCluster({
    snapshotEveryEntries: 10,
    trailingEntries: 0,
    maxTrailingEntries: 1000,
    snapshotChunkBytes: 8,
  });
  const leader = await cluster.leader();
  await write(cluster, leader, ...many(50));
  const joining = await cluster.start('d', { members: {} });
  const heard = listen(joining.node);
  const change = leader.node.changeMembers({ type: 'add', member: { id: 'd', address: null }, as: 'learner' });
  const arrived = (): boolean => heard.some(([name]) => name === 'installed');
  for (let count = 0; count < 500 && !arrived(); count++) await write(cluster, leader, `more ${count}`);
  await cluster.settled(change);
  expect(arrived()).toBe(true);
});
