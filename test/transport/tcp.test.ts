import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { TcpTransportOptions } from '../../src/transport/tcp.js';
import { helloFrame, StreamBench, tcp, untilRefused } from './stream-bench.js';
import { streamSuite } from './stream-suite.js';

streamSuite('tcp', tcp);

const bench = new StreamBench(tcp);

describe('a dialer refuses', () => {
  afterEach(bench.reset);

  it('a node that answers for another one', async () => {
    const impostor = createServer((socket) => {
      socket.on('error', () => {});
      socket.resume();
      socket.write(helloFrame({ id: 'impostor' }));
    });
    await new Promise<void>((resolve) => impostor.listen(0, '127.0.0.1', resolve));
    const port = (impostor.address() as AddressInfo).port;
    const a = await bench.node('a', { addresses: { b: `127.0.0.1:${port}` } });
    await untilRefused(a, 'unexpected-id');
    await a.close();
    await new Promise((resolve) => impostor.close(resolve));
  });
});

describe('opening', () => {
  afterEach(bench.reset);

  it('says what is wrong with an address', async () => {
    const a = await bench.node('a');
    const port = Number(a.address!.split(':')[1]);
    await expect(bench.node('b', { listen: { host: '127.0.0.1', port } })).rejects.toMatchObject({
      code: 'address-in-use',
      message: expect.stringContaining(`127.0.0.1:${port} is in use; stop the program`),
    });
    await expect(bench.node('b', { listen: { host: '192.0.2.1', port: 0 } })).rejects.toMatchObject({
      code: 'address-unavailable',
    });
    for (const address of ['', 'host', 'host:0', 'host:65536', '::1:80', 'a b:1', '[::1]', 'host:1x', 'http://h:1']) {
      expect(() => a.setAddress('b', address), address).toThrow(expect.objectContaining({ code: 'invalid-option' }));
    }
    expect(() => a.setAddress('b', 7 as never)).toThrow('host:port');
  });

  it('checks its options', async () => {
    const wrong: readonly [Partial<TcpTransportOptions>, string][] = [
      [{ id: '' }, 'id is ""'],
      [{ cluster: '' }, 'cluster is ""'],
      [{ listen: undefined as never }, 'listen is undefined'],
      [{ listen: { host: '', port: 1 } }, 'listen.host is ""'],
      [{ listen: { host: 'h', port: -1 } }, 'listen.port is -1'],
      [{ addresses: { b: 'nowhere' } }, 'addresses.b is "nowhere"'],
      [{ maxFrameBytes: 1 }, 'maxFrameBytes is 1'],
      [{ maxQueuedBytes: 1000 }, 'maxQueuedBytes is 1000'],
      [{ maxConnections: 0 }, 'maxConnections is 0'],
      [{ reconnectMinMs: 0 }, 'reconnectMinMs is 0'],
      [{ reconnectMinMs: 10, reconnectMaxMs: 5 }, 'reconnectMaxMs is 5'],
      [{ handshakeTimeoutMs: 2 ** 31 }, 'handshakeTimeoutMs is 2147483648'],
    ];
    for (const [options, message] of wrong) await expect(bench.node('a', options)).rejects.toThrow(message);
  });

  it('works over IPv6 where there is any', async ({ skip }) => {
    const a = await bench.node('a', { listen: { host: '::1', port: 0 } }).catch(() => null);
    if (a === null) return skip();
    expect(a.address).toMatch(/^\[::1\]:\d+$/);
    const b = await bench.node('b', { listen: null, addresses: { a: a.address!, b: '127.0.0.1:1' } });
    await b.connected('a');
    expect(b.status().peers).toHaveLength(1);
  });
});
