import type { StreamTransport, StreamTransportOptions, TlsOptions } from '../../src/transport/tcp.js';
import { openTcpTransport } from '../../src/transport/tcp.js';
import { openWebSocketTransport } from '../../src/transport/websocket/node.js';

/** What the cluster that is attacked talks over; `tls` is TCP with mutual TLS. */
export const TRANSPORTS = ['tcp', 'tls', 'websocket'] as const;

/** One of {@link TRANSPORTS}. */
export type TransportName = (typeof TRANSPORTS)[number];

/** A transport by its name. */
export interface TransportChoice {
  readonly transport: TransportName;
  /** For `tls`: the certificate of the node. */
  readonly tls?: TlsOptions;
}

/** Opens a node of the cluster, or a client of it, which does not listen. */
export function openTransport(
  { transport, tls }: TransportChoice,
  options: StreamTransportOptions & { readonly addresses?: Readonly<Record<string, string>> },
  listens: boolean,
): Promise<StreamTransport> {
  const all = { ...options, listen: listens ? { host: '127.0.0.1', port: 0 } : null };
  if (transport === 'websocket') return openWebSocketTransport(all);
  return openTcpTransport(tls === undefined ? all : { ...all, tls });
}
