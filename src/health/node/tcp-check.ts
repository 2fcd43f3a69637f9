import { connect } from 'node:net';
import type { HostPort } from '../../core/index.js';
import type { HealthCheck } from '../health-checks.js';
import { addressOf } from './address-of.js';
import { HealthCheckError } from './health-check-error.js';

/** Options of {@link tcpCheck}. */
export interface TcpCheckOptions {
  /** Where a node listens. @defaultValue what its name says: `host:port`, with an IPv6 host in brackets */
  readonly address?: (node: string) => HostPort;
}

/**
 * A node is well when it accepts a connection, which is closed at once. That says that its kernel and the listening socket are
 * there, not that the program behind it answers: one that hangs still passes. Where it speaks HTTP, `httpCheck`.
 *
 * A check fails with {@link HealthCheckError}, or with the reason of its signal. It has no time limit of its own.
 */
export function tcpCheck(options: TcpCheckOptions = {}): HealthCheck {
  const { address = addressOf } = options;
  return (node, { signal }) =>
    new Promise<void>((resolve, reject) => {
      signal.throwIfAborted();
      const socket = connect(address(node));
      const abort = (): void => {
        reject(signal.reason);
        socket.destroy();
      };
      signal.addEventListener('abort', abort); // the option `signal` of sockets leaves its listener there for ever
      socket.on('close', () => signal.removeEventListener('abort', abort));
      socket.on('error', (cause) =>
        reject(new HealthCheckError(`${node} accepts no connection: ${cause.message}`, { cause })),
      );
      socket.on('connect', () => {
        resolve();
        socket.destroy();
      });
    });
}
