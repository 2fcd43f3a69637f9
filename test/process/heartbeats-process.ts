/*
 * A process that beats to another one and watches it: `heartbeats-process.ts OPTIONS`, with its options as JSON. Says what
 * happens as lines of JSON. `block FILE` on standard input blocks its event loop until that file is there, SIGTERM stops it in
 * good order, and it ends with its standard input.
 */
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Heartbeats, type HeartbeatsEvents } from '../../src/detector/heartbeats.js';
import { localGpid } from '../../src/id/node.js';
import { openTcpTransport } from '../../src/transport/tcp.js';

/** What a test chooses. */
export interface HeartbeatsProcessOptions {
  readonly id: string;
  readonly port: number;
  readonly intervalMs: number;
  /** The other process, and where it listens. */
  readonly peer: string;
  readonly address: string;
}

const { id, port, intervalMs, peer, address } = JSON.parse(process.argv[2]!) as HeartbeatsProcessOptions;
const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
const listen = { host: '127.0.0.1', port };
const transport = await openTcpTransport({ id, cluster: 'test', listen, reconnectMinMs: 10, reconnectMaxMs: 100 });
const heartbeats = new Heartbeats({ transport, gpid: localGpid({ ip: '127.0.0.1', port }), intervalMs });
for (const event of [
  'trusted',
  'suspected',
  'restarted',
  'stopped',
  'paused',
  'error',
] satisfies (keyof HeartbeatsEvents)[])
  heartbeats.on(event, (value: unknown) => say({ event, value }));
transport.setAddress(peer, address);
heartbeats.watch(peer);
heartbeats.beatTo(peer);

const input = createInterface({ input: process.stdin });
input.on('line', (line) => {
  const file = line.slice('block '.length);
  while (!existsSync(file));
});
const end = (): Promise<void> => heartbeats.close().then(() => transport.close());
input.once('close', () => void end());
process.once('SIGTERM', () => {
  void heartbeats
    .stop()
    .then(end)
    .then(() => input.close());
});
