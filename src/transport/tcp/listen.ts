import type { Server } from 'node:net';
import { QuorateError } from '../../core/index.js';
import { formatAddress } from './address.js';
import type { HostPort } from './address.js';

/**
 * Resolves when the server listens.
 *
 * @throws QuorateError with code `address-in-use` or `address-unavailable`
 */
export async function listen(server: Server, { host, port }: HostPort): Promise<void> {
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
