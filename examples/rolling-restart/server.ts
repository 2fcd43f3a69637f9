/**
 * One server: a process of its own that answers `GET /` after some milliseconds, `GET /health` with 200 or, when it drains, 503,
 * and `GET /requests` with how many it has. `POST /drain` makes it drain; SIGTERM ends it once it has answered what it has.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HOST, type FromServer, type Start } from './protocol.js';

/** Longer than any run, or a request would meet a connection that is just being closed. */
const KEEP_ALIVE_MS = 600_000;
const WORK_MS = 20;

function start({ port, version, broken }: Start): void {
  let draining = false;
  let requests = 0;
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    switch (`${request.method} ${request.url}`) {
      case 'GET /':
        requests++;
        response.on('close', () => requests--);
        // Whoever is told so makes no further request on this connection.
        if (draining) response.setHeader('connection', 'close');
        setTimeout(() => response.end(`${version}\n`), WORK_MS * (0.5 + Math.random()));
        break;
      case 'GET /health':
        response.writeHead(draining || broken ? 503 : 200).end();
        break;
      case 'GET /requests':
        response.end(String(requests));
        break;
      case 'POST /drain':
        draining = true;
        response.end();
        break;
      default:
        response.writeHead(404).end();
    }
  });
  server.on('error', ({ message }) => tell({ type: 'failed', message }));
  server.listen(port, HOST, () => tell({ type: 'listening', port: (server.address() as AddressInfo).port }));
  process.on('SIGTERM', () => {
    server.close(() => process.exit(0));
    server.closeIdleConnections();
  });
}

function tell(message: FromServer): void {
  if (process.connected) process.send!(message);
}

process.once('message', (message) => start(message as Start));
process.on('disconnect', () => process.exit(1)); // the client is gone, perhaps killed: do not outlive it
process.on('SIGINT', () => {}); // Ctrl-C reaches every process of the terminal; the client sees to the end of this one
if (!process.connected) process.exit(1);
