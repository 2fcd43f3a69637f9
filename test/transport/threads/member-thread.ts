/** A member of a Raft cluster in a thread of its own. It ends by itself when the main thread says goodbye. */
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { systemClock, type NodeId } from '../../../src/core/index.js';
import { openRequests } from '../../../src/host/index.js';
import { RaftNode } from '../../../src/raft/index.js';
import { MemoryJournal } from '../../../src/storage/memory.js';
import { openPortTransport } from '../../../src/transport/worker.js';
import { Lines } from '../../process/lines.js';

/** What the main thread gives a member. */
export interface MemberData {
  readonly id: NodeId;
  readonly members: readonly NodeId[];
  readonly ports: Readonly<Record<NodeId, MessagePort>>;
}

const { id, members, ports } = workerData as MemberData;
const transport = openPortTransport({ id, cluster: 'test', ports: { ...ports, main: parentPort! } });
const lines = new Lines();
const node = await RaftNode.open<number>({
  transport,
  journal: new MemoryJournal(),
  stateMachine: lines,
  members: Object.fromEntries(members.map((member) => [member, null])),
  electionTimeoutMs: 150,
});
openRequests(transport.channel('lines'), {
  clock: systemClock,
  handler: (body) => (typeof body === 'string' ? node.propose(new TextEncoder().encode(body)) : lines.lines),
});
transport.channel('life').listen({
  message() {
    throw new Error('told to fail');
  },
  peer: (peer, up) => {
    if (peer === 'main' && !up) void node.close().then(() => transport.close());
  },
});
