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
      const { host, port } = address(node);
      const socket = connect({ host, port, signal });
      socket.on('error', (cause) => {
        const error = new HealthCheckError(`${node} accepts no connection: ${cause.message}`, { cause });
        reject(signal.aborted ? signal.reason : error);
      });
      socket.on('connect', () => {
        resolve();
        socket.destroy();
      });
    });
}
