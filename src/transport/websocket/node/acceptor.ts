import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer as createSecureServer, Server as SecureServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { WebSocketServer } from 'ws';
import type { ByteStream, StreamRefusal } from '../../stream/byte-stream.js';
import { formatAddress } from '../../../core/index.js';
import { Arrivals, ArrivingStream } from '../../tcp/arriving-stream.js';
import { refusalByTls } from '../../tcp/certificate.js';
import { listen } from '../../tcp/listen.js';
import type { CheckedTls } from '../../tcp/tls-options.js';
import { PLAIN } from './load-ws.js';
import type { Ws } from './load-ws.js';
import type { CheckedWebSocketOptions } from './options.js';
import { WsStream } from './ws-stream.js';

/** The first byte of a handshake of TLS. */
const TLS_HANDSHAKE = 0x16;

/** What is said to those that are refused before there is a WebSocket. */
const NOT_FOUND = 'HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n';
const FORBIDDEN = 'HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n';
const BAD_REQUEST = 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n';

/** Makes streams of what a server of HTTP upgrades to WebSocket: one of its own, or one that was given. */
export class Acceptor {
  readonly #options: CheckedWebSocketOptions;
  readonly #server: Server | SecureServer;
  readonly #owned: boolean;
  readonly #upgrades: WebSocketServer;
  /** The streams of requests that `ws` looks at; it tells of a bad one by its socket. */
  readonly #upgrading = new WeakMap<Duplex, ArrivingStream>();
  /**
   * Uses the socket of the request: what comes with the event is another stream in later versions of Node while the body
   * of the request is not complete.
   */
  #onUpgrade: (request: IncomingMessage, stream: Duplex, head: Buffer) => void = () => {};

  private constructor(options: CheckedWebSocketOptions, { WebSocketServer }: Ws, given: Server | SecureServer | null) {
    this.#options = options;
    this.#owned = given === null;
    this.#server = given ?? makeServer(options);
    this.#upgrades = new WebSocketServer({ noServer: true, clientTracking: false, ...PLAIN });
    this.#upgrades.on('wsClientError', (error, socket) => this.#badRequest(error, socket));
  }

  /**
   * Listens, on a port of its own or not.
   *
   * @throws QuorateError when the port cannot be had
   */
  static async open(options: CheckedWebSocketOptions, ws: Ws): Promise<Acceptor | null> {
    const where = options.listen;
    if (where === null) return null;
    if ('server' in where) return new Acceptor(options, ws, where.server);
    const acceptor = new Acceptor(options, ws, null);
    await listen(acceptor.#server, where);
    return acceptor;
  }

  /** The URL that others dial; `null` while a server that was given does not listen. */
  get address(): string | null {
    const bound = this.#server.address();
    if (bound === null || typeof bound === 'string') return null;
    const scheme = this.#server instanceof SecureServer ? 'wss' : 'ws';
    return new URL(`${scheme}://${formatAddress(bound.address, bound.port)}${this.#options.path}`).href;
  }

  listen(accept: (stream: ByteStream) => void, failed: () => void): void {
    if (this.#owned) this.#listenAlone(accept, failed);
    else this.#listenBesides(accept);
    this.#server.on('upgrade', this.#onUpgrade);
  }

  /** New certificates, for a server of its own that has some. */
  renew(tls: CheckedTls): void {
    if (this.#owned) (this.#server as SecureServer).setSecureContext(tls.context);
  }

  async close(): Promise<void> {
    this.#server.off('upgrade', this.#onUpgrade);
    if (this.#owned) await new Promise<void>((resolve) => void this.#server.close(() => resolve()));
  }

  /** On a server of its own all connections count, from their first moment. */
  #listenAlone(accept: (stream: ByteStream) => void, failed: () => void): void {
    const server = this.#server;
    const arrivals = new Arrivals();
    server.on('error', failed);
    server.on('connection', (socket: Socket) => accept(arrivals.add(socket)));
    server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
      const stream = arrivals.take(socket);
      if (stream === null || error.code === 'ECONNRESET') socket.destroy();
      else stream.failed(error, refusalOf(error), socket);
    });
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      response.writeHead(426, { connection: 'close', upgrade: 'websocket' }).end();
      const refusal: StreamRefusal = { reason: 'malformed', detail: 'it asked for something else than a WebSocket' };
      arrivals.take(request.socket)?.failed(null, refusal, request.socket);
    });
    this.#onUpgrade = (request, _stream, head) => {
      const stream = arrivals.take(request.socket);
      if (stream === null) request.socket.destroy();
      else this.#upgrade(stream, request, head);
    };
  }

  /** On a server that serves other things, a connection counts from when it asks for a WebSocket on this path. */
  #listenBesides(accept: (stream: ByteStream) => void): void {
    this.#onUpgrade = (request, _stream, head) => {
      if (pathOf(request) !== this.#options.path && this.#server.listenerCount('upgrade') > 1) return;
      const stream = new ArrivingStream(request.socket);
      accept(stream);
      if (!request.socket.destroyed) this.#upgrade(stream, request, head);
    };
  }

  #upgrade(stream: ArrivingStream, request: IncomingMessage, head: Buffer): void {
    const { path, origins, keepAliveMs, tls } = this.#options;
    const { socket } = request;
    const { origin } = request.headers;
    if (hasBody(request)) {
      stream.failed(null, { reason: 'malformed', detail: 'its request has a body' }, socket, BAD_REQUEST);
    } else if (pathOf(request) !== path) {
      stream.failed(null, { reason: 'malformed', detail: 'it asked for another path' }, socket, NOT_FOUND);
    } else if (origin !== undefined && !origins.includes(origin) && !origins.includes('*')) {
      const detail = `it is a page from ${JSON.stringify(origin.slice(0, 200))}, which is not among the option origins`;
      stream.failed(null, { reason: 'origin', detail }, socket, FORBIDDEN);
    } else {
      const { remote, host } = stream;
      const certified = tls?.clientCertificates === true;
      this.#upgrading.set(socket, stream);
      this.#upgrades.handleUpgrade(request, socket, head, (ws) =>
        stream.arrived(new WsStream(ws, socket, { remote, host, keepAliveMs, certified })),
      );
    }
  }

  #badRequest(error: Error, socket: Duplex): void {
    const refusal: StreamRefusal = { reason: 'malformed', detail: `its request is wrong: ${error.message}` };
    this.#upgrading.get(socket)?.failed(error, refusal, socket as Socket, BAD_REQUEST);
  }
}

function makeServer({ tls }: CheckedWebSocketOptions): Server | SecureServer {
  if (tls === null) return createServer();
  // Not by `rejectUnauthorized`: see `TcpEdge.bind`.
  return createSecureServer({ ...tls.context, requestCert: tls.clientCertificates, rejectUnauthorized: false });
}

/** A request to upgrade has none; what follows it would be taken for the first frames. */
function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}

function pathOf({ url = '/' }: IncomingMessage): string {
  return url.split('?', 1)[0]!;
}

/** Why somebody is refused who speaks no HTTP. */
function refusalOf(error: NodeJS.ErrnoException & { readonly rawPacket?: Buffer }): StreamRefusal {
  if (error.rawPacket?.[0] === TLS_HANDSHAKE) {
    return {
      reason: 'tls',
      detail: 'it speaks TLS, and this node does not: dial ws://, or give this node the option tls',
    };
  }
  return refusalByTls(error) ?? { reason: 'malformed', detail: `it speaks no HTTP (${error.code ?? error.message})` };
}
