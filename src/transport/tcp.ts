/**
 * A transport over TCP for Node: length-prefixed frames, one connection for each pair of nodes, many messages a write,
 * and reconnecting for ever. With `tls` what is said is encrypted, and certificates name the nodes; with `secret` nodes
 * prove that they belong to the cluster. Without either anybody who reaches the port is believed.
 *
 * @module transport/tcp
 */
import { TcpEdge } from './tcp/edge.js';
import { checkTcpOptions } from './tcp/options.js';
import type { TcpTransportOptions } from './tcp/options.js';
import { SecureNode } from './tcp/secure-node.js';
import type { SecureTransport } from './tcp/secure-node.js';

export type { StreamTransport } from './stream/node.js';
export type { StreamTransportOptions } from './stream/options.js';
export type { Secret } from './stream/prover.js';
export { ConnectionRefusedError } from './stream/refusal.js';
export type { RefusalReason } from './stream/refusal.js';
export type { HostPort } from '../core/index.js';
export type { TcpTransportOptions } from './tcp/options.js';
export type { SecureTransport } from './tcp/secure-node.js';
export type { Pem, TlsOptions } from './tcp/tls-options.js';

/** A transport over TCP, made by `openTcpTransport`. */
export interface TcpTransport extends SecureTransport {
  /** `host:port` where this transport listens, with the port that it really got; `null` for a client. */
  readonly address: string | null;
}

/**
 * Opens a transport: listens, unless it is a client, and begins to dial the peers that have an address. Resolves as
 * soon as it listens; see `connected` to wait for a peer.
 *
 * While a peer is not connected, messages to it are dropped at once rather than queued: what waited for a peer that
 * was away is stale when it comes back, and a message that was never handed over has certainly had no effect.
 * Messages that a codec cannot encode make `send` throw, because that is a mistake of the program.
 *
 * @throws InvalidOptionError
 * @throws QuorateError with code `address-in-use` when another program listens there, `address-unavailable` when this
 * machine cannot listen there
 */
export async function openTcpTransport(options: TcpTransportOptions): Promise<TcpTransport> {
  const checked = checkTcpOptions(options);
  const edge = new TcpEdge(checked.keepAliveMs, checked.tls);
  if (checked.listen !== null) await edge.bind(checked.listen);
  return new SecureNode(checked, edge);
}
