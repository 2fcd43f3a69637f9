import { createServer, request } from 'node:http';
import type { Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import type { QuorateError } from '../../src/core/index.js';
import { openWebSocketTransport as openClient } from '../../src/transport/websocket.js';
import { openWebSocketTransport } from '../../src/transport/websocket/node.js';
import type { WebSocketNodeTransportOptions } from '../../src/transport/websocket/node.js';
import { Authority } from './certificates.js';
import { fingerprintOf, renewalSuite, shownBy } from './renewal-suite.js';
import { bareSocket, frame, helloFrame, LOOPBACK, StreamBench, untilRefused } from './stream-bench.js';
import { streamSuite } from './stream-suite.js';
import { watch } from './transport-suite.js';
import { dialWebSocket, platformWebSockets, ws, wss } from './websocket-kinds.js';

const authority = await Authority.create('an authority');

streamSuite('websocket', ws());
streamSuite('websocket with TLS', wss(authority));
renewalSuite('websocket with TLS', openWebSocketTransport);
for (const [name, constructor] of platformWebSockets) streamSuite(`websocket, dialed by one ${name}`, ws(constructor));

const bench = new StreamBench({ ...ws(), open: (options) => openWebSocketTransport(options) });

/** Options that only this transport has. */
function only(options: Partial<WebSocketNodeTransportOptions>): object {
  return options;
}

/** A bare socket to a transport. */
function dialTcp(address: string): ReturnType<typeof bareSocket> {
  const { hostname, port } = new URL(address);
  return bareSocket(connect(Number(port), hostname), 'connect');
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

it('is tested with the WebSocket of the platform where there is one', () => {
  const version = Number(process.versions.node.split('.')[0]);
  expect(platformWebSockets).toHaveLength(version >= 22 ? 2 : 1);
});

describe('a client that runs anywhere', () => {
  afterEach(bench.reset);

  it.each(platformWebSockets)('reaches a node by a WebSocket %s, with a secret', async (_name, WebSocket) => {
    const secret = 'a secret of twenty-seven bytes';
    const a = await bench.node('a', { secret });
    const atA = watch(a.channel('c'), (from, message) => a.channel('c').send(from, message));
    const addresses = { a: a.address! };
    const client = await openClient({ id: 'page', cluster: 'test', addresses, secret, WebSocket });
    bench.open.push(client);
    const atClient = watch(client.channel('c'));
    await client.connected('a');
    client.channel('c').send('a', new Uint8Array(3_000_000).fill(7));
    await atClient.count(1);
    expect(atA.messages).toHaveLength(1);
    expect((atClient.messages[0]!.message as Uint8Array).every((byte) => byte === 7)).toBe(true);
    await client.close();
    await atA.noticed('page down');
  });

  it('refuses text from whom it dials', async () => {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    server.on('connection', (socket) => socket.send('hello'));
    await new Promise((resolve) => server.once('listening', resolve));
    const addresses = { a: `ws://127.0.0.1:${(server.address() as AddressInfo).port}` };
    for (const [, WebSocket] of platformWebSockets) {
      const client = await openClient({ id: 'page', cluster: 'test', addresses, WebSocket });
      await untilRefused(client, 'malformed');
      await client.close();
    }
    for (const socket of server.clients) socket.terminate();
    await new Promise((resolve) => server.close(resolve));
  });

  it('is told when the platform refuses to dial, and dials again', async () => {
    const a = await bench.node('a');
    const errors: QuorateError[] = [];
    let refusals = 2;
    class Moody extends platformWebSockets[0]![1] {
      constructor(url: string) {
        if (refusals-- > 0) throw new TypeError('blocked by the platform');
        super(url);
      }
    }
    const client = await openClient({
      ...{ id: 'page', cluster: 'test', addresses: { a: a.address! }, WebSocket: Moody, reconnectMinMs: 5 },
      onRefused: (error) => errors.push(error),
    });
    bench.open.push(client);
    await client.connected('a');
    expect(errors).toMatchObject([
      {
        code: 'dial-failed',
        message: expect.stringContaining('blocked by the platform'),
        cause: expect.any(TypeError),
      },
    ]);
  });

  it('needs a WebSocket', async () => {
    const options = { id: 'page', cluster: 'test', WebSocket: 17 as never };
    await expect(openClient(options)).rejects.toThrow('on Node use quorate/transport/websocket/node');
  });
});

/** A request to upgrade, without the empty line that ends it. */
const UPGRADE = [
  'GET / HTTP/1.1',
  'Host: a',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
].join('\r\n');

describe('what is no WebSocket as it must be', () => {
  afterEach(bench.reset);

  it('is refused: a message of text', async () => {
    const a = await bench.node('a');
    const bare = await bench.dial(a);
    bare.write('text' as never);
    await bare.closed;
    expect(a.status().refused).toEqual({ malformed: 1 });
  });

  it('is refused: a message above 64 KiB, before and after the hello', async () => {
    const a = await bench.node('a');
    const hasty = await bench.dial(a);
    hasty.write(new Uint8Array(64 * 1024 + 1));
    await hasty.closed;
    const bare = await bench.dial(a);
    bare.write(helloFrame());
    await a.connected('x');
    bare.write(frame(1, new Uint8Array(70_000)));
    await bare.closed;
    await untilRefused(a, 'bad-frame-length', 2);
  });

  it('is refused: another path', async () => {
    const a = await bench.node('a', only({ listen: { ...LOOPBACK, path: '/cluster' } }));
    expect(a.address).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/cluster$/);
    const lost = await dialWebSocket(a.address!.replace('/cluster', '/elsewhere'));
    await lost.closed;
    await untilRefused(a, 'malformed');
    await (await bench.client('b', [a])).connected('a');
  });

  it('is refused: a request for a page', async () => {
    const a = await bench.node('a');
    const status = await new Promise((resolve, reject) => {
      const asked = request(a.address!.replace('ws:', 'http:'), (response) => resolve(response.resume().statusCode));
      asked.on('error', reject).end();
    });
    expect(status).toBe(426);
    expect(a.status().refused).toEqual({ malformed: 1 });
  });

  const bytes: readonly [string, string | Uint8Array, string][] = [
    ['an upgrade with a body', `${UPGRADE}\r\nContent-Length: 5\r\n\r\nhello`, 'malformed'],
    ['an upgrade whose body does not come', `${UPGRADE}\r\nContent-Length: 5\r\n\r\n`, 'malformed'],
    ['an upgrade with a body in chunks', `${UPGRADE}\r\nTransfer-Encoding: chunked\r\n\r\n`, 'malformed'],
    ['garbage', new Uint8Array(100), 'malformed'],
    ['a handshake of TLS', Uint8Array.of(0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0), 'tls'],
    [
      'an upgrade without a key',
      'GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n',
      'malformed',
    ],
  ];
  it.each(bytes)('is refused: %s', async (_name, text, reason) => {
    const a = await bench.node('a');
    const bare = await dialTcp(a.address!);
    bare.write(Buffer.from(text));
    await bare.closed;
    expect(a.status().refused).toEqual({ [reason]: 1 });
  });

  it.each(['', 'GET / HTTP/1.1\r\nHost: a\r\n'])(
    'is refused in time, and counts: %j and then silence',
    async (text) => {
      const a = await bench.node('a', { handshakeTimeoutMs: 200, maxConnections: 1 });
      const bare = await dialTcp(a.address!);
      bare.write(Buffer.from(text));
      const second = await dialTcp(a.address!);
      await second.closed;
      await bare.closed;
      expect(a.status().refused).toEqual({ 'too-many-connections': 1, 'handshake-timeout': 1 });
    },
  );
});

describe('web pages', () => {
  afterEach(bench.reset);

  it('are refused, told once, and let in from the origins that are listed', async () => {
    const errors: QuorateError[] = [];
    const onRefused = (error: QuorateError): void => void errors.push(error);
    const a = await bench.node('a', only({ origins: ['https://app.example'], onRefused }));
    for (let round = 0; round < 2; round++) {
      const evil = await dialWebSocket(a.address!, { origin: 'https://evil.example' });
      await evil.closed;
    }
    expect(a.status().refused).toEqual({ origin: 2 });
    expect(errors).toMatchObject([{ reason: 'origin', message: expect.stringContaining('"https://evil.example"') }]);
    const good = await dialWebSocket(a.address!, { origin: 'https://app.example' });
    good.write(helloFrame());
    await a.connected('x');
    good.reset();
  });

  it('are all let in by a star', async () => {
    const a = await bench.node('a', only({ origins: ['*'] }));
    const page = await dialWebSocket(a.address!, { origin: 'https://any.example' });
    page.write(helloFrame());
    await a.connected('x');
    page.reset();
  });
});

describe('with TLS', () => {
  afterEach(bench.reset);

  async function secured(id: string): Promise<object> {
    return only({ tls: await authority.identity(id) });
  }

  it('a node without a certificate is refused on both sides', async () => {
    const a = await bench.node('a', await secured('a'));
    const foreign = await Authority.create('another authority');
    const tls = { ...(await foreign.identity('b')), ca: authority.pem };
    const b = await bench.client('b', [a], only({ tls }));
    await untilRefused(a, 'certificate', 2);
    await untilRefused(b, 'refused-by-peer', 2);
    expect(a.status().peers).toEqual([]);
  });

  it('whom it dials is refused when the certificate is foreign, expired, or of another node', async () => {
    const foreign = await Authority.create('another authority');
    const identities = [foreign.identity('a'), authority.issue('a', { expired: true }), authority.identity('c')];
    for (const identity of identities) {
      const server = createSecureServer({ ...(await identity) });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const addresses = { a: `wss://127.0.0.1:${portOf(server)}/` };
      const upgrades = new WebSocketServer({ server });
      const b = await bench.node('b', { listen: null, addresses, ...(await secured('b')) });
      await untilRefused(b, 'certificate');
      await b.close();
      for (const client of upgrades.clients) client.terminate();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it('a node dials no URL without TLS', async () => {
    const a = await bench.node('a', await secured('a'));
    expect(() => a.setAddress('b', 'ws://127.0.0.1:1/')).toThrow('a URL wss://..., because there is tls');
  });

  it('a plain node and one with TLS refuse each other', async () => {
    const a = await bench.node('a', await secured('a'));
    const plain = await dialWebSocket(a.address!.replace('wss:', 'ws:'));
    await plain.closed;
    await untilRefused(a, 'tls');
    const b = await bench.node('b');
    const addresses = { b: b.address!.replace('ws:', 'wss:') };
    await bench.node('c', { listen: null, addresses, ...(await secured('c')) });
    await untilRefused(b, 'tls');
  });
});

describe('on a server that was given', () => {
  afterEach(bench.reset);

  it('shares the port with other things, and leaves the server open', async () => {
    const server = createServer((_, response) => response.end('a page'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const a = await bench.node('a', only({ listen: { server, path: '/a' } }));
    const other = await bench.node('other', only({ listen: { server, path: '/other' }, cluster: 'other' }));
    expect(a.address).toBe(`ws://127.0.0.1:${portOf(server)}/a`);
    await (await bench.client('b', [a])).connected('a');
    await (await bench.client('b', [other], { cluster: 'other' })).connected('other');
    await bench.reset();
    const page = await fetch(`http://127.0.0.1:${portOf(server)}/`, { headers: { connection: 'close' } });
    expect(await page.text()).toBe('a page');
    expect(server.listenerCount('upgrade')).toBe(0);
    await new Promise((resolve) => server.close(resolve));
  });

  it('refuses an upgrade whose body does not come', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const a = await bench.node('a', only({ listen: { server } }));
    const bare = await dialTcp(a.address!);
    bare.write(Buffer.from(`${UPGRADE}\r\nContent-Length: 5\r\n\r\n`));
    await bare.closed;
    expect(a.status().refused).toEqual({ malformed: 1 });
    await bench.reset();
    await new Promise((resolve) => server.close(resolve));
  });

  it('limits connections from the upgrade on, and refuses paths that nobody serves', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const a = await bench.node('a', only({ listen: { server, path: '/a' }, maxConnections: 1 }));
    const lost = await dialWebSocket(`ws://127.0.0.1:${portOf(server)}/b`);
    await lost.closed;
    await untilRefused(a, 'malformed');
    await (await bench.client('b', [a])).connected('a');
    const third = await bench.dial(a);
    await third.closed;
    expect(a.status().refused).toEqual({ malformed: 1, 'too-many-connections': 1 });
    await bench.reset();
    await new Promise((resolve) => server.close(resolve));
  });

  it('asks for certificates when there is tls, also where the server does not', async () => {
    const tls = await authority.identity('a');
    for (const server of [createServer(), createSecureServer({ ...tls })]) {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const a = await bench.node('a', only({ listen: { server }, tls }));
      const bare = await dialWebSocket(a.address!, await authority.identity('x'));
      bare.write(helloFrame());
      await untilRefused(a, 'certificate');
      await bench.reset();
      await new Promise((resolve) => server.close(resolve));
    }
  });
});

describe('on a secure server that was given', () => {
  afterEach(bench.reset);

  it('certificates are renewed by the server, not by the transport', async () => {
    const [former, renewed] = [await authority.identity('a'), await authority.issue('a')];
    const server = createSecureServer({ ...former, requestCert: true, rejectUnauthorized: false });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const listen = { server };
    const a = await openWebSocketTransport({ id: 'a', cluster: 'test', listen, tls: former });
    bench.open.push(a);
    const b = await bench.client('b', [a], only({ tls: await authority.identity('b') }));
    await b.connected('a');
    expect(() => a.renewTls(renewed)).toThrow(
      expect.objectContaining({ code: 'server-not-owned', message: expect.stringContaining('setSecureContext') }),
    );
    expect(await shownBy(a)).toBe(fingerprintOf(former));
    server.setSecureContext(renewed);
    expect(await shownBy(a)).toBe(fingerprintOf(renewed));
    const c = await bench.client('c', [a], only({ tls: await authority.identity('c') }));
    await c.connected('a');
    expect(b.status().peers).toMatchObject([{ id: 'a', connected: true }]);
    await bench.reset();
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('opening', () => {
  afterEach(bench.reset);

  it('checks its options', async () => {
    const a = await bench.node('a');
    const port = Number(new URL(a.address!).port);
    const wrong: readonly [object, string][] = [
      [{ listen: undefined }, 'listen is undefined'],
      [{ listen: { host: '', port: 0 } }, 'listen.host is ""'],
      [{ listen: { ...LOOPBACK, path: 'x' } }, 'listen.path is "x"'],
      [{ listen: { server: {} } }, 'listen.server is an object; it must be a server of node:http or node:https'],
      [{ addresses: { b: 'localhost:1' } }, 'addresses.b is "localhost:1"; it must be a URL of the form ws://'],
      [{ addresses: { b: 'http://localhost:1' } }, 'addresses.b is "http://localhost:1"'],
      [{ addresses: { b: 'ws://user:word@localhost' } }, 'addresses.b is'],
      [{ origins: ['app.example'] }, 'origins is "app.example"'],
      [{ origins: ['https://app.example/'] }, 'origins is "https://app.example/"'],
      [{ tls: {} }, 'tls.ca is undefined'],
      [{ tls: { ca: authority.pem }, WebSocket: Object }, 'WebSocket is a function; it must be left out when there is'],
      [{ keepAliveMs: -1 }, 'keepAliveMs is -1'],
      [{ listen: { host: '127.0.0.1', port } }, 'is in use; stop the program'],
    ];
    for (const [options, message] of wrong) {
      const opening = openWebSocketTransport({ id: 'a', cluster: 'test', listen: LOOPBACK, ...options });
      await expect(opening, message).rejects.toThrow(message);
    }
  });
});
