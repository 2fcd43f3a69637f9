/*
 * One server of the cluster that `npm run attack` attacks, as a process: a Raft node over TCP with its journal in a
 * directory, and a service that replicates what it is asked to put. The parent talks to it through the IPC channel.
 */
import { systemClock } from '../../src/core/index.js';
import { openRequests } from '../../src/host/index.js';
import { RaftNode, type RaftNodeStatus } from '../../src/raft/index.js';
import { openFileJournal } from '../../src/storage/file.js';
import { openTcpTransport } from '../../src/transport/tcp.js';
import { Tally } from '../attacks/tally.js';

/** What the parent asks. */
export type ToServer =
  { readonly type: 'join'; readonly members: Readonly<Record<string, string>> } | { readonly type: 'sample' };

/** What a server tells. */
export type FromServer =
  | { readonly type: 'listening'; readonly address: string }
  | { readonly type: 'failed'; readonly message: string }
  | { readonly type: 'sample'; readonly sample: ServerSample };

/** How a server is. */
export interface ServerSample {
  readonly residentBytes: number;
  /** On the heap and outside of it, as far as JavaScript knows. */
  readonly usedBytes: number;
  readonly peers: number;
  readonly refused: Readonly<Record<string, number>>;
  readonly role: RaftNodeStatus['role'];
  readonly term: number;
  readonly applied: number;
  readonly malformed: number;
}

/** How many bytes of payload a put may have. */
const MAX_PUT_BYTES = 1024;

const [, , id, directory, maxConnections] = process.argv;
const transport = await openTcpTransport({
  id: id!,
  cluster: 'test',
  listen: { host: '127.0.0.1', port: 0 },
  maxConnections: Number(maxConnections),
});
const journal = await openFileJournal({ directory: directory!, cluster: 'test', node: id! });
let node: RaftNode<number> | null = null;

openRequests(transport.channel('put'), {
  clock: systemClock,
  handler: (body) => {
    if (!(body instanceof Uint8Array) || body.length > MAX_PUT_BYTES) throw new Error('no put');
    return node?.propose(body);
  },
});

function tell(message: FromServer): void {
  process.send?.(message);
}

async function join(members: Readonly<Record<string, string>>): Promise<void> {
  const stateMachine = new Tally();
  node = await RaftNode.open<number>({ transport, journal, stateMachine, members, snapshotEveryEntries: 5000 });
  node.on('failed', (error) => tell({ type: 'failed', message: String(error) }));
}

function sample(): ServerSample {
  const { rss, heapUsed, external } = process.memoryUsage();
  const { peers, refused } = transport.status();
  const { role, term, appliedIndex, malformed } = node!.status();
  const usedBytes = heapUsed + external;
  return { residentBytes: rss, usedBytes, peers: peers.length, refused, role, term, applied: appliedIndex, malformed };
}

process.on('message', (message: ToServer) => {
  if (message.type === 'join') void join(message.members);
  else tell({ type: 'sample', sample: sample() });
});
process.on('disconnect', () => process.exit());
tell({ type: 'listening', address: transport.address! });
