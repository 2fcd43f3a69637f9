import { InvalidOptionError } from '../../core/index.js';
import { StreamNode } from '../stream/node.js';
import type { StreamTransport } from '../stream/node.js';
import type { TcpEdge } from './edge.js';
import type { CheckedTcpOptions } from './options.js';
import { checkTls } from './tls-options.js';
import type { TlsOptions } from './tls-options.js';

/** A transport over TCP, made by `openTcpTransport`. */
export interface TcpTransport extends StreamTransport {
  /** `host:port` where this transport listens, with the port that it really got; `null` for a client. */
  readonly address: string | null;
  /**
   * Takes renewed certificates for the connections that are made from now on; those that are open stay.
   * `clientCertificates` stays as it was.
   *
   * @throws InvalidOptionError also when the transport was opened without `tls`
   */
  renewTls(tls: TlsOptions): void;
}

/** The transport, with what only TCP has. */
export class TcpNode extends StreamNode implements TcpTransport {
  readonly #tcp: CheckedTcpOptions;
  readonly #edge: TcpEdge;

  constructor(options: CheckedTcpOptions, edge: TcpEdge) {
    super(options.stream, edge);
    this.#tcp = options;
    this.#edge = edge;
  }

  renewTls(tls: TlsOptions): void {
    const { tls: present, listen } = this.#tcp;
    if (present === null) throw new InvalidOptionError('tls', tls, 'left as it is: the transport was opened without');
    const { clientCertificates } = present;
    this.#edge.renew(checkTls(this.id, { ...tls, clientCertificates }, listen !== null));
  }
}
