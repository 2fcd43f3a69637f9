import { connect, type Socket } from 'node:net';
import { connect as connectSecurely, type ConnectionOptions } from 'node:tls';
import { WebSocket } from 'ws';
import { inMessages } from '../../src/transport/websocket/message.js';

/** A connection of an attack. Nothing fails: what comes after its end is lost. */
export interface AttackSocket {
  /** Resolves when it is connected, or over. */
  readonly connected: Promise<void>;
  readonly closed: Promise<void>;
  readonly over: boolean;
  /** Writes, and waits while the other side takes nothing. */
  write(bytes: Uint8Array): Promise<void>;
  stopReading(): void;
  destroy(): void;
}

/** A socket of TCP, on which nothing is spoken yet. */
export function dialPlainly(port: number): AttackSocket {
  return new PlainSocket(connect(port, '127.0.0.1'), 'connect');
}

/** A socket with TLS, which shows that certificate, if any, and believes every other. */
export function dialSecurely(port: number, options: ConnectionOptions): AttackSocket {
  const unchecked = { rejectUnauthorized: false, checkServerIdentity: () => undefined };
  return new PlainSocket(connectSecurely({ port, host: '127.0.0.1', ...unchecked, ...options }), 'secureConnect');
}

/** A WebSocket. */
export function dialWebSocket(port: number): AttackSocket {
  return new UpgradedSocket(new WebSocket(`ws://127.0.0.1:${port}/`, { perMessageDeflate: false }));
}

class PlainSocket implements AttackSocket {
  readonly connected: Promise<void>;
  readonly closed: Promise<void>;
  over = false;
  readonly #socket: Socket;

  constructor(socket: Socket, connected: 'connect' | 'secureConnect') {
    this.#socket = socket;
    socket.on('error', () => {});
    socket.resume();
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.over = true;
        resolve();
      });
    });
    this.connected = Promise.race([this.closed, new Promise<void>((resolve) => socket.once(connected, resolve))]);
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.over || this.#socket.write(bytes)) return;
    await Promise.race([this.closed, new Promise<void>((resolve) => this.#socket.once('drain', resolve))]);
  }

  stopReading(): void {
    this.#socket.pause();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

class UpgradedSocket implements AttackSocket {
  readonly connected: Promise<void>;
  readonly closed: Promise<void>;
  over = false;
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('error', () => {});
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.over = true;
        resolve();
      });
    });
    this.connected = Promise.race([this.closed, new Promise<void>((resolve) => socket.once('open', resolve))]);
  }

  async write(bytes: Uint8Array): Promise<void> {
    const socket = this.#socket;
    if (socket.readyState !== WebSocket.OPEN || bytes.length === 0) return;
    const sent = new Promise<void>((resolve) =>
      inMessages(bytes, (part, last) => (last ? socket.send(part, () => resolve()) : socket.send(part))),
    );
    await Promise.race([this.closed, sent]);
  }

  stopReading(): void {
    this.#socket.pause();
  }

  destroy(): void {
    this.#socket.terminate();
  }
}
