import { connect } from 'node:net';
import type { Server } from 'node:net';
import type { ByteStream, StreamEdge } from '../stream/byte-stream.js';
import { checkAddress, parseAddress } from './address.js';
import { SocketStream } from './socket-stream.js';

/** Dials and accepts sockets. */
export class TcpEdge implements StreamEdge {
  readonly address: string | null;
  readonly checkAddress = checkAddress;
  readonly #server: Server | null;
  readonly #keepAliveMs: number;

  /** @param server - listens already, at `address`; both `null` for a client */
  constructor(keepAliveMs: number, server: Server | null, address: string | null) {
    this.address = address;
    this.#server = server;
    this.#keepAliveMs = keepAliveMs;
  }

  dial(address: string): ByteStream {
    return new SocketStream(connect({ ...parseAddress('address', address) }), this.#keepAliveMs);
  }

  listen(accept: (stream: ByteStream) => void, failed: () => void): void {
    this.#server?.on('connection', (socket) => accept(new SocketStream(socket, this.#keepAliveMs)));
    this.#server?.on('error', failed);
  }

  async close(): Promise<void> {
    const server = this.#server;
    if (server !== null) await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}
