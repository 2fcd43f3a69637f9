import { afterEach, describe, expect, it } from 'vitest';
import { raftCodec, RaftNode, type RaftMessage } from '../../src/raft/index.js';
import type { StreamTransport } from '../../src/transport/tcp.js';
import { line, Notebook, startCluster, WatchedJournal } from '../raft/node-cluster.js';
import { type Bare, frame, helloFrame, StreamBench, tcp, until } from '../transport/stream-bench.js';
import { channelName } from './attacker.js';

const codec = raftCodec();
const bench = new StreamBench(tcp);
const nodes: RaftNode<string>[] = [];

async function reset(): Promise<void> {
  await Promise.all(nodes.splice(0).map((node) => node.close()));
  await bench.reset();
}

interface Server {
  readonly transport: StreamTransport;
  readonly journal: WatchedJournal;
  readonly node: RaftNode<string>;
}

/** One of three members, of which the others are not there. */
async function start(): Promise<Server> {
  const transport = await bench.node('a');
  const journal = new WatchedJournal();
  const members = { a: transport.address!, b: null, c: null };
  const options = { members, electionTimeoutMs: 300, newCluster: true };
  const node = await RaftNode.open<string>({ ...options, transport, journal, stateMachine: new Notebook() });
  nodes.push(node);
  return { transport, journal, node };
}

/** A stranger on the channel of Raft. */
async function stranger({ transport }: Server, id = 'x'): Promise<Bare> {
  const bare = await bench.dial(transport);
  bare.write(Buffer.concat([helloFrame({ id, to: transport.id, maxFrameBytes: 1 << 20 }), channelName('raft')]));
  return bare;
}

const raftFrame = (message: RaftMessage): Uint8Array => frame(1, codec.encode(message));

/** Resolves when all that a stranger sent so far was handled: a pre-vote behind it is answered. */
async function handled(bare: Bare): Promise<void> {
  const before = bare.received.length;
  bare.write(raftFrame({ type: 'preVote', term: 0, lastLogIndex: 0, lastLogTerm: 0 }));
  await until(
    () => 'a pre-vote is answered',
    () => bare.received.length > before,
  );
}

describe('a Raft node that strangers talk to', () => {
  afterEach(reset);

  it('is not elected by their votes', async () => {
    const alone = await start();
    const bares = await Promise.all(['x', 'y', 'z'].map((id) => stranger(alone, id)));
    await until(
      () => 'it campaigns',
      () => alone.node.status().role === 'preCandidate',
    );
    const { term } = alone.node.status();
    for (let campaignTerm = term; campaignTerm < term + 4; campaignTerm++) {
      for (const bare of bares) {
        bare.write(raftFrame({ type: 'preVoteReply', term: 0, campaignTerm, granted: true }));
        bare.write(raftFrame({ type: 'requestVoteReply', term: campaignTerm, voteGranted: true }));
      }
    }
    await Promise.all(bares.map(handled));
    expect(alone.node.status()).toMatchObject({ role: 'preCandidate', term });
  });

  it('goes on leading while they answer with newer terms, and ask for votes', async () => {
    const cluster = await startCluster(); // in virtual time, so that no other reason ends the term
    const leader = await cluster.leader();
    const { term } = leader.node.status();
    const channel = cluster.network.transport('x').channel('raft', { codec });
    const newer = term + 1000;
    const forgeries: readonly RaftMessage[] = [
      { type: 'appendEntriesReply', success: true, term: newer, matchIndex: 1e9, round: 1e9 },
      { type: 'installSnapshotReply', term: newer, lastIncludedIndex: 1, offset: 0, installed: true },
      { type: 'requestVoteReply', term: newer, voteGranted: false },
      { type: 'preVoteReply', term: newer, campaignTerm: newer, granted: false },
      { type: 'requestVote', term: newer, lastLogIndex: 1e9, lastLogTerm: newer, transfer: false },
    ];
    for (let i = 0; i < 100; i++) {
      for (const to of ['a', 'b', 'c']) for (const forgery of forgeries) channel.send(to, forgery);
      await cluster.run(1);
    }
    expect(await cluster.settled(leader.node.propose(line('a line')))).toBe('1: a line');
    expect(leader.node.status()).toMatchObject({ role: 'leader', term });
  });

  it('notes no introductions of theirs', async () => {
    const alone = await start();
    const bare = await stranger(alone);
    const appends = alone.journal.appended.length;
    for (let i = 0; i < 200; i++) bare.write(raftFrame({ type: 'introduction', identity: `journal-${i}` }));
    await handled(bare);
    expect(alone.journal.appended.length).toBe(appends);
  });

  it('counts what is no message of Raft, and what has wrong fields', async () => {
    const alone = await start();
    const bare = await stranger(alone);
    const wrong = [null, [], {}, { type: 'order' }, { type: 'preVote' }, { type: 'preVote', term: -1 }];
    for (const value of wrong) bare.write(frame(1, codec.encode(value)));
    await handled(bare);
    expect(alone.node.status().malformed).toBe(wrong.length);
  });
});
