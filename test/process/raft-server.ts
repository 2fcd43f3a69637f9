/*
 * A Raft server as a process: `raft-server.ts ID DIRECTORY OPTIONS`, with options of the node as JSON. Listens on a free
 * port and prints the address, keeps its journal in the directory, and ends when its standard input does.
 */
import { RaftNode, type RaftNodeOptions } from '../../src/raft/index.js';
import { openFileJournal } from '../../src/storage/file.js';
import { openTcpTransport } from '../../src/transport/tcp.js';
import { Lines } from './lines.js';

const [, , id, directory, json] = process.argv;
const options = JSON.parse(json!) as Partial<RaftNodeOptions<number>>;
const transport = await openTcpTransport({ id: id!, cluster: 'test', listen: { host: '127.0.0.1', port: 0 } });
const journal = await openFileJournal({ directory: directory!, cluster: 'test', node: id! });
const node = await RaftNode.open<number>({ ...options, transport, journal, stateMachine: new Lines() });
process.stdout.write(`${transport.address!}\n`);
process.stdin.resume().once('end', () => {
  void node
    .close()
    .then(() => transport.close())
    .then(() => journal.close());
});
