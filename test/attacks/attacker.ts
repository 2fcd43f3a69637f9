import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { messagePackCodec } from '../../src/codec/index.js';
import { systemClock } from '../../src/core/index.js';
import { Random } from '../fuzz/random.js';
import { frame, helloFrame } from '../transport/stream-bench.js';

const codec = messagePackCodec();

/** The name of channel 1 of a connection. */
export function channelName(name: string): Uint8Array {
  return frame(0, Uint8Array.of(1, ...Buffer.from(name)));
}

/** A message on channel 1. */
export function message(value: unknown): Uint8Array {
  return frame(1, codec.encode(value));
}

/** One attack while it runs: dials the node as often as it likes, and counts what it did. */
export class Attacker {
  readonly random: Random;
  /** How many connections, or floods, there were. */
  count = 0;
  stopped = false;
  readonly #port: number;
  readonly #name: string;
  readonly #sockets = new Set<Socket>();
  #ids = 0;

  constructor(name: string, address: string) {
    this.#name = name;
    this.#port = Number(address.split(':')[1]);
    this.random = new Random(1, name.length);
  }

  stop(): void {
    this.stopped = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  /** A connection on which nothing was said. */
  async dial(): Promise<AttackSocket> {
    const socket = connect(this.#port, '127.0.0.1');
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    const connection = new AttackSocket(socket);
    await connection.connected;
    this.count++;
    return connection;
  }

  /** A connection that said hello, by an id that nobody has, or by the given one. */
  async open(id = `${this.#name}-${this.#ids++}`): Promise<AttackSocket> {
    const connection = await this.dial();
    await connection.write(helloFrame({ id, incarnation: String(this.count), maxFrameBytes: 1 << 20 }));
    return connection;
  }
}

/** A socket of an attack. Nothing fails: what comes after its end is lost. */
class AttackSocket {
  /** Resolves when it is connected, or over. */
  readonly connected: Promise<void>;
  readonly closed: Promise<void>;
  over = false;
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', () => {});
    socket.resume();
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.over = true;
        resolve();
      });
    });
    this.connected = Promise.race([this.closed, new Promise<void>((resolve) => socket.once('connect', resolve))]);
  }

  /** Writes, and waits while the other side takes nothing. */
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

/** Resolves after some milliseconds. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void systemClock.after(ms, resolve));
}
