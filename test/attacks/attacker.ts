import type { ConnectionOptions } from 'node:tls';
import { messagePackCodec } from '../../src/codec/index.js';
import { systemClock } from '../../src/core/index.js';
import { Random } from '../fuzz/random.js';
import { frame, helloFrame } from '../transport/stream-bench.js';
import { dialPlainly, dialSecurely, dialWebSocket, type AttackSocket } from './attack-socket.js';
import type { TransportName } from './attacked-transport.js';

const codec = messagePackCodec();

/** The name of channel 1 of a connection. */
export function channelName(name: string): Uint8Array {
  return frame(0, Uint8Array.of(1, ...Buffer.from(name)));
}

/** A message on channel 1. */
export function message(value: unknown): Uint8Array {
  return frame(1, codec.encode(value));
}

/** As how many nodes an attack comes where a certificate must name each. */
const CERTIFIED_IDS = 16;

/** How an attack gets in. */
export interface Entrance {
  /** Where the server is. */
  readonly address: string;
  readonly transport: TransportName;
  /** For `tls`: a certificate of {@link idsOf} the attack by an authority that the server believes. */
  readonly certified?: ConnectionOptions;
  /** For `tls`: a certificate by an authority that nobody knows. */
  readonly foreign?: ConnectionOptions;
}

/** The ids by which an attack comes where certificates name them. */
export function idsOf(attack: string): string[] {
  return ['somebody', ...Array.from({ length: CERTIFIED_IDS }, (_, i) => idOf(attack, i))];
}

function idOf(attack: string, number: number): string {
  return `${attack.replaceAll(' ', '-')}-${number}`;
}

/** One attack while it runs: dials the node as often as it likes, and counts what it did. */
export class Attacker {
  readonly random: Random;
  /** How many connections, or floods, there were. */
  count = 0;
  stopped = false;
  readonly entrance: Entrance;
  readonly #port: number;
  readonly #name: string;
  readonly #sockets = new Set<AttackSocket>();
  #ids = 0;

  constructor(name: string, entrance: Entrance) {
    this.#name = name;
    this.entrance = entrance;
    this.#port = Number(/:(\d+)/.exec(entrance.address)![1]);
    this.random = new Random(1, name.length);
  }

  stop(): void {
    this.stopped = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  /** A connection of TCP on which nothing was said, not even what TLS or a WebSocket begins with. */
  dialPlainly(): Promise<AttackSocket> {
    return this.#opened(dialPlainly(this.#port));
  }

  /** A connection with TLS, which shows that certificate, if any. */
  dialSecurely(options: ConnectionOptions): Promise<AttackSocket> {
    return this.#opened(dialSecurely(this.#port, options));
  }

  /** A connection that carries frames, on which no frame was said. */
  dial(): Promise<AttackSocket> {
    const { transport, certified = {} } = this.entrance;
    if (transport === 'tls') return this.dialSecurely(certified);
    return transport === 'websocket' ? this.#opened(dialWebSocket(this.#port)) : this.dialPlainly();
  }

  /** A connection that said hello, by an id that nobody else has, or by the given one. */
  async open(id = this.#newId()): Promise<AttackSocket> {
    const connection = await this.dial();
    await connection.write(helloFrame({ id, incarnation: String(this.count), maxFrameBytes: 1 << 20 }));
    return connection;
  }

  #newId(): string {
    const number = this.#ids++;
    return idOf(this.#name, this.entrance.certified === undefined ? number : number % CERTIFIED_IDS);
  }

  async #opened(socket: AttackSocket): Promise<AttackSocket> {
    this.#sockets.add(socket);
    void socket.closed.then(() => this.#sockets.delete(socket));
    await socket.connected;
    this.count++;
    return socket;
  }
}

/** Resolves after some milliseconds. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void systemClock.after(ms, resolve));
}
