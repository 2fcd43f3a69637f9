import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { connect as connectSecurely, createServer as createSecureServer } from 'node:tls';
import type { Server as SecureServer } from 'node:tls';
import type { ByteStream } from '../stream/byte-stream.js';
import { formatAddress, parseAddress } from '../../core/index.js';
import { checkAddress } from './address.js';
import type { HostPort } from '../../core/index.js';
import { Arrivals } from './arriving-stream.js';
import { refusalByTls } from './certificate.js';
import { listen } from './listen.js';
import type { SecureEdge } from './secure-node.js';
import { SocketStream } from './socket-stream.js';
import type { CheckedTls } from './tls-options.js';

/** Dials and accepts sockets, plain or with TLS. */
export class TcpEdge implements SecureEdge {
  readonly checkAddress = checkAddress;
  readonly #keepAliveMs: number;
  #tls: CheckedTls | null;
  #server: Server | SecureServer | null = null;

  constructor(keepAliveMs: number, tls: CheckedTls | null) {
    this.#keepAliveMs = keepAliveMs;
    this.#tls = tls;
  }

  get address(): string | null {
    const bound = this.#server?.address() as AddressInfo | null | undefined;
    return bound ? formatAddress(bound.address, bound.port) : null;
  }

  /** Takes the port. @throws QuorateError when that cannot be */
  async bind(where: HostPort): Promise<void> {
    const tls = this.#tls;
    // Not by `rejectUnauthorized`: a bad certificate then looks like a broken connection, to both sides. The handshake
    // refuses whoever has none that is good, before it believes a word.
    const secured = { requestCert: tls?.clientCertificates === true, rejectUnauthorized: false };
    const server = tls === null ? createServer() : createSecureServer({ ...tls.context, ...secured });
    await listen(server, where);
    this.#server = server;
  }

  renew(tls: CheckedTls): void {
    this.#tls = tls;
    if (this.#server !== null) (this.#server as SecureServer).setSecureContext(tls.context);
  }

  dial(address: string): ByteStream {
    const where = parseAddress('address', address);
    if (this.#tls === null) return new SocketStream(connect({ ...where }), this.#keepAliveMs, false);
    // The name that counts is the id, which the handshake looks for: addresses come and go.
    const identity = { rejectUnauthorized: true, checkServerIdentity: () => undefined };
    return new SocketStream(connectSecurely({ ...where, ...this.#tls.context, ...identity }), this.#keepAliveMs, true);
  }

  listen(accept: (stream: ByteStream) => void, failed: () => void): void {
    const server = this.#server;
    if (server === null) return;
    server.on('error', failed);
    if (this.#tls === null) {
      server.on('connection', (socket: Socket) => accept(new SocketStream(socket, this.#keepAliveMs, false)));
    } else {
      this.#listenSecurely(server as SecureServer, accept, this.#tls.clientCertificates);
    }
  }

  async close(): Promise<void> {
    const server = this.#server;
    if (server !== null) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  #listenSecurely(server: SecureServer, accept: (stream: ByteStream) => void, certified: boolean): void {
    const arrivals = new Arrivals();
    server.on('connection', (socket: Socket) => accept(arrivals.add(socket)));
    server.on('secureConnection', (socket) => {
      const carrier = new SocketStream(socket, this.#keepAliveMs, certified);
      const stream = arrivals.take(socket);
      if (stream === null) carrier.destroy();
      else stream.arrived(carrier);
    });
    server.on('tlsClientError', (error, socket) => arrivals.take(socket)?.failed(error, refusalByTls(error)));
  }
}
