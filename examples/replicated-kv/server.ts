/**
 * One server of the demo: a process of its own with a transport, a journal and a Raft node, which replicates a
 * key-value map. The demo (cluster.ts) starts it and talks to it through the IPC channel; clients come over TCP.
 */
import type { NodeId } from 'quorate/core';
import { isQuorateError, MalformedError, systemClock } from 'quorate/core';
import { openRequests } from 'quorate/host';
import { formatGpid } from 'quorate/id';
import { localGpid } from 'quorate/id/node';
import { RaftNode } from 'quorate/raft';
import { openFileJournal } from 'quorate/storage/file';
import { openTcpTransport, type TcpTransport } from 'quorate/transport/tcp';
import { encodePut, KvStateMachine, type Json, type PutResult } from './kv-state-machine.js';
import {
  CLUSTER,
  ELECTION_TIMEOUT_MS,
  HEARTBEAT_INTERVAL_MS,
  HOST,
  KV_CHANNEL,
  parseRequest,
  type FromServer,
  type KvRequest,
  type ListenAt,
  type PutReply,
  type StatusReply,
  type ToServer,
} from './protocol.js';

/** Entries between two snapshots: few enough that a run takes some, and a process that comes back may need one. */
const SNAPSHOT_EVERY_ENTRIES = 20_000;

/** How many bytes of entries a page of a dump holds: far below the largest frame of the transport. */
const PAGE_BYTES = 256 * 1024;

interface Place {
  readonly id: NodeId;
  readonly directory: string;
  readonly transport: TcpTransport;
}

/** What is open, in the order in which it was opened. */
const open: AsyncDisposable[] = [];
let place: Place | null = null;

async function listen({ id, directory, port, tls }: ListenAt): Promise<void> {
  // The gpid tells this run of the server from the one before it, so that peers give up that one's connections.
  const incarnation = formatGpid(localGpid({ ip: HOST, port }));
  const transport = await openTcpTransport({
    id,
    cluster: CLUSTER,
    listen: { host: HOST, port },
    incarnation,
    ...(tls === null ? {} : { tls }),
  });
  open.push(transport);
  place = { id, directory, transport };
  tell({ type: 'listening', address: transport.address! });
}

async function join({ id, directory, transport }: Place, members: Readonly<Record<NodeId, string>>): Promise<void> {
  const journal = await openFileJournal({ directory, cluster: CLUSTER, node: id });
  open.push(journal);
  const map = new KvStateMachine();
  const node = await RaftNode.open<PutResult>({
    transport,
    journal,
    stateMachine: map,
    members, // counts while the journal is blank; later the log knows better
    electionTimeoutMs: ELECTION_TIMEOUT_MS,
    heartbeatIntervalMs: HEARTBEAT_INTERVAL_MS,
    snapshotEveryEntries: SNAPSHOT_EVERY_ENTRIES,
  });
  open.push(node);
  node.on('failed', fail);
  const handler = (body: unknown): unknown => answer(node, map, parseRequest(body));
  open.push(openRequests(transport.channel(KV_CHANNEL), { clock: systemClock, handler }));
  tell({ type: 'joined' });
}

/** Errors travel back to the client by themselves: a `NotLeaderError` brings along who leads. */
async function answer(node: RaftNode<PutResult>, map: KvStateMachine, request: KvRequest): Promise<unknown> {
  switch (request.op) {
    case 'put':
      return put(node, request.key, request.value);
    case 'get': {
      await node.read(); // from here on the map shows everything that was acknowledged before the request came
      const value = map.get(request.key);
      return { found: value !== undefined, value: value ?? null };
    }
    case 'status':
      return statusOf(node);
    case 'dump':
      return map.page(request.from, PAGE_BYTES);
  }
}

async function put(node: RaftNode<PutResult>, key: string, value: Json): Promise<PutReply> {
  const refused = await node.propose(encodePut(key, value));
  if (refused !== null) throw new MalformedError(refused.problem);
  const { id, term } = node.status();
  return { node: id, term };
}

function statusOf(node: RaftNode<PutResult>): StatusReply {
  const { id, role, term, commitIndex, appliedIndex } = node.status();
  return { node: id, role, term, commitIndex, appliedIndex };
}

function tell(message: FromServer): void {
  if (process.connected) process.send!(message);
}

function fail(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  tell({ type: 'failed', message, code: isQuorateError(error) ? error.code : 'internal' });
  void stop(1);
}

/** Closes what was opened, the last first, and ends. */
async function stop(exitCode: number): Promise<void> {
  process.removeAllListeners('disconnect');
  for (const handle of open.splice(0).reverse()) await handle[Symbol.asyncDispose]();
  process.exit(exitCode);
}

async function obey(message: ToServer): Promise<void> {
  if (message.type === 'listen') await listen(message);
  if (message.type === 'join' && place !== null) await join(place, message.members);
  if (message.type === 'stop') await stop(0);
}

process.on('message', (message) => void obey(message as ToServer).catch(fail));
process.on('disconnect', () => process.exit(1)); // the demo is gone, perhaps killed: do not outlive it
process.on('SIGINT', () => {}); // Ctrl-C reaches every process of the terminal; the demo sees to the end of this one
if (!process.connected) process.exit(1);
