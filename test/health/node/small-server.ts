import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { createServer as createTcpServer, type AddressInfo, type Server as TcpServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A server of a test, on a port of its own: it can die at once, and come back there. */
export class SmallServer {
  /** How many connections were accepted. */
  accepted = 0;
  readonly #make: () => TcpServer;
  #server: TcpServer | undefined;
  readonly #sockets = new Set<Socket>();
  #port = 0;

  private constructor(make: () => TcpServer) {
    this.#make = make;
  }

  static async tcp(connection: (socket: Socket) => void = () => {}): Promise<SmallServer> {
    return await SmallServer.#started(() => createTcpServer(connection));
  }

  static async http(answer: RequestListener): Promise<SmallServer> {
    return await SmallServer.#started(() => createServer(answer));
  }

  static async https(identity: { cert: string; key: string }, answer: RequestListener): Promise<SmallServer> {
    return await SmallServer.#started(() => createSecureServer(identity, answer));
  }

  static async #started(make: () => TcpServer): Promise<SmallServer> {
    const server = new SmallServer(make);
    await server.start();
    onTestFinished(() => server.die());
    return server;
  }

  /** Its name as a node. */
  get node(): string {
    return `127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    const server = (this.#server = this.#make());
    server.on('connection', (socket: Socket) => {
      this.accepted++;
      this.#sockets.add(socket);
      socket.on('error', () => {}); // whoever checks leaves as it likes
      socket.on('close', () => this.#sockets.delete(socket));
    });
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#port = (server.address() as AddressInfo).port;
  }

  /** Listens no more, and cuts all connections. */
  async die(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** Resolves when the other side has closed all connections. */
  async idle(): Promise<void> {
    for (const socket of this.#sockets) {
      socket.resume();
      await new Promise((resolve) => socket.once('close', resolve)); // however it comes
    }
  }
}

/** A port at which nothing listens. */
export async function freePort(): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A signal that nobody aborts. */
export const patient = { signal: new AbortController().signal };
