import { QuorateError } from '../../../core/index.js';
import { SecureNode } from '../../tcp/secure-node.js';
import type { SecureTransport } from '../../tcp/secure-node.js';
import type { TlsOptions } from '../../tcp/tls-options.js';
import type { WebSocketEdge } from './edge.js';
import type { CheckedWebSocketOptions } from './options.js';

/** A transport over WebSockets on Node, made by `openWebSocketTransport`. */
export interface WebSocketTransport extends SecureTransport {
  /**
   * The URL that others dial, with the port that it really got; `null` for a client, and on a server that was given and
   * did not listen yet.
   */
  readonly address: string | null;
  /**
   * Takes renewed certificates for the connections that are made from now on; those that are open stay.
   * `clientCertificates` stays as it was. When it throws, the former certificates stay in use.
   *
   * Not for a transport that listens on a server that it was given: the certificates are those of the server, and
   * `server.setSecureContext({ cert, key, ca })` renews them. What such a transport dials with stays until it is closed.
   *
   * @throws InvalidOptionError also when the transport was opened without `tls`
   * @throws QuorateError with code `server-not-owned` when it listens on a server that it was given
   */
  renewTls(tls: TlsOptions): void;
}

/** The transport, with what depends on whose server it listens on. */
export class WebSocketNode extends SecureNode implements WebSocketTransport {
  readonly #ownsServer: boolean;

  constructor(options: CheckedWebSocketOptions, edge: WebSocketEdge) {
    super(options, edge);
    this.#ownsServer = options.listen === null || !('server' in options.listen);
  }

  override renewTls(tls: TlsOptions): void {
    if (this.#ownsServer) return super.renewTls(tls);
    const remedy = 'renew those of the server by its own setSecureContext({ cert, key, ca })';
    throw new QuorateError('server-not-owned', `listen.server is not of this transport; ${remedy}`);
  }
}
