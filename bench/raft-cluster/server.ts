/**
 * One server of the measured cluster: a process of its own with a TCP transport, a file journal and a Raft node that
 * replicates a map, as a user would set it up, with default options where nothing else is said. `cluster.ts` starts it
 * and talks to it by IPC.
 */
import { parseAddress, systemClock, type NodeId } from 'quorate/core';
import { openRequests } from 'quorate/host';
import { RaftNode, type RaftNodeOptions } from 'quorate/raft';
import { openFileJournal } from 'quorate/storage/file';
import { openTcpTransport, type TcpTransport } from 'quorate/transport/tcp';
import { PutMachine } from './put-machine.js';

/** Of the options of a node, those that a measurement may set. */
export type ServerOptions = Pick<RaftNodeOptions, 'snapshotEveryEntries' | 'trailingEntries' | 'maxTrailingEntries'>;

/** What {@link Cluster} tells a server. */
export type ToServer =
  | { readonly type: 'listen'; readonly id: NodeId; readonly address: string | null; readonly directory: string }
  | { readonly type: 'join'; readonly members: Readonly<Record<NodeId, string>>; readonly options: ServerOptions }
  | { readonly type: 'catch-up'; readonly of: NodeId };

/** How a follower caught up. */
export interface CaughtUp {
  readonly type: 'caught-up';
  readonly of: NodeId;
  /** Whether it got a snapshot, or entries alone. */
  readonly snapshot: boolean;
}

/** What a server answers. */
export type FromServer =
  { readonly type: 'listening'; readonly address: string } | { readonly type: 'leading' } | CaughtUp;

/** Who lacks no more entries than this has caught up: a loaded cluster has so many on the way. */
const CAUGHT_UP_LAG = 1000;
const LOOK_MS = 10;

let transport: TcpTransport;
let node: RaftNode<null>;
let directory: string;

async function listen({ id, address, directory: folder }: ToServer & { type: 'listen' }): Promise<void> {
  directory = folder;
  const at = address === null ? { host: '127.0.0.1', port: 0 } : parseAddress('address', address);
  transport = await openTcpTransport({ id, cluster: 'bench', listen: at });
  tell({ type: 'listening', address: transport.address! });
}

async function join({ members, options }: ToServer & { type: 'join' }): Promise<void> {
  const journal = await openFileJournal({ directory, cluster: 'bench', node: transport.id });
  node = await RaftNode.open({ ...options, transport, journal, stateMachine: new PutMachine(), members });
  const put = (command: unknown): Promise<null> => node.propose(command as Uint8Array);
  openRequests(transport.channel('put'), { clock: systemClock, handler: put });
  node.on('failed', (error) => {
    console.error(error);
    process.exit(1);
  });
  node.on('role', ({ role }) => {
    if (role === 'leader') tell({ type: 'leading' });
  });
}

/** As the leader, watches a follower. */
function watch(of: NodeId, snapshot: boolean): void {
  const peer = node.status().peers.find(({ id }) => id === of);
  const seen = snapshot || peer?.flow === 'snapshot';
  if (peer?.flow === 'replicate' && peer.lag <= CAUGHT_UP_LAG) tell({ type: 'caught-up', of, snapshot: seen });
  else setTimeout(watch, LOOK_MS, of, seen);
}

function tell(message: FromServer): void {
  process.send!(message);
}

async function obey(message: ToServer): Promise<void> {
  if (message.type === 'listen') await listen(message);
  else if (message.type === 'join') await join(message);
  else watch(message.of, false);
}

process.on('message', (message) => void obey(message as ToServer));
process.on('disconnect', () => process.exit(1));
