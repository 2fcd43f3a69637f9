import { afterEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/core/index.js';
import type { StreamTransport } from '../../src/transport/tcp.js';
import { Authority } from './certificates.js';
import { Relay } from './relay.js';
import { StreamBench, type StreamKind, type StreamOptions, tcp, tls, until } from './stream-bench.js';
import { watch } from './transport-suite.js';
import { platformWebSockets, ws } from './websocket-kinds.js';

/** A message whose bytes tell whether they are the ones that were sent. */
interface Numbered {
  readonly number: number;
  readonly bytes: Uint8Array;
}

function numbered(number: number, size: number): Numbered {
  return { number, bytes: Uint8Array.from({ length: size }, (_, i) => (number * 31 + i) & 0xff) };
}

/** The numbers of the messages that came, after a look at each byte of them. */
function numbersIn(messages: readonly { readonly message: unknown }[]): number[] {
  return messages.map(({ message }) => {
    const { number, bytes } = message as Numbered;
    expect(Buffer.compare(bytes, numbered(number, bytes.length).bytes), `message ${number}`).toBe(0);
    return number;
  });
}

const kinds: readonly [string, StreamKind][] = [
  ['TCP', tcp],
  ['TCP with TLS', tls(await Authority.create('an authority'))],
  ['WebSocket', ws()],
  ...platformWebSockets.map(([name, constructor]): [string, StreamKind] => [`WebSocket ${name}`, ws(constructor)]),
];

describe.each(kinds)('%s on a bad network', (_name, kind) => {
  const bench = new StreamBench(kind);
  let relay: Relay;

  /** Node a, and node b that dials it through a relay. */
  async function nodes(options: Partial<StreamOptions> = {}): Promise<[StreamTransport, StreamTransport]> {
    const a = await bench.node('a', options);
    relay = await Relay.open(/[\d.]+:\d+/.exec(a.address!)![0]);
    const addresses = { a: kind.address(relay.address) };
    return [a, await bench.node('b', { listen: null, addresses, ...options })];
  }

  afterEach(async () => {
    await bench.reset();
    await relay.close();
  });

  it('that delays and cuts what is sent into pieces delivers everything, in order', async () => {
    const random = seededRandom(1);
    const [a, b] = await nodes();
    relay.delayMs = () => (random() < 0.05 ? 1 + Math.floor(random() * 3) : 0);
    relay.pieceBytes = () => 1 + Math.floor(random() * 3000);
    const atA = watch(a.channel('c'));
    await b.connected('a');
    for (let i = 0; i < 500; i++) {
      expect(b.channel('c').send('a', numbered(i, Math.floor(random() * 2000)))).toBe(true);
      if (i % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await atA.count(500);
    expect(numbersIn(atA.messages)).toEqual(Array.from({ length: 500 }, (_, i) => i));
    expect(relay.connections).toBe(1);
  });

  it('that breaks connections within frames delivers what it delivers in order, once, and whole', async () => {
    const random = seededRandom(2);
    const [a, b] = await nodes({ reconnectMaxMs: 10 });
    const atA = watch(a.channel('c'));
    const channel = b.channel('c');
    let number = 0;
    for (let cut = 0; cut < 15; cut++) {
      await b.connected('a');
      const { connections } = relay;
      relay.cutAfterBytes = 1 + Math.floor(random() * 20_000);
      await until(
        () => `connection ${connections + 1}`,
        () => {
          channel.send('a', numbered(number++, 500));
          return relay.connections > connections;
        },
      );
    }
    relay.cutAfterBytes = Infinity;
    await until(
      () => 'a connection that takes the last message',
      () => channel.send('a', numbered(number, 500)),
    );
    await atA.until('the last message', () =>
      atA.messages.some(({ message }) => (message as Numbered).number === number),
    );
    const numbers = numbersIn(atA.messages);
    expect(numbers.every((n, i) => i === 0 || n > numbers[i - 1]!)).toBe(true);
    // A listener is told of each break, also where the new connection comes before the old one is seen to be dead.
    expect(atA.notices.every((notice, i) => notice === (i % 2 === 0 ? 'b up' : 'b down'))).toBe(true);
    expect(atA.notices.length).toBeGreaterThanOrEqual(15);
  });

  it('that stalls lets the queue fill up to its limit, and delivers all that was taken when it goes on', async () => {
    const [a, b] = await nodes({ maxFrameBytes: 100_000, maxQueuedBytes: 300_000 });
    const atA = watch(a.channel('c'));
    await b.connected('a');
    relay.stall();
    const taken: number[] = [];
    let refused = 0;
    for (let i = 0; refused < 20; i++) {
      if (b.channel('c').send('a', numbered(i, 50_000))) taken.push(i);
      else refused++;
      expect(b.status().peers[0]!.queuedBytes).toBeLessThanOrEqual(300_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    relay.resume();
    await atA.count(taken.length);
    expect(numbersIn(atA.messages)).toEqual(taken);
    expect(b.status().peers).toMatchObject([{ sent: taken.length, dropped: 20, queuedBytes: 0 }]);
  });

  it('that stalls during the handshake is given up in time, and dialed again', async () => {
    const a = await bench.node('a');
    relay = await Relay.open(/[\d.]+:\d+/.exec(a.address!)![0]);
    relay.stall();
    const addresses = { a: kind.address(relay.address) };
    const b = await bench.node('b', { listen: null, addresses, handshakeTimeoutMs: 100 });
    await until(
      () => 'two timeouts',
      () => (b.status().refused['handshake-timeout'] ?? 0) >= 2,
    );
    relay.resume();
    await b.connected('a');
  });
});
