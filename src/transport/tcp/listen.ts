import type { Server } from 'node:net';
import { listenError } from './address.js';
import type { HostPort } from '../../core/index.js';

/**
 * Resolves when the server listens.
 *
 * @throws QuorateError with code `address-in-use` or `address-unavailable`
 */
export async function listen(server: Server, { host, port }: HostPort): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException): void => reject(listenError(error, { host, port }));
    server.once('error', fail);
    server.listen({ host, port }, () => {
      server.off('error', fail);
      resolve();
    });
  });
}
