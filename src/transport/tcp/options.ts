import type { NodeId } from '../../core/index.js';
import { checkStreamOptions, milliseconds } from '../stream/options.js';
import type { CheckedStreamOptions, StreamTransportOptions } from '../stream/options.js';
import { checkAddress, checkListen } from './address.js';
import type { HostPort } from '../../core/index.js';
import { checkTls } from './tls-options.js';
import type { CheckedTls, TlsOptions } from './tls-options.js';

/** What `openTcpTransport` takes. */
export interface TcpTransportOptions extends StreamTransportOptions {
  /**
   * Where to listen: `host` is the interface, which should be an address that others can dial, and port 0 takes a free
   * port. `null` for a client, which only dials.
   */
  readonly listen: HostPort | null;
  /** Where others are reached, as `host:port`, an IPv6 host in brackets. An entry for this node is ignored. */
  readonly addresses?: Readonly<Record<NodeId, string>>;
  /**
   * How long a connection may be silent before the system probes it, in milliseconds; 0 never probes. It finds peers
   * that vanished without a word, in minutes. For seconds use heartbeats.
   *
   * @defaultValue 10,000
   */
  readonly keepAliveMs?: number;
  /**
   * Encrypts all connections, and lets certificates say who is at the other end. All nodes must have it.
   *
   * @defaultValue none: what is said can be read and changed on the way
   */
  readonly tls?: TlsOptions;
}

/** {@link TcpTransportOptions}, checked and complete. */
export interface CheckedTcpOptions {
  readonly stream: CheckedStreamOptions;
  readonly listen: HostPort | null;
  readonly keepAliveMs: number;
  readonly tls: CheckedTls | null;
}

/** @throws InvalidOptionError */
export function checkTcpOptions(options: TcpTransportOptions): CheckedTcpOptions {
  const { id, tls } = options;
  const stream = checkStreamOptions(options, checkAddress);
  const listen =
    options.listen === null
      ? null
      : checkListen(options.listen, '{ host, port }, or null for a client that only dials');
  return {
    stream,
    listen,
    tls: tls === undefined ? null : checkTls(id, tls, listen !== null),
    keepAliveMs: milliseconds('keepAliveMs', options.keepAliveMs ?? 10_000, 0),
  };
}
