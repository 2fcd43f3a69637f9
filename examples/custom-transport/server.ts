/** One server of the store, in a worker thread: the transport above, a journal in memory, and a Raft node. */
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { systemClock, type NodeId } from 'quorate/core';
import { openRequests } from 'quorate/host';
import { RaftNode } from 'quorate/raft';
import { MemoryJournal } from 'quorate/storage/memory';
import { encodePut, KvStateMachine, type PutResult } from '../replicated-kv/kv-state-machine.js';
import { KV_CHANNEL, parseRequest } from '../replicated-kv/protocol.js';
import { PortTransport } from './port-transport.js';

/** What the main thread gives a server: who it is, who the servers are, and a port to everybody else. */
export interface ServerData {
  readonly id: NodeId;
  readonly servers: readonly NodeId[];
  readonly ports: Readonly<Record<NodeId, MessagePort>>;
}

const { id, servers, ports } = workerData as ServerData;
const transport = new PortTransport(id);
for (const [peer, port] of Object.entries(ports)) transport.connect(peer, port);

const map = new KvStateMachine();
const node = await RaftNode.open<PutResult>({
  transport,
  journal: new MemoryJournal(),
  stateMachine: map,
  members: Object.fromEntries(servers.map((server) => [server, null])),
  electionTimeoutMs: 200,
});
openRequests(transport.channel(KV_CHANNEL), { clock: systemClock, handler: (body) => answer(parseRequest(body)) });

async function answer(request: ReturnType<typeof parseRequest>): Promise<unknown> {
  if (request.op === 'put') return node.propose(encodePut(request.key, request.value));
  if (request.op !== 'get') return { id, role: node.status().role };
  await node.read();
  return { id, value: map.get(request.key) ?? null };
}

parentPort!.once('message', () => void node.close().then(() => transport.close())); // nothing is left: the thread ends
