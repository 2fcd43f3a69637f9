import type { ByteStream } from '../../stream/byte-stream.js';
import type { SecureEdge } from '../../tcp/secure-node.js';
import type { CheckedTls } from '../../tcp/tls-options.js';
import { checkUrl } from '../address.js';
import { dialPlatform } from '../platform-stream.js';
import type { Acceptor } from './acceptor.js';
import { PLAIN } from './load-ws.js';
import type { Ws } from './load-ws.js';
import { checkSecureUrl } from './options.js';
import type { CheckedWebSocketOptions } from './options.js';
import { WsStream } from './ws-stream.js';

/** The name that counts is the id, which the handshake looks for: addresses come and go. */
const ID_ONLY = { rejectUnauthorized: true, checkServerIdentity: () => undefined };

/** Dials by the package `ws`, and accepts by an {@link Acceptor}. */
export class WebSocketEdge implements SecureEdge {
  readonly address: string | null;
  readonly #options: CheckedWebSocketOptions;
  readonly #ws: Ws;
  readonly #acceptor: Acceptor | null;
  #tls: CheckedTls | null;

  /** @param acceptor - listens already; `null` for a client */
  constructor(options: CheckedWebSocketOptions, ws: Ws, acceptor: Acceptor | null) {
    this.#options = options;
    this.#ws = ws;
    this.#acceptor = acceptor;
    this.#tls = options.tls;
    this.address = acceptor?.address ?? null;
  }

  checkAddress(option: string, address: unknown): string {
    return this.#tls === null ? checkUrl(option, address) : checkSecureUrl(option, address);
  }

  renew(tls: CheckedTls): void {
    this.#tls = tls;
    this.#acceptor?.renew(tls);
  }

  dial(url: string): ByteStream {
    const { WebSocket, keepAliveMs } = this.#options;
    const tls = this.#tls;
    if (WebSocket !== null) return dialPlatform(WebSocket, url);
    const secured = tls === null ? {} : { ...tls.context, ...ID_ONLY };
    const ws = new this.#ws.WebSocket(url, { ...PLAIN, ...secured });
    return new WsStream(ws, null, { remote: url, host: url, keepAliveMs, certified: tls !== null });
  }

  listen(accept: (stream: ByteStream) => void, failed: () => void): void {
    this.#acceptor?.listen(accept, failed);
  }

  async close(): Promise<void> {
    await this.#acceptor?.close();
  }
}
