import { createSocket, type Socket } from 'node:dgram';
import { afterEach, describe, expect, it } from 'vitest';
import { messagePackCodec } from '../../src/codec/index.js';
import type { QuorateError, Transport } from '../../src/core/index.js';
import { transportCases, type TransportSupports } from '../../src/testing/index.js';
import { openUdpTransport } from '../../src/transport/udp.js';
import type { UdpTransport, UdpTransportOptions } from '../../src/transport/udp.js';
import { Authenticator } from '../../src/transport/udp/authenticator.js';
import { encodeDatagram, type Header } from '../../src/transport/udp/datagram.js';
import { runCases } from '../testing/conformance/run-cases.js';
import { endsByItself } from './ends-by-itself.js';
import { transportSuite, watch } from './transport-suite.js';

const LOOPBACK = { host: '127.0.0.1', port: 0 };
const SECRET = 'a secret of more than sixteen bytes';
const codec = messagePackCodec();
let open: UdpTransport[] = [];
let sockets: Socket[] = [];

async function openNode(id: string, options: Partial<UdpTransportOptions> = {}): Promise<UdpTransport> {
  const transport = await openUdpTransport({ id, cluster: 'test', listen: LOOPBACK, ...options });
  open.push(transport);
  return transport;
}

async function openPair(options: Partial<UdpTransportOptions> = {}): Promise<[UdpTransport, UdpTransport]> {
  const a = await openNode('a', options);
  const b = await openNode('b', { ...options, addresses: { a: a.address } });
  a.setAddress('b', b.address);
  return [a, b];
}

async function reset(): Promise<void> {
  await Promise.all(open.map((transport) => transport.close()));
  for (const socket of sockets) socket.close();
  [open, sockets] = [[], []];
}

/** A bare socket, which collects what it is sent, and sends to a transport. */
async function stranger(): Promise<{ send(to: Transport, bytes: Uint8Array): void; received: Buffer[] }> {
  const socket = createSocket('udp4');
  sockets.push(socket);
  const received: Buffer[] = [];
  socket.on('message', (bytes) => received.push(bytes));
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const send = (to: Transport, bytes: Uint8Array): void =>
    socket.send(bytes, Number(to.status().address!.split(':')[1]), '127.0.0.1');
  return { send, received };
}

function datagram(fields: Partial<Header> = {}, body: Uint8Array = codec.encode('hello')): Buffer {
  return encodeDatagram({ cluster: 'test', from: 'x', to: 'a', channel: 'c', tagged: false, ...fields }, body);
}

function signed(secret: string, fields: Partial<Header> = {}): Buffer {
  const bytes = datagram({ ...fields, tagged: true });
  new Authenticator([Buffer.from(secret)]).sign(bytes);
  return bytes;
}

/** Resolves when the condition holds; it is looked at each turn of the event loop, for five seconds at most. */
async function until(what: string, condition: () => boolean): Promise<void> {
  const giveUpAt = performance.now() + 5000;
  while (!condition()) {
    if (performance.now() > giveUpAt) throw new Error(`expected ${what} within five seconds`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const peerOf = (transport: Transport, id: string) => transport.status().peers.find((peer) => peer.id === id);

const supports: TransportSupports = {
  ordered: false,
  loss: true,
  duplicates: true,
  notices: false,
  addresses: true,
  copies: true,
  checksValues: true,
  queuedMessages: null, // the largest datagram is smaller than the messages of that case
  reopens: true,
};

describe.each<[string, Partial<UdpTransportOptions>]>([
  ['over IPv4, with datagrams of the default size', {}],
  [
    'over IPv6, with large datagrams and a secret',
    { listen: { host: '::1', port: 0 }, secret: SECRET, maxDatagramBytes: 65_507 },
  ],
])('the UDP transport %s', (_how, options) => {
  const open = (id: string): Promise<Transport> =>
    openUdpTransport({ id, cluster: 'test', listen: LOOPBACK, ...options });
  runCases(transportCases({ network: () => ({ open }) }, supports));
});

transportSuite('udp', {
  async open(id) {
    const transport = await openNode(id);
    for (const other of open) {
      other.setAddress(id, transport.address);
      transport.setAddress(other.id, other.address);
    }
    return transport;
  },
  async settle() {},
  reset,
});

describe('a datagram is refused, counted and not answered', () => {
  afterEach(reset);

  const plain: readonly [string, string, () => Buffer][] = [
    ['for being malformed', 'malformed', () => Buffer.of(1, 0, 4)],
    ['for a body that is no message', 'malformed', () => datagram({}, Uint8Array.of(0xc1))],
    ['for another version', 'version', () => Buffer.of(9, 0, 0)],
    ['for another cluster', 'cluster', () => datagram({ cluster: 'other' })],
    ['for another node', 'receiver', () => datagram({ to: 'b' })],
    ['for the id of this node', 'own-id', () => datagram({ from: 'a' })],
    ['for a channel that nobody made', 'unknown-channel', () => datagram({ channel: 'unknown' })],
    ['for a channel that nobody listens to', 'no-listener', () => datagram({ channel: 'silent' })],
    ['for a tag that nobody can check', 'unauthenticated', () => signed(SECRET)],
    ['for one byte too many', 'too-large', () => datagram({}, new Uint8Array(1201 - 13))],
  ];
  const withSecret: readonly [string, string, () => Buffer][] = [
    ['for a missing tag', 'unauthenticated', () => datagram()],
    ['for a tag by another secret', 'unauthenticated', () => signed('another secret of enough bytes')],
  ];

  const check = async (reason: string, bytes: Buffer, options: Partial<UdpTransportOptions>): Promise<void> => {
    const a = await openNode('a', options);
    a.channel('silent');
    const atA = watch(a.channel('c'));
    const { send, received } = await stranger();
    send(a, bytes);
    await until(reason, () => (a.status().refused[reason] ?? 0) > 0);
    send(a, options.secret === undefined ? datagram() : signed(SECRET)); // it goes on
    await atA.count(1);
    expect(a.status().refused).toEqual({ [reason]: 1 });
    expect(atA.contents).toEqual(['hello']);
    expect(received).toEqual([]);
  };
  it.each(plain)('%s', (_what, reason, make) => check(reason, make(), {}));
  it.each(withSecret)('%s', (_what, reason, make) => check(reason, make(), { secret: SECRET }));

  it('unless it has exactly as many bytes as allowed', async () => {
    const a = await openNode('a');
    const atA = watch(a.channel('c'));
    const bytes = codec.encode(new Uint8Array(1200 - 13 - 3));
    expect(datagram({}, bytes)).toHaveLength(1200);
    (await stranger()).send(a, datagram({}, bytes));
    await atA.count(1);
  });
});

describe('answers', () => {
  afterEach(reset);

  it('go where a peer without an address was last heard from', async () => {
    const a = await openNode('a');
    const atA = watch(a.channel('c'));
    const [first, second] = [await stranger(), await stranger()];
    first.send(a, datagram());
    await atA.count(1);
    second.send(a, datagram());
    await atA.count(2);
    expect(a.channel('c').send('x', 'answer')).toBe(true);
    await until('an answer', () => second.received.length > 0);
    expect(first.received).toEqual([]);
  });

  it('go to the address that was told, whoever claims to be that peer', async () => {
    const [a, b] = await openPair();
    const atB = watch(b.channel('c'));
    const atA = watch(a.channel('c'));
    const liar = await stranger();
    liar.send(a, datagram({ from: 'b' }));
    await atA.count(1);
    a.channel('c').send('b', 'answer');
    await atB.count(1);
    expect(liar.received).toEqual([]);
  });

  it('reach as many peers without an address as allowed, the last ones heard from', async () => {
    const a = await openNode('a', { maxLearnedPeers: 2 });
    const atA = watch(a.channel('c'));
    const { send } = await stranger();
    for (const [i, from] of ['x', 'y', 'x', 'z'].entries()) {
      send(a, datagram({ from }));
      await atA.count(i + 1);
    }
    expect(['x', 'y', 'z'].map((id) => a.channel('c').send(id, 1))).toEqual([true, false, true]);
    expect(a.status().refused).toEqual({ 'peer-evicted': 1 });
  });

  it('go nowhere after a datagram that could not prove where it came from', async () => {
    const a = await openNode('a', { secret: SECRET });
    const { send } = await stranger();
    send(a, datagram());
    await until('the refusal', () => a.status().refused.unauthenticated === 1);
    expect(a.channel('c').send('x', 1)).toBe(false);
    expect(a.status().peers).toEqual([]);
  });
});

describe('a UDP transport', () => {
  afterEach(reset);

  it('makes datagrams of 1200 bytes at most', async () => {
    const [a, b] = await openPair({ codec: { encode: (value) => value as Uint8Array, decode: (bytes) => bytes } });
    const { maxBytes } = a.channel('c').supports;
    expect(maxBytes).toBe(1200 - (6 + 'test'.length + 'a'.length + 128 + 'c'.length)); // with the longest id there is
    const atB = watch(b.channel('c'));
    expect(a.channel('c').send('b', new Uint8Array(maxBytes + 1))).toBe(false);
    expect(a.channel('c').send('b', new Uint8Array(maxBytes))).toBe(true);
    await atB.count(1);
    expect(peerOf(a, 'b')).toMatchObject({ sent: 1, dropped: 1 });
  });

  it('gives the system no more than the limit until that has sent it', async () => {
    const [a, b] = await openPair({ maxQueuedBytes: 3000 });
    const atB = watch(b.channel('c'));
    const bytes = new Uint8Array(984); // with MessagePack and names datagrams of 1000 bytes
    expect([1, 2, 3, 4].map(() => a.channel('c').send('b', bytes))).toEqual([true, true, true, false]);
    expect(peerOf(a, 'b')).toMatchObject({ sent: 3, dropped: 1, queuedBytes: 3000 });
    await until('that all is sent', () => peerOf(a, 'b')!.queuedBytes === 0);
    expect(a.channel('c').send('b', bytes)).toBe(true);
    await atB.count(4);
  });

  it('loses what a small buffer of the receiver does not hold, and nothing else happens', async () => {
    const a = await openNode('a');
    const b = await openNode('b', { receiveBufferBytes: 4096 });
    a.setAddress('b', b.address);
    const atB = watch(b.channel('c'));
    for (let i = 0; i < 500; i++) a.channel('c').send('b', new Uint8Array(900));
    await until('that all is sent', () => peerOf(a, 'b')!.queuedBytes === 0);
    await atB.until('a later message', () => {
      if (atB.contents.includes('later')) return true;
      setImmediate(() => a.channel('c').send('b', 'later'));
      return false;
    });
    expect(peerOf(b, 'a')!.received).toBeLessThan(peerOf(a, 'b')!.sent);
    expect(b.status().refused).toEqual({});
  });

  it('counts what the system does not take as dropped', async () => {
    const a = await openNode('a', { addresses: { b: '255.255.255.255:9' } }); // broadcast, which the socket may not do
    expect(a.channel('c').send('b', 1)).toBe(true);
    await until('the drop', () => peerOf(a, 'b')!.dropped === 1);
    expect(peerOf(a, 'b')).toMatchObject({ sent: 0, queuedBytes: 0 });
  });

  it('counts a peer as connected once it was heard from', async () => {
    const [a, b] = await openPair();
    const atB = watch(b.channel('c'));
    expect(peerOf(b, 'a')!.connected).toBe(false);
    a.channel('c').send('b', 1);
    await atB.count(1);
    expect(peerOf(b, 'a')!.connected).toBe(true);
    expect(peerOf(a, 'b')!.connected).toBe(false);
  });

  it('hears nodes with the secret before, while it is replaced', async () => {
    const a = await openNode('a', { secret: ['the next secret of enough bytes', SECRET] });
    const b = await openNode('b', { secret: SECRET, addresses: { a: a.address } });
    const atA = watch(a.channel('c'));
    b.channel('c').send('a', 1);
    await atA.count(1);
  });

  it('reaches a peer by name', async () => {
    const a = await openNode('a', { listen: { host: 'localhost', port: 0 } });
    const b = await openNode('b', { listen: { host: '::', port: 0 } });
    b.setAddress('a', `localhost:${a.address.split(':').at(-1)}`);
    const atA = watch(a.channel('c'), (from) => a.channel('c').send(from, 'answer'));
    const atB = watch(b.channel('c'));
    expect(b.channel('c').send('a', 'too early')).toBe(false);
    await until('the lookup', () => b.channel('c').send('a', 'question'));
    await atA.count(1);
    await atB.count(1);
  });

  it('tells of a name that it cannot find', async () => {
    const errors: QuorateError[] = [];
    await openNode('a', { addresses: { b: 'no-such-host.invalid:1' }, onLookupFailed: (error) => errors.push(error) });
    await until('the error', () => errors.length > 0);
    expect(errors).toMatchObject([{ code: 'address-unresolved' }]);
    expect(errors[0]!.message).toContain('no-such-host.invalid was not found');
  });

  it('names the remedy when its port is in use, and frees the port when it closes', async () => {
    const a = await openNode('a');
    const port = Number(a.address.split(':')[1]);
    await expect(openNode('b', { listen: { host: '127.0.0.1', port } })).rejects.toMatchObject({
      code: 'address-in-use',
      message: expect.stringContaining('choose another port (0 takes a free one)'),
    });
    await a.close();
    const b = await openNode('b', { listen: { host: '127.0.0.1', port } });
    expect(b.address).toBe(`127.0.0.1:${port}`);
  });

  it('says so when the address is not of this machine', async () => {
    for (const host of ['192.0.2.1', 'no-such-host.invalid']) {
      await expect(openNode('a', { listen: { host, port: 0 } })).rejects.toMatchObject({ code: 'address-unavailable' });
    }
  });

  it('has at most 255 channels', async () => {
    const a = await openNode('a');
    for (let i = 0; i < 255; i++) a.channel(`c${i}`);
    expect(() => a.channel('one more')).toThrow('1 to 64 printable');
    expect(() => a.channel('one-more')).toThrow(expect.objectContaining({ code: 'too-many-channels' }));
    expect(a.channel('c7').name).toBe('c7');
  });

  it.each<[string, Record<string, unknown>]>([
    ['id is "with space"', { id: 'with space' }],
    ['cluster is ""', { cluster: '' }],
    ['1 to 255 bytes as UTF-8', { cluster: 'ü'.repeat(128) }],
    ['listen is null; it must be { host, port }; a client takes port 0', { listen: null }],
    ['listen.port is 65536', { listen: { host: '127.0.0.1', port: 65_536 } }],
    ['addresses.b is "nowhere"', { addresses: { b: 'nowhere' } }],
    ['(of 15 bytes)', { secret: 'x'.repeat(15) }],
    ['(of type number)', { secret: [SECRET, 5] }],
    ['secret is an array; it must be one secret, or a list of 1 to 4', { secret: Array(5).fill(SECRET) }],
    ['secret is an array; it must be one secret, or a list of 1 to 4', { secret: [] }],
    ['maxDatagramBytes is 65508; it must be a whole number from 267 to 65507', { maxDatagramBytes: 65_508 }],
    ['maxQueuedBytes is 1199', { maxQueuedBytes: 1199 }],
    ['maxLearnedPeers is -1', { maxLearnedPeers: -1 }],
  ])('refuses wrong options: %s', async (message, options) => {
    await expect(openNode('a', options)).rejects.toThrow(message);
  });

  it('leaves nothing that keeps the process alive', () => {
    endsByItself(`
      import { openUdpTransport } from './src/transport/udp.ts';
      const a = await openUdpTransport({ id: 'a', cluster: 'test', listen: { host: '127.0.0.1', port: 0 } });
      a.setAddress('b', a.address);
      for (let i = 0; i < 10; i++) a.channel('c').send('b', i);
      a.channel('c').listen({ message() {} });
      await a.close();
    `);
  });
});
