import { describe, expect, it } from 'vitest';
import { line, startCluster, write } from './node-cluster.js';

describe('leadership', () => {
  it('is handed over to the member that is named', async () => {
    const cluster = await startCluster();
    const leader = await cluster.leader();
    const to = cluster.others(leader.id)[1]!;
    expect(await cluster.settled(leader.node.transferLeadership(to))).toBe(to);
    expect((await cluster.leader()).id).toBe(to);
  });

  it('goes to one that answers when nobody is named, in less than an election timeout', async () => {
    const cluster = await startCluster();
    const leader = await cluster.leader();
    const [gone, there] = cluster.others(leader.id);
    await cluster.stop(gone!);
    await cluster.run(150);
    const before = cluster.clock.now();
    expect(await cluster.settled(leader.node.transferLeadership())).toBe(there);
    expect(cluster.clock.now() - before).toBeLessThan(20);
  });

  it('stays when the successor does not take over, and proposals are taken again', async () => {
    const cluster = await startCluster();
    const leader = await cluster.leader();
    const to = cluster.others(leader.id)[0]!;
    await cluster.stop(to);
    const transfer = leader.node.transferLeadership(to);
    await cluster.run(1);
    expect(leader.node.status().transferringTo).toBe(to);
    expect(await cluster.failure(leader.node.propose(line('x')))).toMatchObject({
      code: 'transferring',
      outcome: 'failed',
    });
    expect(await cluster.failure(transfer)).toMatchObject({ code: 'transfer-timeout', outcome: 'unknown' });
    await write(cluster, leader, 'again');
    expect(leader.node.status()).toMatchObject({ role: 'leader', transferringTo: null });
  });

  it.each([
    ['a stranger', 'x'],
    ['a learner', 'd'],
  ])('is not handed over to %s', async (_, to) => {
    const cluster = await startCluster();
    const { node } = await cluster.leader();
    await cluster.settled(node.changeMembers({ type: 'add', member: { id: 'd', address: null }, as: 'learner' }));
    expect(await cluster.failure(node.transferLeadership(to))).toMatchObject({ code: 'no-successor' });
  });

  it('cannot be given away by a member that does not have it', async () => {
    const cluster = await startCluster();
    const { id } = await cluster.leader();
    const { node } = cluster.get(cluster.others(id)[0]!);
    expect(await cluster.failure(node.transferLeadership())).toMatchObject({ code: 'not-leader', leader: id });
  });
});

describe('stop', () => {
  it('hands leadership over first, and answers what is open', async () => {
    const cluster = await startCluster();
    const leader = await cluster.leader();
    const open = Array.from({ length: 10 }, (_, i) => leader.node.propose(line(`${i}`)));
    const before = cluster.clock.now();
    await cluster.settled(leader.node.stop());
    await expect(Promise.all(open)).resolves.toHaveLength(10);
    await cluster.leader([leader.id]);
    expect(cluster.clock.now() - before).toBeLessThan(50); // an election timeout is 100 to 200
  });

  it('takes no more proposals', async () => {
    const cluster = await startCluster();
    const { node } = await cluster.leader();
    const stopping = node.stop();
    expect(await cluster.failure(node.propose(line('late')))).toMatchObject({ code: 'closed', outcome: 'failed' });
    await cluster.settled(stopping);
  });

  it('closes at once a member that does not lead', async () => {
    const cluster = await startCluster();
    const { id } = await cluster.leader();
    const { node } = cluster.get(cluster.others(id)[0]!);
    await node.stop();
    expect(await cluster.failure(node.read())).toMatchObject({ code: 'closed' });
  });

  it('does not wait for ever where nobody can take over', async () => {
    const cluster = await startCluster();
    const leader = await cluster.leader();
    for (const id of cluster.others(leader.id)) await cluster.stop(id);
    const before = cluster.clock.now();
    await cluster.settled(leader.node.stop());
    expect(cluster.clock.now() - before).toBeLessThanOrEqual(210);
  });

  it('answers what is open on a leader that is alone', async () => {
    const cluster = await startCluster({ ids: ['a'] });
    const { node } = await cluster.leader();
    const open = node.propose(line('last'));
    await cluster.settled(node.stop());
    expect(await open).toBe('1: last');
    await node.stop();
  });
});

it('a member that forgets its leader votes at once', async () => {
  const cluster = await startCluster();
  const leader = await cluster.leader();
  const [first, second] = cluster.others(leader.id);
  await cluster.stop(leader.id);
  for (const id of [first!, second!]) cluster.get(id).node.forgetLeader();
  await cluster.run(1);
  expect(cluster.get(first!).node.status().leader).toBeNull();
});
