import { describe, expect, it } from 'vitest';
import { line, listen, many, startCluster, write } from './node-cluster.js';

const member = (id: string, address: string | null = null) => ({ id, address });
const members = (...ids: string[]) => ids.map((id) => member(id));
/** A server that is to join: a blank journal, and nobody whom it knows. */
const JOINING = { members: {} };

describe('a change of members', () => {
  it('makes a blank server a voter that has the whole log', async () => {
    const cluster = await startCluster();
    const leader = await cluster.leader();
    await write(cluster, leader, ...many(20));
    const joining = await cluster.start('d', JOINING);
    await cluster.settled(leader.node.changeMembers({ type: 'add', member: member('d'), as: 'voter' }));
    expect(leader.node.status()).toMatchObject({ members: ['a', 'b', 'c', 'd'], learners: [], changing: false });
    await cluster.run(20);
    expect(joining.notebook.lines).toEqual(many(20));
    expect(joining.node.status()).toMatchObject({ members: ['a', 'b', 'c', 'd'], membership: 'voter' });
  });

  it('adds a learner, which gets the log and is not counted', async () => {
    const cluster = await startCluster({ ids: ['a'] });
    const leader = await cluster.leader();
    await cluster.settled(leader.node.changeMembers({ type: 'add', member: member('d'), as: 'learner' }));
    await write(cluster, leader, 'while the learner is not there'); // so its word is not needed
    const learner = await cluster.start('d', JOINING);
    await cluster.until('the learner has it', () => learner.notebook.lines.length === 1);
    expect(learner.node.status()).toMatchObject({ membership: 'learner', members: ['a'], learners: ['d'] });
    await cluster.run(20);
    expect(leader.node.status().peers).toMatchObject([{ id: 'd', voter: false, lag: 0 }]);
  });

  it('replaces all members by others, whose clients miss nothing', async () => {
    const cluster = await startCluster();
    const leader = await cluster.leader();
    await write(cluster, leader, 'before');
    for (const id of ['d', 'e', 'f']) await cluster.start(id, JOINING);
    const change = { type: 'set', voters: members('d', 'e', 'f'), learners: [] } as const;
    await cluster.settled(leader.node.changeMembers(change));
    for (const id of ['a', 'b', 'c']) await cluster.stop(id);
    const next = await cluster.leader();
    expect(['d', 'e', 'f']).toContain(next.id);
    await write(cluster, next, 'after');
    await cluster.run(20);
    for (const { notebook } of cluster.running.values()) expect(notebook.lines).toEqual(['before', 'after']);
  });

  it('removes the leader, and another one leads before an election timeout has passed', async () => {
    const cluster = await startCluster();
    const leader = await cluster.leader();
    const heard = listen(leader.node);
    await cluster.settled(leader.node.changeMembers({ type: 'remove', member: leader.id }));
    const before = cluster.clock.now();
    const next = await cluster.leader([leader.id]);
    expect(cluster.clock.now() - before).toBeLessThan(50);
    expect(next.node.status().members).toEqual(cluster.others(leader.id));
    expect(leader.node.status()).toMatchObject({ role: 'follower', membership: 'none' });
    expect(heard.filter(([name]) => name === 'removed')).toHaveLength(1);
  });

  it('tells the member that is removed, which troubles nobody from then on', async () => {
    const cluster = await startCluster();
    const leader = await cluster.leader();
    const removed = cluster.others(leader.id)[0]!;
    const heard = listen(cluster.get(removed).node);
    await cluster.settled(leader.node.changeMembers({ type: 'remove', member: removed }));
    await cluster.run(1000);
    expect(heard.filter(([name]) => name === 'removed')).toHaveLength(1);
    expect(leader.node.status()).toMatchObject({ role: 'leader', term: leader.node.status().term });
    expect(cluster.get(removed).node.status().term).toBe(leader.node.status().term);
  });

  it('is told as the event `members` on all of them', async () => {
    const cluster = await startCluster();
    const leader = await cluster.leader();
    const heard = [...cluster.running.values()].map(({ node }) => listen(node));
    await cluster.settled(leader.node.changeMembers({ type: 'add', member: member('d'), as: 'learner' }));
    await cluster.run(20);
    const configuration = { voters: members('a', 'b', 'c'), outgoing: [], learners: members('d') };
    for (const events of heard) expect(events).toContainEqual(['members', configuration]);
  });

  it('survives a restart, whatever `members` says', async () => {
    const cluster = await startCluster();
    const leader = await cluster.leader();
    const gone = cluster.others(leader.id)[0]!;
    await cluster.settled(leader.node.changeMembers({ type: 'remove', member: gone }));
    await cluster.run(20);
    for (const id of ['a', 'b', 'c']) await cluster.stop(id);
    for (const id of ['a', 'b', 'c']) await cluster.start(id);
    const again = await cluster.leader([gone]);
    expect(again.node.status().members).toEqual(['a', 'b', 'c'].filter((id) => id !== gone));
  });

  it('of an address is known to all, and to the transport', async () => {
    const cluster = await startCluster();
    const leader = await cluster.leader();
    const moved = cluster.others(leader.id)[0]!;
    const addresses: [string, string][] = [];
    leader.transport.setAddress = (id, address) => void addresses.push([id, String(address)]);
    const change = { type: 'add', member: member(moved, 'host:7'), as: 'voter' } as const;
    await cluster.settled(leader.node.changeMembers(change));
    expect(addresses).toContainEqual([moved, 'host:7']);
    expect(leader.node.status().members).toEqual(['a', 'b', 'c']);
  });
});

describe('a change of members is refused', () => {
  it('elsewhere than on the leader', async () => {
    const cluster = await startCluster();
    const { id } = await cluster.leader();
    const { node } = cluster.get(cluster.others(id)[0]!);
    const error = await cluster.failure(node.changeMembers({ type: 'remove', member: id }));
    expect(error).toMatchObject({ code: 'not-leader', outcome: 'failed', leader: id });
  });

  it('while another one waits, which its signal ends', async () => {
    const cluster = await startCluster();
    const { node } = await cluster.leader();
    const controller = new AbortController();
    const away = { type: 'add', member: member('x'), as: 'voter' } as const;
    const waiting = node.changeMembers(away, { signal: controller.signal });
    await cluster.run(500);
    const second = { type: 'add', member: member('y'), as: 'learner' } as const;
    const error = await cluster.failure(node.changeMembers(second));
    expect(error).toMatchObject({ code: 'change-in-progress', outcome: 'failed' });
    controller.abort(new Error('enough'));
    expect(await cluster.failure(waiting)).toMatchObject({ message: 'enough' });
    await cluster.settled(node.changeMembers(second));
    expect(node.status().learners).toEqual(['x', 'y']); // the one that never came has begun to be a learner
  });

  it('when it would leave no voter', async () => {
    const cluster = await startCluster({ ids: ['a'] });
    const { node } = await cluster.leader();
    const error = await cluster.failure(node.changeMembers({ type: 'remove', member: 'a' }));
    expect(error).toMatchObject({ code: 'invalid-change', outcome: 'failed' });
  });

  it.each([
    ['an id that is none', { type: 'add', member: member(''), as: 'voter' }, 'member'],
    ['an address that is none', { type: 'add', member: { id: 'd', address: 1 }, as: 'voter' }, 'member'],
    ['a role that is none', { type: 'add', member: member('d'), as: 'witness' }, 'as'],
    ['a kind that is none', { type: 'promote', member: 'd' }, 'type'],
    ['a voter twice', { type: 'set', voters: members('d', 'd'), learners: [] }, 'voters'],
    ['a learner twice', { type: 'set', voters: members('a'), learners: members('d', 'd') }, 'learners'],
  ])('with %s', async (_, change, option) => {
    const cluster = await startCluster({ ids: ['a'] });
    const { node } = await cluster.leader();
    const error = await cluster.failure(node.changeMembers(change as never));
    expect(error).toMatchObject({ code: 'invalid-option', option });
  });
});

it('a change whose leader is cut off has an unknown outcome once it has begun', async () => {
  const cluster = await startCluster();
  const leader = await cluster.leader();
  await write(cluster, leader, 'so that it may change the members');
  cluster.isolate(leader.id);
  const change = leader.node.changeMembers({ type: 'add', member: member('d'), as: 'learner' });
  expect(await cluster.failure(change)).toMatchObject({ code: 'proposal-lost', outcome: 'unknown' });
});

it('a node that is closed rejects a change that waits', async () => {
  const cluster = await startCluster();
  const { node, id } = await cluster.leader();
  const waiting = node.changeMembers({ type: 'add', member: member('x'), as: 'voter' });
  await cluster.run(50);
  await cluster.stop(id);
  expect(await cluster.failure(waiting)).toMatchObject({ code: 'closed', outcome: 'unknown' });
  expect(await cluster.failure(node.changeMembers({ type: 'remove', member: 'b' }))).toMatchObject({ code: 'closed' });
});

it('a member that was away for a change of members gets to know it', async () => {
  const cluster = await startCluster({ snapshotEveryEntries: 5, trailingEntries: 0, maxTrailingEntries: 0 });
  const leader = await cluster.leader();
  const away = cluster.others(leader.id)[0]!;
  await cluster.stop(away);
  await cluster.settled(leader.node.changeMembers({ type: 'add', member: member('d', 'host:9'), as: 'learner' }));
  await write(cluster, leader, ...many(20));
  const back = await cluster.start(away);
  await cluster.until('it has all', () => back.notebook.lines.length === 20);
  expect(back.node.status().learners).toEqual(['d']); // it came with the snapshot
  await cluster.settled(leader.node.propose(line('more')));
});
