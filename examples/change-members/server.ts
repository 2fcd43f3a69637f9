import { join } from 'node:path';
import type { NodeId } from 'quorate/core';
import { type CommittedCommand, type StateMachine } from 'quorate/host';
import { withSessions, type SessionAnswer } from 'quorate/host/sessions';
import { RaftNode } from 'quorate/raft';
import { openFileJournal, type FileJournal } from 'quorate/storage/file';
import { openTcpTransport, type TcpTransport } from 'quorate/transport/tcp';

/** Counts the commands that were applied. */
class Counter implements StateMachine<number> {
  count = 0;

  apply(commands: readonly CommittedCommand[]): number[] {
    return commands.map(() => ++this.count);
  }

  snapshot(): Iterable<Uint8Array> {
    return [new TextEncoder().encode(String(this.count))];
  }

  async restore(chunks: AsyncIterable<Uint8Array>): Promise<void> {
    let text = '';
    for await (const chunk of chunks) text += new TextDecoder().decode(chunk);
    this.count = Number(text);
  }
}

/** A member of the cluster: a TCP transport, a journal on disk, and a node between them. */
export class Server {
  readonly id: NodeId;
  readonly counter = new Counter();
  readonly node: RaftNode<SessionAnswer<number>>;
  readonly #transport: TcpTransport;
  readonly #journal: FileJournal;

  private constructor(
    id: NodeId,
    node: Server['node'],
    counter: Counter,
    transport: TcpTransport,
    journal: FileJournal,
  ) {
    this.id = id;
    this.node = node;
    this.counter = counter;
    this.#transport = transport;
    this.#journal = journal;
  }

  /** Starts a server on a transport that listens already; without `members` it waits until a leader has it as one. */
  static async start(
    transport: TcpTransport,
    directory: string,
    members: Readonly<Record<NodeId, string>>,
  ): Promise<Server> {
    const { id } = transport;
    const journal = await openFileJournal({ directory: join(directory, id), cluster: 'example', node: id });
    const counter = new Counter();
    const stateMachine = withSessions(counter);
    const node = await RaftNode.open({
      transport,
      journal,
      stateMachine,
      members,
      electionTimeoutMs: 300,
      snapshotEveryEntries: 500,
      trailingEntries: 50,
      forwardProposals: true,
    });
    return new Server(id, node, counter, transport, journal);
  }

  /** Hands leadership over, if it has it, and stops. */
  async stop(): Promise<void> {
    await this.node.stop();
    await this.#transport.close();
    await this.#journal.close();
  }
}

/** A transport for a server, on a port that the system chooses. */
export function listen(id: NodeId): Promise<TcpTransport> {
  return openTcpTransport({ id, cluster: 'example', listen: { host: '127.0.0.1', port: 0 } });
}
