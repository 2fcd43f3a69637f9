/*
 * A Raft server as a process: `journal-server.ts OPTIONS`, with its options as JSON. Says what happens and answers as
 * lines of JSON; each line on standard input is a command for the log, or `read` alone for all lines. Ends with its
 * standard input.
 */
import { createInterface } from 'node:readline';
import { isQuorateError } from '../../src/core/index.js';
import { RaftNode } from '../../src/raft/index.js';
import { openFileJournal } from '../../src/storage/file.js';
import { openTcpTransport } from '../../src/transport/tcp.js';
import { Lines } from './lines.js';

/** What a test chooses. */
export interface ServerOptions {
  readonly id: string;
  readonly cluster: string;
  readonly directory: string;
  readonly port: number;
  readonly members: Readonly<Record<string, string>>;
  readonly snapshotEveryEntries?: number;
}

const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
const codeOf = (error: unknown): string => (isQuorateError(error) ? error.code : String(error));

const {
  id,
  cluster,
  directory,
  port,
  members,
  snapshotEveryEntries = 0,
} = JSON.parse(process.argv[2]!) as ServerOptions;
const transport = await openTcpTransport({ id, cluster, listen: { host: '127.0.0.1', port }, reconnectMaxMs: 100 });
const journal = await openFileJournal({ directory, cluster, node: id, segmentBytes: 4096 });
const lines = new Lines();
const options = { transport, journal, stateMachine: lines, members, electionTimeoutMs: 300, snapshotEveryEntries };
const node = await RaftNode.open<number>(options);
node.on('leader', (leader) => say({ leader }));
node.on('failed', (error) => say({ failed: codeOf(error), message: (error as Error).message }));
say({ leader: node.status().leader, admitted: node.status().admitted });

const input = createInterface({ input: process.stdin });
input.on('line', (line) => {
  const done = line === 'read' ? node.read().then(() => say({ lines: lines.lines })) : propose(line);
  done.catch((error: unknown) => say({ error: codeOf(error) }));
});
input.once('close', () => {
  void node
    .close()
    .then(() => transport.close())
    .then(() => journal.close());
});

async function propose(line: string): Promise<void> {
  say({ stored: await node.propose(new TextEncoder().encode(line)) });
}
