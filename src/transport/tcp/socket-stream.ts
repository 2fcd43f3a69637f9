import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { ByteStream, ByteStreamListener, PeerCertificate } from '../stream/byte-stream.js';
import { formatAddress } from '../../core/index.js';
import { peerCertificate, refusalByTls } from './certificate.js';

/** A socket, plain or with TLS, as a {@link ByteStream}. */
export class SocketStream implements ByteStream {
  readonly remote: string;
  readonly host: string;
  readonly #socket: Socket;
  readonly #certified: boolean;
  #certificate: PeerCertificate | null = null;

  /**
   * @param keepAliveMs - how long the socket may be silent before the system probes it; 0 never probes
   * @param certified - whether the other side must show a certificate
   */
  constructor(socket: Socket, keepAliveMs: number, certified: boolean) {
    this.#socket = socket;
    this.#certified = certified;
    this.host = socket.remoteAddress ?? 'unknown';
    this.remote = formatAddress(this.host, socket.remotePort ?? 0);
    socket.on('error', () => {}); // `close` follows, and tells what it was
    socket.setNoDelay(true);
    if (keepAliveMs > 0) socket.setKeepAlive(true, keepAliveMs);
  }

  get certificate(): PeerCertificate | null {
    // Read once: the side that dialed gets it from Node 20 the first time only.
    if (this.#certified) this.#certificate ??= peerCertificate(this.#socket as TLSSocket);
    return this.#certificate;
  }

  begin(listener: ByteStreamListener): void {
    const socket = this.#socket;
    socket.once(socket instanceof TLSSocket ? 'secureConnect' : 'connect', () => listener.connected());
    socket.on('data', (chunk) => listener.data(chunk));
    socket.once('close', () => listener.closed(socket.errored, refusalByTls(socket.errored)));
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
