import { connect } from 'node:net';
import type { HealthCheck } from '../health-checks.js';
import { HealthCheckError } from './health-check-error.js';
import type { HostPort } from '../../core/index.js';
import { addressOf } from './address-of.js';

/** Options of {@link tcpCheck}. */
export interface TcpCheckOptions {
  /** Where a node listens. @defaultValue what its name says: `host:port` */
  readonly address?: (node: string) => HostPort;
}

/**
 * A node is well when it accepts a connection, which is closed at once. That says that its kernel and the listening socket are
 * there, not that the program behind it answers: where it speaks HTTP, `httpCheck`.
 */
export function tcpCheck(options: TcpCheckOptions = {}): HealthCheck {
  const { address = addressOf } = options;
  return (node, { signal }) =>
    new Promise<void>((resolve, reject) => {
      const { host, port } = address(node);
      const socket = connect({ host, port });
      const abort = (): void => void socket.destroy(signal.reason as Error);
      signal.addEventListener('abort', abort);
      if (signal.aborted) abort();
      socket.on('error', (cause) =>
        reject(new HealthCheckError(`${node} accepts no connection: ${cause.message}`, { cause })),
      );
      socket.on('connect', () => {
        resolve();
        socket.destroy();
      });
      socket.on('close', () => signal.removeEventListener('abort', abort));
    });
}
