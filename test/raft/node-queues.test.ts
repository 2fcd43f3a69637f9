import { describe, expect, it } from 'vitest';
import { line, listen, many, startCluster, write } from './node-cluster.js';

describe('back-pressure', () => {
  it('refuses proposals, and drained() tells when they are taken again', async () => {
    const cluster = await startCluster({ maxUncommittedBytes: 1000 });
    const { node } = await cluster.leader();
    const heard = listen(node);
    const outcomes = await cluster.settled(
      Promise.allSettled(many(5).map((text) => node.propose(line(text.padEnd(150))))),
    );
    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(1);
    const held = many(4).map((text) => node.propose(line(text.padEnd(150))));
    await cluster.run(0);
    const refused = await cluster.failure(node.propose(line('x'.repeat(300))));
    expect(refused).toMatchObject({ code: 'overloaded', outcome: 'failed' });
    await cluster.settled(node.drained());
    expect(heard.filter(([name]) => name === 'drained')).toHaveLength(1);
    await cluster.settled(node.propose(line('x'.repeat(300))));
    await cluster.settled(Promise.all(held));
  });

  it('does not hold up who was never refused', async () => {
    const cluster = await startCluster();
    const { node } = await cluster.leader();
    await node.drained();
  });

  it('can be given up by its signal', async () => {
    const cluster = await startCluster({ maxUncommittedBytes: 1000 });
    const leader = await cluster.leader();
    await write(cluster, leader, 'so that nothing waits');
    await cluster.run(20);
    cluster.isolate(leader.id);
    const stuck = leader.node.propose(line('x'.repeat(900)));
    stuck.catch(() => {});
    await cluster.run(0);
    await cluster.failure(leader.node.propose(line('y'.repeat(900))));
    const controller = new AbortController();
    const waiting = leader.node.drained({ signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
  });

  it('ends when the node is closed', async () => {
    const cluster = await startCluster({ maxUncommittedBytes: 1000 });
    const leader = await cluster.leader();
    await write(cluster, leader, 'so that nothing waits');
    cluster.isolate(leader.id);
    leader.node.propose(line('x'.repeat(900))).catch(() => {});
    await cluster.run(0);
    await cluster.failure(leader.node.propose(line('y'.repeat(900))));
    const waiting = cluster.failure(leader.node.drained());
    await cluster.stop(leader.id);
    expect(await waiting).toMatchObject({ code: 'closed', outcome: 'unknown' });
  });

  it('ends when the server leads no more', async () => {
    const cluster = await startCluster({ maxUncommittedBytes: 1000 });
    const leader = await cluster.leader();
    await write(cluster, leader, 'so that nothing waits');
    await cluster.run(20);
    cluster.isolate(leader.id);
    leader.node.propose(line('x'.repeat(900))).catch(() => {});
    await cluster.run(0);
    await cluster.failure(leader.node.propose(line('y'.repeat(900))));
    await cluster.settled(leader.node.drained());
    expect(leader.node.status().role).not.toBe('leader');
  });
});

describe('forwarding of proposals', () => {
  it('takes them to the leader, and its result back', async () => {
    const cluster = await startCluster({ forwardProposals: true });
    const { id } = await cluster.leader();
    const { node } = cluster.get(cluster.others(id)[0]!);
    expect(await cluster.settled(node.propose(line('from afar')))).toBe('1: from afar');
  });

  it('is off unless it is wanted', async () => {
    const cluster = await startCluster();
    const { id } = await cluster.leader();
    const { node } = cluster.get(cluster.others(id)[0]!);
    expect(await cluster.failure(node.propose(line('x')))).toMatchObject({ code: 'not-leader' });
  });

  it('goes no further than to the one that was thought to lead', async () => {
    const cluster = await startCluster({ forwardProposals: true });
    const leader = await cluster.leader();
    const [from, next] = cluster.others(leader.id);
    await cluster.settled(leader.node.transferLeadership(next));
    const { node } = cluster.get(from!);
    if (node.status().leader === next) await cluster.run(0);
    const told = node.status().leader;
    const outcome = cluster.failure(node.propose(line('x')));
    if (told === leader.id) expect(await outcome).toMatchObject({ code: 'not-leader', outcome: 'failed' });
    else expect(await outcome).toBe('no error but 1: x');
  });

  it('says that the outcome is unknown when the leader dies with a proposal', async () => {
    const cluster = await startCluster({ forwardProposals: true });
    const leader = await cluster.leader();
    const { node } = cluster.get(cluster.others(leader.id)[0]!);
    const proposal = node.propose(line('x'));
    await cluster.run(1);
    await cluster.stop(leader.id);
    expect(await cluster.failure(proposal)).toMatchObject({ outcome: 'unknown' });
  });

  it('is given up by its signal', async () => {
    const cluster = await startCluster({ forwardProposals: true });
    const leader = await cluster.leader();
    const { node } = cluster.get(cluster.others(leader.id)[0]!);
    const controller = new AbortController();
    const proposal = node.propose(line('x'), { signal: controller.signal });
    controller.abort(new Error('enough'));
    expect(await cluster.failure(proposal)).toMatchObject({ message: 'enough' });
  });
});

describe('the status', () => {
  it('tells an operator what waits', async () => {
    const cluster = await startCluster();
    const leader = await cluster.leader();
    await write(cluster, leader, 'so that nothing waits');
    await cluster.run(20);
    cluster.isolate(leader.id);
    leader.node.propose(line('x'.repeat(36))).catch(() => {});
    leader.node.read().catch(() => {});
    await cluster.run(1);
    const { queues, peers, changing, joint } = leader.node.status();
    expect(queues).toMatchObject({
      proposals: 1,
      reads: 1,
      uncommittedBytes: 100,
      unstoredEntries: 0,
      unappliedEntries: 0,
    });
    expect(queues.logBytes).toBeGreaterThan(100);
    expect(peers.map(({ lag, flow, voter, inflightBytes }) => ({ lag, flow, voter, inflightBytes }))).toEqual([
      { lag: 1, flow: 'probe', voter: true, inflightBytes: 100 },
      { lag: 1, flow: 'probe', voter: true, inflightBytes: 100 },
    ]);
    expect({ changing, joint }).toEqual({ changing: false, joint: false });
  });

  it('tells of the last snapshot', async () => {
    const cluster = await startCluster();
    const leader = await cluster.leader();
    expect(leader.node.status().lastSnapshot).toBeNull();
    await write(cluster, leader, 'one');
    const index = await cluster.settled(leader.node.snapshot());
    expect(leader.node.status().lastSnapshot).toMatchObject({ index, bytes: expect.any(Number) as number });
    expect(leader.node.status().lastSnapshot!.bytes).toBeGreaterThan(2);
  });
});

it('a snapshot is taken after so many bytes of commands', async () => {
  const cluster = await startCluster({ snapshotEveryBytes: 1000, snapshotEveryEntries: 0 });
  const leader = await cluster.leader();
  await write(cluster, leader, 'x'.repeat(900));
  await cluster.run(50);
  expect(leader.node.status().snapshotIndex).toBe(0);
  await write(cluster, leader, 'x'.repeat(100));
  await cluster.run(50);
  expect(leader.node.status().snapshotIndex).toBe(leader.node.status().appliedIndex);
  await write(cluster, leader, 'x'.repeat(900));
  await cluster.run(50);
  expect(leader.node.status().appliedIndex - leader.node.status().snapshotIndex).toBe(1); // counted from the last one
});
