import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectSecurely, type ConnectionOptions } from 'node:tls';
import { messagePackCodec } from '../../src/codec/index.js';
import type { Transport } from '../../src/core/index.js';
import { openTcpTransport } from '../../src/transport/tcp.js';
import type { Authority } from './certificates.js';
import type { HostPort, StreamTransport, StreamTransportOptions } from '../../src/transport/tcp.js';

/** The options that all transports over streams of bytes have. */
export interface StreamOptions extends StreamTransportOptions {
  readonly listen: HostPort | null;
}

/** A bare connection to a transport, on which nothing has been said yet. */
export interface Bare {
  readonly received: Buffer[];
  /** Resolves when it is over. */
  readonly closed: Promise<void>;
  write(bytes: Uint8Array): void;
  /** Writes and says goodbye. */
  end(bytes: Uint8Array): void;
  /** Breaks it without a word. */
  reset(): void;
  /** Stops to read. */
  pause(): void;
}

/** One kind of transport over streams of bytes. */
export interface StreamKind {
  open(options: StreamOptions): Promise<StreamTransport>;
  /** The address of the form that this kind takes, of `host:port`. */
  address(hostPort: string): string;
  /** @param id - who dials, where the kind itself asks for proof of that */
  dial(address: string, id: string): Promise<Bare>;
}

export const LOOPBACK: HostPort = { host: '127.0.0.1', port: 0 };

export const tcp: StreamKind = {
  open: (options) => openTcpTransport(options),
  address: (hostPort) => hostPort,
  dial: (address) => {
    const [host, port] = address.split(':');
    const socket = connect({ host: host!, port: Number(port) });
    return bareSocket(socket, 'connect');
  },
};

/** TCP with mutual TLS, each node with a certificate of the authority. */
export function tls(authority: Authority): StreamKind {
  return {
    open: async (options) => openTcpTransport({ ...options, tls: await authority.identity(options.id) }),
    address: (hostPort) => hostPort,
    dial: async (address, id) => dialSecurely(address, await authority.identity(id)),
  };
}

/** A bare connection with TLS, which shows that certificate, if any, and believes every other. */
export function dialSecurely(address: string, options: ConnectionOptions): Promise<Bare> {
  const [host, port] = address.split(':');
  const unchecked = { rejectUnauthorized: false, checkServerIdentity: () => undefined };
  const socket = connectSecurely({ host: host!, port: Number(port), ...unchecked, ...options });
  return bareSocket(socket, 'secureConnect');
}

/** A socket, plain or secured, as a bare connection, once it is connected. */
export async function bareSocket(socket: Socket, connected: 'connect' | 'secureConnect'): Promise<Bare> {
  const received: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => received.push(chunk));
  socket.on('error', () => {});
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  await Promise.race([closed, new Promise((resolve) => socket.once(connected, resolve))]);
  return {
    received,
    closed,
    write: (bytes) => void socket.write(bytes),
    end: (bytes) => void socket.end(bytes),
    reset: () => void socket.destroy(),
    pause: () => void socket.pause(),
  };
}

/** Opens nodes of one kind and bare connections to them, and ends what a test left open. */
export class StreamBench {
  readonly kind: StreamKind;
  readonly open: StreamTransport[] = [];
  readonly #bare: Bare[] = [];

  constructor(kind: StreamKind) {
    this.kind = kind;
  }

  async node(id: string, options: Partial<StreamOptions> = {}): Promise<StreamTransport> {
    const transport = await this.kind.open({ id, cluster: 'test', listen: LOOPBACK, reconnectMinMs: 5, ...options });
    this.open.push(transport);
    return transport;
  }

  /** A node that only dials, and knows where the given ones are. */
  client(id: string, nodes: readonly Transport[], options: Partial<StreamOptions> = {}): Promise<StreamTransport> {
    const addresses = Object.fromEntries(nodes.map((node) => [node.id, node.status().address!]));
    return this.node(id, { listen: null, addresses, ...options });
  }

  async dial(transport: Transport, id = 'x'): Promise<Bare> {
    const bare = await this.kind.dial(transport.status().address!, id);
    this.#bare.push(bare);
    return bare;
  }

  readonly reset = async (): Promise<void> => {
    for (const bare of this.#bare.splice(0)) bare.reset();
    await Promise.all(this.open.splice(0).map((transport) => transport.close()));
  };
}

const codec = messagePackCodec();

/** A frame: its length, its first byte, its body. */
export function frame(first: number, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(5 + body.length);
  new DataView(bytes.buffer).setUint32(0, 1 + body.length);
  bytes[4] = first;
  bytes.set(body, 5);
  return bytes;
}

/** A frame of the handshake. */
function controlFrame(fields: Record<string, unknown>): Uint8Array {
  return frame(0, codec.encode(fields));
}

/** The hello of node x to node a, with other fields where the test wants them. */
export function helloFrame(fields: Record<string, unknown> = {}): Uint8Array {
  const hello = { type: 'hello', version: 1, cluster: 'test', id: 'x', incarnation: '1', to: 'a', maxFrameBytes: 1024 };
  return controlFrame({ ...hello, ...fields });
}

/** The frames in what was received so far. */
export function framesIn(received: readonly Buffer[]): Uint8Array[] {
  const bytes = Buffer.concat(received);
  const frames: Uint8Array[] = [];
  for (let at = 0; at + 4 <= bytes.length && at + 4 + bytes.readUInt32BE(at) <= bytes.length;) {
    const end = at + 4 + bytes.readUInt32BE(at);
    frames.push(new Uint8Array(bytes.subarray(at + 4, end)));
    at = end;
  }
  return frames;
}

/** The frames of the handshake in what was received so far, decoded. */
export function controlsIn(received: readonly Buffer[]): Record<string, unknown>[] {
  const controls = framesIn(received).filter((bytes) => bytes[0] === 0);
  return controls.map((bytes) => codec.decode(bytes.subarray(1)) as Record<string, unknown>);
}

/** Looks at each turn of the event loop until the condition holds, for five seconds at most. */
export async function until(what: () => string, condition: () => boolean): Promise<void> {
  const end = performance.now() + 5000;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`in vain: ${what()}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Resolves when the transport has refused so often for that reason. */
export function untilRefused(transport: Transport, reason: string, count = 1): Promise<void> {
  const show = (): string => `${count} times ${reason} in ${JSON.stringify(transport.status())}`;
  return until(show, () => (transport.status().refused[reason] ?? 0) >= count);
}
