import { describe, expect, it } from 'vitest';
import { listen, many, startCluster, write } from './node-cluster.js';

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
