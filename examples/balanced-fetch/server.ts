/**
 * One server: a process of its own that answers `GET /?ms=10` after ten milliseconds of its time, times its slowness, one
 * request after the other. The client (server-process.ts) starts it and talks to it through the IPC channel.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HOST, type FromServer, type Start } from './protocol.js';

/** Longer than any run pauses, or a request would meet a connection that is just being closed. */
const KEEP_ALIVE_MS = 600_000;

function start({ slowness }: Start): void {
  /** When it has answered all that has come. A timer that is late then does not make those behind it later, too. */
  let freeAt = 0;
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    const workMs = Number(new URL(request.url!, `http://${HOST}`).searchParams.get('ms'));
    const now = performance.now();
    freeAt = Math.max(freeAt, now) + workMs * slowness;
    setTimeout(() => response.end('done\n'), freeAt - now);
  });
  server.on('error', ({ message }) => tell({ type: 'failed', message }));
  server.listen(0, HOST, () => tell({ type: 'listening', port: (server.address() as AddressInfo).port }));
}

function tell(message: FromServer): void {
  if (process.connected) process.send!(message);
}

process.once('message', (message) => start(message as Start));
process.on('disconnect', () => process.exit(1)); // the client is gone, perhaps killed: do not outlive it
process.on('SIGINT', () => {}); // Ctrl-C reaches every process of the terminal; the client sees to the end of this one
if (!process.connected) process.exit(1);
