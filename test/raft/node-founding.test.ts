import { expect, it } from 'vitest';
import { listen, startCluster, write } from './node-cluster.js';

it('founding members of three elect nobody until all were up once', async () => {
  const cluster = await startCluster();
  await cluster.stop('c');
  await cluster.run(3000);
  expect(cluster.get('a').node.status()).toMatchObject({ admitted: false, role: 'follower', term: 1 });
  await cluster.start('c');
  await cluster.leader();
  for (const { node } of cluster.running.values()) expect(node.status().admitted).toBe(true);
});

it('of a new cluster elect a leader with a majority', async () => {
  const cluster = await startCluster({ newCluster: true });
  await cluster.stop('c');
  expect((await cluster.leader()).node.status().term).toBeGreaterThan(1);
});

it('a member that was up late takes part in a cluster that works already', async () => {
  const cluster = await startCluster({ newCluster: true });
  await cluster.stop('c');
  const leader = await cluster.leader();
  await write(cluster, leader, 'one');
  const { notebook, node } = await cluster.start('c', { newCluster: false });
  await cluster.until('the entry', () => notebook.lines.length === 1);
  expect(node.status().admitted).toBe(true);
});

it('a member whose journal is gone ends with an error that says what to do, and the others go on', async () => {
  const cluster = await startCluster();
  const leader = await cluster.leader();
  await write(cluster, leader, 'one');
  const [gone] = cluster.others(leader.id);
  await cluster.stop(gone!);
  cluster.wipe(gone!);
  const heard = listen((await cluster.start(gone!)).node);
  await cluster.until('the failure', () => heard.length > 0);
  expect(heard).toMatchObject([['failed', { code: 'journal-lost' }]]);
  expect(String((heard[0] as unknown[])[1])).toMatch(/runs on a new journal, but . knows it with another one/);
  expect(String((heard[0] as unknown[])[1])).toMatch(/give it its own journal back/);
  await write(cluster, leader, 'two');
});

it('a member whose journal is gone is found out also when it says that the cluster is new', async () => {
  const cluster = await startCluster();
  const leader = await cluster.leader();
  const [gone] = cluster.others(leader.id);
  await cluster.stop(gone!);
  cluster.wipe(gone!);
  const heard = listen((await cluster.start(gone!, { newCluster: true })).node);
  await cluster.until('the failure', () => heard.some(([name]) => name === 'failed'));
});

it('remembers the journals of others after a snapshot and a restart', async () => {
  const cluster = await startCluster();
  const leader = await cluster.leader();
  await write(cluster, leader, 'one');
  for (const { node } of cluster.running.values()) await cluster.settled(node.snapshot());
  for (const id of ['a', 'b', 'c']) await cluster.stop(id);
  cluster.wipe('a');
  await cluster.start('b');
  await cluster.start('c');
  const heard = listen((await cluster.start('a')).node);
  await cluster.until('the failure', () => heard.some(([name]) => name === 'failed'));
});

it('refuses a newCluster that is neither true nor false, by name', async () => {
  await expect(startCluster({ newCluster: 'yes' as unknown as boolean })).rejects.toThrow(/newCluster/);
});
