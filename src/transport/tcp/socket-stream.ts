import type { Socket } from 'node:net';
import type { ByteStream, ByteStreamListener, PeerCertificate } from '../stream/byte-stream.js';
import { formatAddress } from './address.js';

/** A socket as a {@link ByteStream}. */
export class SocketStream implements ByteStream {
  readonly remote: string;
  readonly host: string;
  readonly #socket: Socket;

  /** @param keepAliveMs - how long the socket may be silent before the system probes it; 0 never probes */
  constructor(socket: Socket, keepAliveMs: number) {
    this.#socket = socket;
    this.host = socket.remoteAddress ?? 'unknown';
    this.remote = formatAddress(this.host, socket.remotePort ?? 0);
    socket.on('error', () => {}); // `close` follows, and tells what it was
    socket.setNoDelay(true);
    if (keepAliveMs > 0) socket.setKeepAlive(true, keepAliveMs);
  }

  get certificate(): PeerCertificate | null {
    return null;
  }

  begin(listener: ByteStreamListener): void {
    const socket = this.#socket;
    socket.once('connect', () => listener.connected());
    socket.on('data', (chunk) => listener.data(chunk));
    socket.once('close', () => listener.closed(socket.errored));
  }

  write(bytes: Uint8Array, written: () => void): void {
    if (!this.#socket.destroyed) this.#socket.write(bytes, written);
  }

  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
