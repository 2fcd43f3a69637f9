import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { systemClock } from '../../src/core/index.js';

type Direction = 'up' | 'down';

/**
 * A bad network on loopback: passes bytes between those that connect to it and a target, later, in other pieces, or not
 * at all. Bytes keep their order, as TCP promises.
 */
export class Relay {
  /** Where to connect to, as `host:port`. */
  readonly address: string;
  /** All bytes that were passed on, by direction: `up` is to the target. */
  readonly passed: Record<Direction, Buffer[]> = { up: [], down: [] };
  /** How many connections were made. */
  connections = 0;
  /** How long each piece takes, in milliseconds; asked for each. */
  delayMs: () => number = () => 0;
  /** The longest piece. */
  pieceBytes: () => number = () => Infinity;
  /** After how many more bytes to the target the connection that carries them is cut, in the middle of a piece. */
  cutAfterBytes = Infinity;
  readonly #server: Server;
  readonly #target: { readonly host: string; readonly port: number };
  readonly #sockets = new Set<Socket>();
  #goOn: Promise<void> | null = null;
  #release: () => void = () => {};

  private constructor(server: Server, target: string) {
    this.#server = server;
    const [host, port] = target.split(':');
    this.#target = { host: host!, port: Number(port) };
    this.address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('connection', (socket) => this.#accept(socket));
  }

  static async open(target: string): Promise<Relay> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new Relay(server, target);
  }

  /** How many sockets are open: two for each connection. */
  get sockets(): number {
    return this.#sockets.size;
  }

  /** Breaks all connections. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Passes nothing on until {@link Relay.resume}; connections stay. */
  stall(): void {
    this.#goOn ??= new Promise((resolve) => (this.#release = resolve));
  }

  resume(): void {
    this.#goOn = null;
    this.#release();
  }

  async close(): Promise<void> {
    this.resume();
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(socket: Socket): void {
    this.connections++;
    const other = connect(this.#target);
    this.#pass('up', socket, other);
    this.#pass('down', other, socket);
  }

  #pass(direction: Direction, from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.setNoDelay(true);
    from.on('error', () => {});
    let last = Promise.resolve();
    from.on('data', (chunk: Buffer) => {
      from.pause(); // so that a stalled relay fills up, as a network does
      last = last.then(() => this.#forward(direction, chunk, to)).then(() => void from.resume());
    });
    from.on('end', () => void last.then(() => to.end()));
    from.on('close', () => {
      this.#sockets.delete(from);
      void last.then(() => to.destroy());
    });
  }

  async #forward(direction: Direction, chunk: Buffer, to: Socket): Promise<void> {
    for (let at = 0; at < chunk.length && !to.destroyed;) {
      const ms = this.delayMs();
      if (ms > 0) await new Promise<void>((resolve) => void systemClock.after(ms, resolve));
      if (this.#goOn !== null) await this.#goOn;
      const left = direction === 'up' ? this.cutAfterBytes : Infinity;
      const piece = chunk.subarray(at, at + Math.min(this.pieceBytes(), left));
      at += piece.length;
      this.passed[direction].push(piece);
      await new Promise<void>((resolve) => to.write(piece, () => resolve()));
      if (direction === 'up') this.cutAfterBytes -= piece.length;
      if (this.cutAfterBytes > 0) continue;
      this.cutAfterBytes = Infinity;
      to.destroy();
      return;
    }
  }
}
