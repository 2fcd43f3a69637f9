/*
 * One server of the cluster that `npm run attack` attacks, as a process: a Raft node with its journal in a directory, and
 * a service that replicates what it is asked to put. The parent talks to it through the IPC channel.
 */
import { systemClock } from '../../src/core/index.js';
import { openRequests } from '../../src/host/index.js';
import { RaftNode, type RaftNodeStatus } from '../../src/raft/index.js';
import { openFileJournal } from '../../src/storage/file.js';
import type { StreamTransport } from '../../src/transport/tcp.js';
import { openTransport, type TransportChoice } from '../attacks/attacked-transport.js';
import { Tally } from '../attacks/tally.js';

/** What the parent asks. */
export type ToServer =
  | { readonly type: 'listen'; readonly over: TransportChoice }
  | { readonly type: 'join'; readonly members: Readonly<Record<string, string>> }
  | { readonly type: 'sample' };

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
let transport: StreamTransport | null = null;
let node: RaftNode<number> | null = null;

function tell(message: FromServer): void {
  process.send?.(message);
}

async function listen(over: TransportChoice): Promise<void> {
  const options = { id: id!, cluster: 'test', maxConnections: Number(maxConnections) };
  transport = await openTransport(over, options, true);
  openRequests(transport.channel('put'), {
    clock: systemClock,
    handler: (body) => {
      if (!(body instanceof Uint8Array) || body.length > MAX_PUT_BYTES) throw new Error('no put');
      return node?.propose(body);
    },
  });
  tell({ type: 'listening', address: transport.address! });
}

async function join(members: Readonly<Record<string, string>>): Promise<void> {
  const stateMachine = new Tally();
  const journal = await openFileJournal({ directory: directory!, cluster: 'test', node: id! });
  const options = { transport: transport!, journal, stateMachine, members, snapshotEveryEntries: 5000 };
  node = await RaftNode.open<number>(options);
  node.on('failed', (error) => tell({ type: 'failed', message: String(error) }));
}

function sample(): ServerSample {
  const { rss, heapUsed, external } = process.memoryUsage();
  const { peers, refused } = transport!.status();
  const { role, term, appliedIndex, malformed } = node!.status();
  const usedBytes = heapUsed + external;
  return { residentBytes: rss, usedBytes, peers: peers.length, refused, role, term, applied: appliedIndex, malformed };
}

process.on('message', (message: ToServer) => {
  if (message.type === 'listen') void listen(message.over);
  else if (message.type === 'join') void join(message.members);
  else tell({ type: 'sample', sample: sample() });
});
process.on('disconnect', () => process.exit());
