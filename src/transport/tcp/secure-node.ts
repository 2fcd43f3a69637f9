import { InvalidOptionError } from '../../core/index.js';
import type { StreamEdge } from '../stream/byte-stream.js';
import { StreamNode } from '../stream/node.js';
import type { StreamTransport } from '../stream/node.js';
import type { CheckedStreamOptions } from '../stream/options.js';
import { checkTls } from './tls-options.js';
import type { CheckedTls, TlsOptions } from './tls-options.js';

/** A transport that can have TLS, and takes renewed certificates while it runs. */
export interface SecureTransport extends StreamTransport {
  /**
   * Takes renewed certificates for the connections that are made from now on; those that are open stay.
   * `clientCertificates` stays as it was. When it throws, the former certificates stay in use.
   *
   * @throws InvalidOptionError also when the transport was opened without `tls`
   */
  renewTls(tls: TlsOptions): void;
}

/** An edge that dials and listens with TLS, where there is `tls`. */
export interface SecureEdge extends StreamEdge {
  /** New certificates, for the connections that are made from now on. They can be used: {@link checkTls} has tried. */
  renew(tls: CheckedTls): void;
}

/** What a {@link SecureNode} was opened with. */
export interface SecureOptions {
  readonly stream: CheckedStreamOptions;
  readonly tls: CheckedTls | null;
  /** `null` for a client, which only dials. */
  readonly listen: object | null;
}

/** A node of streams, with what those have that can be encrypted. */
export class SecureNode extends StreamNode implements SecureTransport {
  readonly #secure: SecureOptions;
  readonly #edge: SecureEdge;

  constructor(options: SecureOptions, edge: SecureEdge) {
    super(options.stream, edge);
    this.#secure = options;
    this.#edge = edge;
  }

  renewTls(tls: TlsOptions): void {
    const { tls: present, listen } = this.#secure;
    if (present === null) throw new InvalidOptionError('tls', tls, 'left as it is: the transport was opened without');
    const { clientCertificates } = present;
    this.#edge.renew(checkTls(this.id, { ...tls, clientCertificates }, listen !== null));
  }
}
