import type { Socket } from 'node:net';
import type { ByteStream, ByteStreamListener, PeerCertificate, StreamRefusal } from '../stream/byte-stream.js';
import { formatAddress } from '../../core/index.js';

/**
 * A stream over a socket that was accepted and cannot carry bytes yet: TLS or an upgrade to WebSocket comes first. It is
 * a stream from the first moment, so that the time and the number of such sockets are limited as those of all others.
 */
export class ArrivingStream implements ByteStream {
  readonly remote: string;
  readonly host: string;
  readonly #socket: Socket;
  #listener: ByteStreamListener | null = null;
  #carrier: ByteStream | null = null;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.host = socket.remoteAddress ?? 'unknown';
    this.remote = formatAddress(this.host, socket.remotePort ?? 0);
    socket.on('error', () => {}); // `close` follows
    socket.once('close', () => this.#end());
  }

  get certificate(): PeerCertificate | null {
    return this.#carrier?.certificate ?? null;
  }

  begin(listener: ByteStreamListener): void {
    this.#listener = listener;
  }

  write(bytes: Uint8Array, written: () => void): void {
    this.#carrier?.write(bytes, written);
  }

  end(): void {
    if (this.#carrier === null) this.#socket.destroy();
    else this.#carrier.end();
  }

  destroy(): void {
    if (this.#carrier === null) this.#socket.destroy();
    else this.#carrier.destroy();
  }

  /** From now on `carrier`, which is over the same socket, carries the bytes. */
  arrived(carrier: ByteStream): void {
    if (this.#listener === null) {
      carrier.destroy();
      return;
    }
    this.#carrier = carrier;
    carrier.begin(this.#listener);
  }

  /**
   * It will carry none.
   *
   * @param through - what to say goodbye through, when something was made of the socket already
   */
  failed(error: Error | null, refusal: StreamRefusal | undefined, through = this.#socket, goodbye = ''): void {
    this.#end(error, refusal);
    if (goodbye !== '') through.write(goodbye);
    through.destroySoon();
  }

  #end(error: Error | null = null, refusal?: StreamRefusal): void {
    const listener = this.#carrier === null ? this.#listener : null;
    this.#listener = null;
    listener?.closed(error, refusal);
  }
}

/** The sockets of one server that arrive, found again by their addresses when something else is made of them. */
export class Arrivals {
  readonly #arriving = new Map<string, ArrivingStream>();

  /** A new stream for a socket that was just accepted. */
  add(socket: Socket): ArrivingStream {
    const stream = new ArrivingStream(socket);
    const key = keyOf(socket);
    this.#arriving.set(key, stream);
    socket.once('close', () => {
      if (this.#arriving.get(key) === stream) this.#arriving.delete(key);
    });
    return stream;
  }

  /** The stream of the socket that `socket` is, or is made of; `null` when that is closed. Found once. */
  take(socket: Socket): ArrivingStream | null {
    const key = keyOf(socket);
    const stream = this.#arriving.get(key) ?? null;
    this.#arriving.delete(key);
    return stream;
  }
}

function keyOf({ remoteAddress, remotePort, localAddress }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress}`;
}
