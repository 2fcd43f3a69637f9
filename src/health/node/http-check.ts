import { request as requestHttp, validateHeaderName, validateHeaderValue, type IncomingMessage } from 'node:http';
import { request as requestHttps, type RequestOptions } from 'node:https';
import { InvalidOptionError, type HostPort } from '../../core/index.js';
import type { HealthCheck } from '../health-checks.js';
import { addressOf } from './address-of.js';
import { HealthCheckError } from './health-check-error.js';
import { httpExpectation, type HttpExpectation } from './http-expectation.js';

/** Options of {@link httpCheck}. */
export interface HttpCheckOptions extends HttpExpectation {
  /** What is asked for, with its query. @defaultValue `/`, which every server has */
  readonly path?: string;
  /** @defaultValue `GET`: not all servers know `HEAD`, which would save the body */
  readonly method?: string;
  /** Further headers, such as `host`. @defaultValue none: `host` is the address */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * Options of TLS, such as `ca`, `servername` or `cert`; `{}` for TLS with what the platform trusts.
   *
   * @defaultValue no TLS
   */
  readonly tls?: Pick<RequestOptions, 'ca' | 'cert' | 'key' | 'servername' | 'rejectUnauthorized'>;
  /** Where a node listens. @defaultValue what its name says: `host:port`, with an IPv6 host in brackets */
  readonly address?: (node: string) => HostPort;
}

/**
 * A node is well when it answers a request with one of the statuses, and with the body, that are expected. Each check is a
 * connection of its own, which is closed when that is known: one that was open before would hide that new ones are refused.
 * Redirections are not followed: they are answers like others.
 *
 * A check fails with {@link HealthCheckError}, or with the reason of its signal. It has no time limit of its own.
 *
 * @throws InvalidOptionError
 */
export function httpCheck(options: HttpCheckOptions = {}): HealthCheck {
  const { path = '/', method = 'GET', headers = {}, tls, address = addressOf } = options;
  checkRequest(method, path, headers);
  const expect = httpExpectation(options);
  if (method === 'HEAD' && options.bodyMatch !== undefined)
    throw new InvalidOptionError('bodyMatch', options.bodyMatch, 'left out: an answer to HEAD has no body');

  return (node, { signal }) =>
    new Promise<void>((resolve, reject) => {
      const fail = (cause: Error): void => {
        if (signal.aborted) reject(signal.reason);
        else if (cause instanceof HealthCheckError) reject(cause);
        else reject(new HealthCheckError(`${node} did not answer ${method} ${path}: ${cause.message}`, { cause }));
      };
      const { host, port } = address(node);
      const to = { host, port, path, method, headers, agent: false, signal };
      const request = tls === undefined ? requestHttp(to) : requestHttps({ ...to, ...tls });
      const answered = (response: IncomingMessage): void => {
        response.on('error', fail);
        expect(`${node} answered ${method} ${path} with`, response)
          .then(resolve, fail)
          .finally(() => response.destroy());
      };
      request.on('error', fail);
      request.on('response', answered);
      request.on('upgrade', answered); // a status like others; without a listener no event would say that it came
      request.end();
    });
}

function checkRequest(method: string, path: string, headers: Readonly<Record<string, string>>): void {
  if (!/^[A-Z-]+$/.test(method) || method === 'CONNECT')
    throw new InvalidOptionError('method', method, 'a method in capitals, such as GET, and not CONNECT');
  if (!/^\/[\x21-\x7e]*$/.test(path))
    throw new InvalidOptionError('path', path, 'a path that begins with / and has no spaces');
  for (const [name, value] of Object.entries(headers)) {
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    } catch {
      throw new InvalidOptionError(`headers.${name}`, value, 'a header as HTTP allows');
    }
  }
}
