import { request as requestHttp, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as requestHttps, type RequestOptions as HttpsOptions } from 'node:https';
import { checkNumber, InvalidOptionError } from '../../core/index.js';
import type { HealthCheck } from '../health-checks.js';
import { HealthCheckError } from './health-check-error.js';
import type { HostPort } from '../../core/index.js';
import { addressOf } from './address-of.js';

/** Options of {@link httpCheck}. */
export interface HttpCheckOptions {
  /** What is asked for, with its query. @defaultValue `/` */
  readonly path?: string;
  /** @defaultValue `GET` */
  readonly method?: string;
  /** Further headers, such as `host`. @defaultValue none */
  readonly headers?: Readonly<Record<string, string>>;
  /** Statuses of a node that is well, each a number or a range with both its ends. @defaultValue `[[200, 299]]` */
  readonly expectedStatus?: readonly (number | readonly [from: number, to: number])[];
  /** What the body must have in it: a text, or a pattern without `g` and `y`. @defaultValue nothing: it is not read */
  readonly bodyMatch?: string | RegExp;
  /** How many bytes of the body are read to find that; what is behind is not looked at. @defaultValue 65536 */
  readonly maxBodyBytes?: number;
  /** Options of TLS, such as `ca`, `servername` or `cert`; `{}` for TLS with what the platform trusts. @defaultValue no TLS */
  readonly tls?: Pick<HttpsOptions, 'ca' | 'cert' | 'key' | 'servername' | 'rejectUnauthorized'>;
  /** Where a node listens. @defaultValue what its name says: `host:port` */
  readonly address?: (node: string) => HostPort;
}

/**
 * A node is well when it answers a request with one of the statuses, and with the body, that are expected. Each check is a
 * connection of its own, so that one that hangs does not hide that new ones are refused. Redirections are not followed: they are
 * answers like others. What comes of the body is read up to `maxBodyBytes` only.
 *
 * @throws InvalidOptionError
 */
export function httpCheck(options: HttpCheckOptions = {}): HealthCheck {
  const { path = '/', method = 'GET', headers = {}, tls, address = addressOf } = options;
  if (!/^\/[\x21-\x7e]*$/.test(path))
    throw new InvalidOptionError('path', path, 'a path that begins with / and has no spaces');
  const expect = expectation(options);
  return (node, { signal }) =>
    new Promise<void>((resolve, reject) => {
      const fail = (cause: Error): void => {
        const known = cause instanceof HealthCheckError;
        reject(
          known ? cause : new HealthCheckError(`${node} did not answer ${method} ${path}: ${cause.message}`, { cause }),
        );
      };
      const to: RequestOptions = { ...address(node), path, method, headers, agent: false, signal };
      const request = tls === undefined ? requestHttp(to) : requestHttps({ ...to, ...tls });
      request.on('error', fail);
      request.on('response', (response) => {
        response.on('error', fail);
        expect(response)
          .then(resolve, fail)
          .finally(() => request.destroy());
      });
      request.end();
    });
}

/** What an answer is held against. */
function expectation(options: HttpCheckOptions): (response: IncomingMessage) => Promise<void> {
  const { expectedStatus = [[200, 299]], bodyMatch, maxBodyBytes = 65_536 } = options;
  checkNumber('maxBodyBytes', maxBodyBytes, { min: 1 });
  const ranges = expectedStatus.map((status) => (typeof status === 'number' ? ([status, status] as const) : status));
  const wrong = ranges.flat().find((status) => !(Number.isInteger(status) && status >= 100 && status <= 599));
  if (wrong !== undefined || ranges.length === 0)
    throw new InvalidOptionError(
      'expectedStatus',
      wrong ?? expectedStatus,
      'statuses from 100 to 599, or ranges of these',
    );
  if (bodyMatch instanceof RegExp && (bodyMatch.global || bodyMatch.sticky))
    throw new InvalidOptionError('bodyMatch', String(bodyMatch), 'a pattern without the flags g and y, which remember');

  return async (response) => {
    const { statusCode = 0 } = response;
    if (!ranges.some(([from, to]) => statusCode >= from && statusCode <= to))
      throw new HealthCheckError(`the status is ${statusCode}; expected is ${ranges.map(describe).join(', ')}`);
    if (bodyMatch === undefined) return;
    const body = await beginningOf(response, maxBodyBytes);
    const found = typeof bodyMatch === 'string' ? body.includes(bodyMatch) : bodyMatch.test(body);
    if (!found)
      throw new HealthCheckError(`the body does not have ${String(bodyMatch)} in its first ${maxBodyBytes} bytes`);
  };
}

function describe([from, to]: readonly [number, number]): string {
  return from === to ? String(from) : `${from} to ${to}`;
}

async function beginningOf(response: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= maxBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, maxBytes).toString();
}
