/**
 * One server of the measured cluster: a process of its own with a TCP transport, a file journal and a Raft node that
 * replicates a map, as a user would set it up, with default options. `cluster.ts` starts it and talks to it by IPC.
 */
import type { NodeId } from 'quorate/core';
import { systemClock } from 'quorate/core';
import { openRequests, type CommittedCommand, type StateMachine } from 'quorate/host';
import { RaftNode } from 'quorate/raft';
import { openFileJournal } from 'quorate/storage/file';
import { openTcpTransport, type TcpTransport } from 'quorate/transport/tcp';

/** What {@link Cluster} tells a server. */
export type ToServer =
  | { readonly type: 'listen'; readonly id: NodeId; readonly directory: string }
  | { readonly type: 'join'; readonly members: Readonly<Record<NodeId, string>> }
  | { readonly type: 'stop' };

/** What a server answers. */
export type FromServer =
  | { readonly type: 'listening'; readonly address: string }
  | { readonly type: 'leader'; readonly leader: NodeId | null };

/** A command is the length of the key in two bytes, the key, and the value. */
class PutMachine implements StateMachine<null> {
  readonly #map = new Map<string, Uint8Array>();
  readonly #decoder = new TextDecoder();

  apply(commands: readonly CommittedCommand[]): null[] {
    return commands.map(({ data }) => {
      const keyEnd = 2 + data[0]! * 256 + data[1]!;
      this.#map.set(this.#decoder.decode(data.subarray(2, keyEnd)), data.subarray(keyEnd));
      return null;
    });
  }

  /** All keys and values, in pieces of a thousand. */
  *snapshot(): Iterable<Uint8Array> {
    const entries = [...this.#map];
    for (let i = 0; i < entries.length; i += 1000) {
      const keys = entries.slice(i, i + 1000).map(([key]) => key);
      yield new TextEncoder().encode(`${keys.join('\n')}\n`);
      yield Buffer.concat(entries.slice(i, i + 1000).map(([, value]) => value));
    }
  }

  restore(): void {
    throw new Error('the measured cluster never restarts');
  }
}

let transport: TcpTransport;
let directory: string;

async function listen(id: NodeId, folder: string): Promise<void> {
  directory = folder;
  transport = await openTcpTransport({ id, cluster: 'bench', listen: { host: '127.0.0.1', port: 0 } });
  tell({ type: 'listening', address: transport.address! });
}

async function join(members: Readonly<Record<NodeId, string>>): Promise<void> {
  const journal = await openFileJournal({ directory, cluster: 'bench', node: transport.id });
  const node = await RaftNode.open({ transport, journal, stateMachine: new PutMachine(), members });
  const put = (command: unknown): Promise<null> => node.propose(command as Uint8Array);
  openRequests(transport.channel('put'), { clock: systemClock, handler: put });
  node.on('failed', (error) => {
    console.error(error);
    process.exit(1);
  });
  node.on('leader', (leader) => tell({ type: 'leader', leader }));
}

function tell(message: FromServer): void {
  process.send!(message);
}

async function obey(message: ToServer): Promise<void> {
  if (message.type === 'listen') await listen(message.id, message.directory);
  else if (message.type === 'join') await join(message.members);
  else process.exit(0);
}

process.on('message', (message) => void obey(message as ToServer));
process.on('disconnect', () => process.exit(1));
