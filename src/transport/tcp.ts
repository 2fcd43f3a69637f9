/**
 * A transport over TCP for Node: length-prefixed frames, one connection for each pair of nodes, many messages a write,
 * and reconnecting for ever. Nothing is encrypted, and nobody proves who they are: use it inside a network that you
 * trust.
 *
 * @module transport/tcp
 */
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { QuorateError } from '../core/index.js';
import { StreamNode } from './stream/node.js';
import type { StreamTransport } from './stream/node.js';
import { formatAddress } from './tcp/address.js';
import type { HostPort } from './tcp/address.js';
import { TcpEdge } from './tcp/edge.js';
import { checkTcpOptions } from './tcp/options.js';
import type { TcpTransportOptions } from './tcp/options.js';

export type { StreamTransport } from './stream/node.js';
export type { StreamTransportOptions } from './stream/options.js';
export { ConnectionRefusedError } from './stream/refusal.js';
export type { RefusalReason } from './stream/refusal.js';
export type { HostPort } from './tcp/address.js';
export type { TcpTransportOptions } from './tcp/options.js';

/** A transport over TCP, made by {@link openTcpTransport}. */
export interface TcpTransport extends StreamTransport {
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
  const { stream, listen: where, keepAliveMs } = checkTcpOptions(options);
  if (where === null) return new StreamNode(stream, new TcpEdge(keepAliveMs, null, null));
  const server = createServer();
  await listen(server, where);
  const { address, port } = server.address() as AddressInfo;
  return new StreamNode(stream, new TcpEdge(keepAliveMs, server, formatAddress(address, port)));
}

async function listen(server: Server, { host, port }: HostPort): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException): void => reject(listenError(error, formatAddress(host, port)));
    server.once('error', fail);
    server.listen({ host, port }, () => {
      server.off('error', fail);
      resolve();
    });
  });
}

function listenError(cause: NodeJS.ErrnoException, where: string): QuorateError {
  if (cause.code === 'EADDRINUSE') {
    const remedy = 'stop the program that listens there, or choose another port (0 takes a free one)';
    return new QuorateError('address-in-use', `${where} is in use; ${remedy}`, { cause });
  }
  const remedy = 'choose an address of this machine, and a port that it may use';
  return new QuorateError('address-unavailable', `cannot listen on ${where}: ${cause.message}; ${remedy}`, { cause });
}
