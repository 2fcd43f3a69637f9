/**
 * A transport over UDP for Node: each message is one datagram. For heartbeats and gossip, where a late message is worth
 * less than the next one. Not for large messages or bulk: nothing is repeated, ordered or slowed down to what the
 * network carries. Nothing is encrypted.
 *
 * @module transport/udp
 */
import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { isIPv6 } from 'node:net';
import { formatAddress } from '../core/index.js';
import { listenError } from './tcp/address.js';
import type { HostPort } from '../core/index.js';
import { checkOptions, type UdpTransportOptions } from './udp/options.js';
import { UdpNode, type UdpTransport } from './udp/transport.js';

export type { HostPort } from '../core/index.js';
export type { UdpTransportOptions } from './udp/options.js';
export type { DatagramRefusal, UdpTransport } from './udp/transport.js';

/**
 * Opens a transport. Resolves as soon as it receives.
 *
 * Messages may be lost, repeated and reordered, as the seam allows. A peer that has no address is answered where its
 * last valid datagram came from. With a `secret` only nodes that know it are heard; a datagram that was overheard can
 * still be sent again by others, and answers then go where that came from until the peer is heard again, which is why
 * this never replaces an address that the program told.
 *
 * UDP notices nobody come or go, so listeners are told nothing of peers: use heartbeats. In `status()` a peer counts as
 * connected when it was heard from within `heardWithinMs`.
 *
 * `close` waits for nothing but the socket. A lookup of a name that is under way goes on until the system gives it up.
 *
 * @throws InvalidOptionError
 * @throws QuorateError with code `address-in-use` when another program receives there, `address-unavailable` when this
 * machine cannot receive there
 */
export async function openUdpTransport(options: UdpTransportOptions): Promise<UdpTransport> {
  const checked = checkOptions(options);
  const { listen, receiveBufferBytes, resolveEveryMs, onLookupFailed: failed } = checked;
  const { address: host } = await lookup(listen.host).catch((error: unknown) =>
    Promise.reject(listenError(error, listen)),
  );
  const ipv6 = isIPv6(host);
  const socket = createSocket({
    type: ipv6 ? 'udp6' : 'udp4',
    lookup: (address, _options, done) => done(null, address, ipv6 ? 6 : 4), // only addresses come here, never names
    ...(receiveBufferBytes === null ? {} : { recvBufferSize: receiveBufferBytes }),
  });
  await bind(socket, host, listen);
  const { address, port } = socket.address();
  const resolving = { ipv6, lookup: addressesOf, now: () => performance.now(), resolveEveryMs, failed };
  return new UdpNode(checked, socket, formatAddress(address, port), resolving);
}

async function addressesOf(name: string): Promise<string[]> {
  return (await lookup(name, { all: true })).map(({ address }) => address);
}

/** @param address - that of the host */
async function bind(socket: Socket, address: string, listen: HostPort): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const fail = (error: Error): void => {
      socket.close();
      reject(listenError(error, listen));
    };
    socket.once('error', fail);
    socket.bind({ address, port: listen.port, exclusive: true }, () => {
      socket.off('error', fail);
      resolve();
    });
  });
}
