import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { WebSocket } from 'ws';
import type { ByteStream, ByteStreamListener, PeerCertificate, StreamRefusal } from '../../stream/byte-stream.js';
import { peerCertificate, refusalByTls } from '../../tcp/certificate.js';
import { inMessages } from '../message.js';

/** How a {@link WsStream} sees its other side. */
export interface WsStreamOptions {
  /** For messages to people. */
  readonly remote: string;
  readonly host: string;
  /** How long the socket may be silent before the system probes it; 0 never probes. */
  readonly keepAliveMs: number;
  /** Whether the other side must show a certificate. */
  readonly certified: boolean;
}

/** A WebSocket of the package `ws` as a {@link ByteStream}. */
export class WsStream implements ByteStream {
  readonly remote: string;
  readonly host: string;
  readonly #ws: WebSocket;
  readonly #options: WsStreamOptions;
  #certificate: PeerCertificate | null = null;
  #error: Error | null = null;
  #refusal: StreamRefusal | undefined;

  /** @param socket - what it is over; `null` until a dialed one is connected */
  constructor(ws: WebSocket, socket: Socket | null, options: WsStreamOptions) {
    this.#ws = ws;
    this.#options = options;
    this.remote = options.remote;
    this.host = options.host;
    ws.on('error', (error) => {
      this.#error = error;
      ws.terminate(); // `close` follows; what is wrong is not worth the wait for a goodbye
    });
    if (socket === null) ws.once('upgrade', (response) => this.#over(response.socket));
    else this.#over(socket);
  }

  get certificate(): PeerCertificate | null {
    return this.#certificate;
  }

  begin(listener: ByteStreamListener): void {
    const ws = this.#ws;
    ws.once('open', () => listener.connected());
    ws.on('message', (data: Buffer, isBinary: boolean) => {
      if (isBinary) listener.data(data);
      else this.#refuse({ reason: 'malformed', detail: 'it sent a message that is not binary' });
    });
    ws.once('close', () => listener.closed(this.#error, this.#refusal ?? refusalOf(this.#error)));
  }

  write(bytes: Uint8Array, written: () => void): void {
    const ws = this.#ws;
    if (ws.readyState !== ws.OPEN) return;
    const sent = (error?: Error | null): void => {
      if (!error) written();
    };
    inMessages(bytes, (part, last) => (last ? ws.send(part, sent) : ws.send(part)));
  }

  end(): void {
    this.#ws.close(1000);
  }

  destroy(): void {
    this.#ws.terminate();
  }

  #over(socket: Socket): void {
    const { keepAliveMs, certified } = this.#options;
    if (keepAliveMs > 0) socket.setKeepAlive(true, keepAliveMs);
    if (!certified) return;
    // Read once: the side that dialed gets it from Node 20 the first time only.
    if (socket instanceof TLSSocket) this.#certificate = peerCertificate(socket);
    else this.#certificate = { names: [], problem: 'it came without TLS' };
  }

  #refuse(refusal: StreamRefusal): void {
    this.#refusal ??= refusal;
    this.#ws.terminate();
  }
}

/** Why the other side is refused, when it broke the rules of WebSocket or of TLS. */
function refusalOf(error: (Error & { readonly code?: string }) | null): StreamRefusal | undefined {
  if (error?.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') {
    return { reason: 'bad-frame-length', detail: 'it sent a message that is too large' };
  }
  if (error?.code?.startsWith('WS_ERR_') === true) return { reason: 'malformed', detail: error.message };
  return refusalByTls(error);
}
