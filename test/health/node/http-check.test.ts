import { getEventListeners } from 'node:events';
import type { IncomingMessage, RequestListener } from 'node:http';
import { describe, expect, it } from 'vitest';
import { InvalidOptionError } from 'quorate/core';
import { HealthCheckError, httpCheck, type HttpCheckOptions } from 'quorate/health/node';
import { Authority } from '../../transport/certificates.js';
import { freePort, patient, SmallServer } from './small-server.js';

/** The message of what a check fails with; `undefined` when it passes. Waits until no connection is left. */
async function checked(answer: RequestListener, options?: HttpCheckOptions): Promise<string | undefined> {
  const server = await SmallServer.http(answer);
  const error = await failure(httpCheck(options)(server.node, patient));
  await server.idle();
  expect(server.accepted).toBe(1);
  if (error === undefined) return undefined;
  expect(error).toBeInstanceOf(HealthCheckError);
  expect(error).toMatchObject({ code: 'health-check-failed' });
  return (error as Error).message.replace(server.node, 'NODE');
}

async function failure(check: unknown): Promise<unknown> {
  return await Promise.resolve(check).then(
    () => undefined,
    (error: unknown) => error,
  );
}

const withStatus =
  (status: number, headers: Record<string, string> = {}): RequestListener =>
  (_, response) =>
    response.writeHead(status, headers).end();

const withBody =
  (...parts: readonly (string | Buffer)[]): RequestListener =>
  (_, response) => {
    for (const part of parts) response.write(part);
    response.end();
  };

describe('the request of a check by HTTP', () => {
  /** What a server is asked. */
  async function asked(options: HttpCheckOptions): Promise<IncomingMessage> {
    let request: IncomingMessage | undefined;
    await checked((message, response) => {
      request = message;
      response.end();
    }, options);
    return request!;
  }

  it('is GET / on a connection of its own when nothing is said', async () => {
    const { method, url, headers } = await asked({});
    expect({ method, url, connection: headers.connection }).toEqual({ method: 'GET', url: '/', connection: 'close' });
    expect(headers.host).toMatch(/^127\.0\.0\.1:\d+$/);
  });

  it('has method, path, query and headers as they are given', async () => {
    const { method, url, headers } = await asked({
      method: 'HEAD',
      path: '/health?deep=1',
      headers: { host: 'api.example', 'x-check': 'yes' },
    });
    expect({ method, url }).toEqual({ method: 'HEAD', url: '/health?deep=1' });
    expect(headers).toMatchObject({ host: 'api.example', 'x-check': 'yes' });
  });

  it('goes where the option says', async () => {
    const server = await SmallServer.http(withStatus(200));
    const port = Number(server.node.split(':')[1]);
    expect(await failure(httpCheck({ address: () => ({ host: '127.0.0.1', port }) })('a', patient))).toBeUndefined();
  });
});

describe('the status of an answer', () => {
  it.each([200, 204, 299])('%d passes', async (status) => {
    expect(await checked(withStatus(status))).toBeUndefined();
  });

  it.each([302, 404, 500, 503])('%d does not pass, and a redirection is not followed', async (status) => {
    expect(await checked(withStatus(status, { location: '/' }))).toBe(
      `NODE answered GET / with status ${status}; expected is 200 to 299`,
    );
  });

  it.each([
    [200, false],
    [301, true],
    [308, true],
    [309, false],
    [401, true],
    [402, false],
  ])('%d, where 300 to 308 and 401 are expected: %s', async (status, passes) => {
    const message = await checked(withStatus(status), { expectedStatus: [[300, 308], 401] });
    expect(message === undefined).toBe(passes);
    if (!passes) expect(message).toContain('expected is 300 to 308, 401');
  });

  it.each([
    [undefined, 'NODE answered GET / with status 101; expected is 200 to 299'],
    [[101], undefined],
  ])('101 is one like others, where %j is expected', async (expectedStatus, message) => {
    const upgrade: RequestListener = (_, response) => {
      response.socket!.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    };
    const headers = { connection: 'Upgrade', upgrade: 'websocket' };
    const options = expectedStatus === undefined ? { headers } : { headers, expectedStatus };
    expect(await checked(upgrade, options)).toBe(message);
  });
});

describe('the body of an answer', () => {
  it('is found in spite of where it was cut', async () => {
    const parts = [Buffer.from('all is w'), Buffer.from('ell ✓').subarray(0, 5), Buffer.from('✓').subarray(1)];
    expect(await checked(withBody(...parts), { bodyMatch: 'well ✓' })).toBeUndefined();
    expect(await checked(withBody(...parts), { bodyMatch: /w.ll ✓$/ })).toBeUndefined();
  });

  it.each([
    ['up', 'NODE answered GET / with "down"; expected is "up" in its first 65536 bytes'],
    [/^up$/i, 'NODE answered GET / with "down"; expected is /^up$/i in its first 65536 bytes'],
  ])('does not pass without %s', async (bodyMatch, message) => {
    expect(await checked(withBody('down'), { bodyMatch })).toBe(message);
  });

  it('is shortened in the message', async () => {
    expect(await checked(withBody('x'.repeat(81)), { bodyMatch: 'up' })).toContain(`"${'x'.repeat(77)}..."`);
  });

  it('counts only with a status that is expected', async () => {
    const answer: RequestListener = (_, response) => response.writeHead(500).end('up');
    expect(await checked(answer, { bodyMatch: 'up' })).toContain('status 500');
  });

  it('is looked at up to the limit, to the byte', async () => {
    const answer = withBody('12345678', '90');
    expect(await checked(answer, { bodyMatch: '0', maxBodyBytes: 10 })).toBeUndefined();
    expect(await checked(answer, { bodyMatch: '0', maxBodyBytes: 9 })).toContain('in its first 9 bytes');
  });

  /** Sends until it is cut, and counts. */
  function endless(sent: { bytes: number }): RequestListener {
    return (_, response) => {
      const part = Buffer.alloc(16_384, 'x');
      const more = (): void => {
        while (!response.destroyed && response.write(part)) sent.bytes += part.length;
      };
      response.on('drain', more);
      more();
    };
  }

  it('that never ends is read up to the limit only', async () => {
    const sent = { bytes: 0 };
    expect(await checked(endless(sent), { bodyMatch: 'up' })).toContain('in its first 65536 bytes');
    expect(sent.bytes).toBeLessThan(16_000_000); // what fits into buffers of the operating system
  });

  it('that never ends is not waited for when nothing is expected of it', async () => {
    expect(await checked(endless({ bytes: 0 }))).toBeUndefined();
  });

  it('that is cut off does not pass', async () => {
    const answer: RequestListener = (_, response) => {
      response.write('u', () => response.socket!.destroy());
    };
    expect(await checked(answer, { bodyMatch: 'u' })).toBe('NODE did not answer GET /: aborted');
  });
});

describe('a check by HTTP', () => {
  it('fails where nothing listens', async () => {
    const node = `127.0.0.1:${await freePort()}`;
    const error = await failure(httpCheck({ path: '/x' })(node, patient));
    expect(error).toBeInstanceOf(HealthCheckError);
    expect(error).toMatchObject({ cause: { code: 'ECONNREFUSED' } });
    expect((error as Error).message).toContain(`${node} did not answer GET /x: connect ECONNREFUSED`);
  });

  it.each([
    ['closes at once', ''],
    ['speaks something else', 'SSH-2.0-OpenSSH_9.6\r\n'],
  ])('fails when the server %s', async (_, greeting) => {
    const server = await SmallServer.tcp((socket) => socket.end(greeting));
    expect(await failure(httpCheck()(server.node, patient))).toBeInstanceOf(HealthCheckError);
    await server.idle();
  });

  it('fails for the name of a node that is no address', async () => {
    expect(await failure(httpCheck()('a', patient))).toBeInstanceOf(InvalidOptionError);
  });

  it('fails for the reason of its signal, and opens no connection when that was there before', async () => {
    const server = await SmallServer.http(() => {});
    const reason = new Error('enough');
    expect(await failure(httpCheck()(server.node, { signal: AbortSignal.abort(reason) }))).toBe(reason);
    expect(server.accepted).toBe(0);
  });

  it.each([
    ['has answered nothing', {}],
    ['has begun to answer', { path: '/begun', bodyMatch: 'up' }],
  ])('is aborted with its connection when the server %s', async (_, options) => {
    const server = await SmallServer.http(({ url }, response) => {
      if (url === '/begun') response.write('u');
      if (url === '/other') response.end();
    });
    const controller = new AbortController();
    const reason = new Error('enough');
    const failed = failure(httpCheck(options)(server.node, { signal: controller.signal }));
    await httpCheck({ path: '/other' })(server.node, patient); // by then the answer before has come
    controller.abort(reason);
    expect(await failed).toBe(reason);
    await server.idle();
  });

  it('leaves nothing on its signal', async () => {
    const server = await SmallServer.http(withBody('up'));
    const { signal } = new AbortController();
    for (const bodyMatch of ['up', 'down']) await failure(httpCheck({ bodyMatch })(server.node, { signal }));
    // The runner's time limit bounds that.
    while (getEventListeners(signal, 'abort').length > 0) await new Promise((resolve) => setImmediate(resolve));
  });

  it('passes over TLS when the certificate is trusted, and only then', async () => {
    const authority = await Authority.create('an authority');
    const { cert, key, ca } = await authority.issue('node.example');
    const server = await SmallServer.https({ cert, key }, withStatus(200));
    const trusting = httpCheck({ tls: { ca, servername: 'node.example' } });
    expect(await failure(trusting(server.node, patient))).toBeUndefined();
    const other = await failure(httpCheck({ tls: { ca, servername: 'other.example' } })(server.node, patient));
    expect(other).toMatchObject({ cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' } });
    expect(await failure(httpCheck({ tls: {} })(server.node, patient))).toBeInstanceOf(HealthCheckError);
    expect(await failure(httpCheck()(server.node, patient))).toBeInstanceOf(HealthCheckError);
    await server.idle();
  });

  it.each([
    ['path', 'health', 'path is "health"; it must be a path that begins with / and has no spaces'],
    ['path', '/a b', 'path is "/a b"'],
    ['path', '/\r\nx: y', 'path is "/'],
    ['method', 'get', 'method is "get"'],
    ['method', 'CONNECT', 'method is "CONNECT"'],
    ['headers', { 'a b': 'c' }, 'headers.a b is "c"; it must be a header as HTTP allows'],
    ['headers', { a: 'b\r\nc: d' }, 'headers.a is'],
    ['expectedStatus', [], 'expectedStatus is "[]"; it must be statuses from 100 to 599, or ranges'],
    ['expectedStatus', [99], 'expectedStatus is "[99]"'],
    ['expectedStatus', [[299, 200]], 'expectedStatus is "[[299,200]]"'],
    ['expectedStatus', [[200, 600]], 'expectedStatus is "[[200,600]]"'],
    ['bodyMatch', /up/g, 'bodyMatch is "/up/g"; it must be a text, or a pattern without g and y'],
    ['bodyMatch', '', 'bodyMatch is ""'],
    ['bodyMatch', 7, 'bodyMatch is "7"'],
    ['maxBodyBytes', 0, 'maxBodyBytes is 0'],
  ])('refuses %s of %s', (option, value, message) => {
    expect(() => httpCheck({ [option]: value })).toThrow(InvalidOptionError);
    expect(() => httpCheck({ [option]: value })).toThrow(message);
  });

  it('refuses to look for something in the answer to HEAD', () => {
    expect(() => httpCheck({ method: 'HEAD', bodyMatch: 'up' })).toThrow('an answer to HEAD has no body');
  });
});
