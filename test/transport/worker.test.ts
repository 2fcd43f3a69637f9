import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { messagePackCodec } from '../../src/codec/index.js';
import type { QuorateError } from '../../src/core/index.js';
import {
  openPortTransport,
  type MessagePortLike,
  type PortTransport,
  type PortTransportOptions,
} from '../../src/transport/worker.js';
import { MAX_PACKETS } from '../../src/transport/worker/connection.js';
import { encodeHello } from '../../src/transport/worker/hello.js';
import {
  acknowledgement,
  PacketKind,
  packetOf,
  PacketReader,
  PacketWriter,
} from '../../src/transport/worker/packet.js';
import { replicateOver } from './raft-over.js';
import { watch } from './transport-suite.js';

const codec = messagePackCodec();
let open: PortTransport[] = [];

function openNode(id: string, options: Partial<PortTransportOptions> = {}): PortTransport {
  const transport = openPortTransport({ id, cluster: 'test', ...options });
  open.push(transport);
  return transport;
}

async function connect(a: PortTransport, b: PortTransport): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  a.connect(b.id, port1);
  b.connect(a.id, port2);
  await Promise.all([a.connected(b.id), b.connected(a.id)]);
}

async function openPair(options: Partial<PortTransportOptions> = {}): Promise<[PortTransport, PortTransport]> {
  const [a, b] = [openNode('a', options), openNode('b', options)];
  await connect(a, b);
  return [a, b];
}

afterEach(async () => {
  await Promise.all(open.map((transport) => transport.close()));
  open = [];
});

/** A bare port to a transport, which believes to be connected with `x`; it collects what it is posted. */
class Stranger {
  readonly port: MessagePort;
  readonly received: Uint8Array[] = [];
  readonly closed: Promise<void>;
  #arrived = (): void => {};

  constructor(transport: PortTransport) {
    const { port1, port2 } = new MessageChannel();
    this.port = port2;
    port2.on('message', (bytes: Uint8Array) => {
      this.received.push(bytes);
      this.#arrived();
    });
    this.closed = new Promise((resolve) => port2.once('close', resolve));
    transport.connect('x', port1);
  }

  post(data: unknown): void {
    this.port.postMessage(data);
  }

  /** Resolves when that many packets of a kind have come; the test's own timeout bounds it. */
  async got(kind: number, count = 1): Promise<Uint8Array[]> {
    for (;;) {
      const found = this.received.filter(([first]) => first === kind);
      if (found.length >= count) return found;
      await new Promise<void>((resolve) => (this.#arrived = resolve));
    }
  }
}

function hello(fields: Record<string, unknown> = {}): Uint8Array {
  const base = { version: 1, cluster: 'test', id: 'x', to: 'a', maxMessageBytes: 1 << 20, answer: false };
  return packetOf(PacketKind.hello, encodeHello({ ...base, ...fields }));
}

function packet(body: Uint8Array, channel = 'c'): Uint8Array {
  const writer = new PacketWriter();
  writer.append(channel, body);
  return writer.take(0);
}

describe('a port is refused, counted and closed, and the others go on,', () => {
  const first: readonly [string, string, unknown][] = [
    ['for another cluster', 'cluster', hello({ cluster: 'other' })],
    ['for another version', 'version', hello({ version: 2 })],
    ['for another node than expected', 'unexpected-id', hello({ id: 'y' })],
    ['for expecting another node', 'unexpected-id', hello({ to: 'b' })],
    ['for a hello with an invalid id', 'malformed', hello({ id: 'with space' })],
    ['for a hello that lacks a field', 'malformed', hello({ answer: undefined })],
    ['for a hello that is too large', 'malformed', hello({ filler: 'x'.repeat(4096) })],
    ['for what is no bytes', 'malformed', 'hello'],
    ['for bytes that are shared', 'malformed', new Uint8Array(new SharedArrayBuffer(8))],
    ['for no bytes at all', 'malformed', new Uint8Array(0)],
    ['for a packet of an unknown kind', 'malformed', Uint8Array.of(9)],
    ['for a message before the hello', 'malformed', packet(codec.encode(1))],
  ];
  const later: readonly [string, string, unknown][] = [
    ['for a second hello', 'malformed', hello()],
    ['for a packet without a head', 'malformed', Uint8Array.of(PacketKind.messages, 0)],
    ['for a packet that ends within a message', 'malformed', packet(codec.encode('text')).subarray(0, -1)],
    ['for a message that no codec made', 'malformed', packet(Uint8Array.of(0xc1))],
    ['for a message of one byte too many', 'malformed', packet(codec.encode(new Uint8Array(1022)))],
    ['for taking out what is not under way', 'malformed', acknowledgement(2)],
    ['for being refused by the other side', 'refused-by-peer', packetOf(PacketKind.refused, Buffer.from('cluster'))],
  ];

  const check = async (reason: string, packets: readonly unknown[]): Promise<void> => {
    const errors: QuorateError[] = [];
    const [a, b] = await openPair({ maxMessageBytes: 1024, onRefused: (error) => errors.push(error) });
    const stranger = new Stranger(a);
    const atA = watch(a.channel('c'));
    for (const data of packets) stranger.post(data);
    await stranger.closed;
    expect(a.status().refused).toEqual({ [reason]: 1 });
    expect(errors).toMatchObject([{ code: 'connection-refused', reason }]);
    expect(a.status().peers).toMatchObject([{ id: 'b' }]);
    b.channel('c').send('a', 'still here');
    await atA.count(1);
    expect(atA.contents).toEqual(['still here']);
  };
  it.each(first)('%s', (_what, reason, data) => check(reason, [data]));
  it.each(later)('%s', (_what, reason, data) => check(reason, [hello(), data]));

  it('and the other side is told why', async () => {
    const stranger = new Stranger(openNode('a'));
    stranger.post(hello({ cluster: 'other' }));
    const [told] = await stranger.got(PacketKind.refused);
    expect(Buffer.from(told!.subarray(1)).toString()).toBe('cluster');
  });

  it('and who is refused tells logs the reason that the other side gave', async () => {
    const errors: QuorateError[] = [];
    const stranger = new Stranger(openNode('a', { onRefused: (error) => errors.push(error) }));
    stranger.post(packetOf(PacketKind.refused, Buffer.from('cluster\u0007')));
    await stranger.closed;
    expect(errors[0]!.message).toContain('the reason it gave is: cluster?');
  });
});

describe('a connection', () => {
  it('is made although what was first said got lost, as workers of browsers lose it', async () => {
    const a = openNode('a');
    const stranger = new Stranger(a);
    await stranger.got(PacketKind.hello); // and it does as if it had not heard
    stranger.post(hello());
    await stranger.got(PacketKind.hello, 2);
    await a.connected('x');
  });

  it('ends with a goodbye, once all that was taken is posted', async () => {
    const [a, b] = await openPair();
    const atB = watch(b.channel('c'));
    for (let i = 0; i < 1000; i++) expect(a.channel('c').send('b', i)).toBe(true);
    a.disconnect('b');
    a.disconnect('b');
    await atB.noticed('a down');
    expect(atB.contents).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    expect([a.status().peers, b.status().peers]).toEqual([[], []]);
    expect(a.channel('c').send('b', 1)).toBe(false);
  });

  it('is replaced by that of a new port', async () => {
    const [a, b] = await openPair();
    const atA = watch(a.channel('c'));
    await atA.noticed('b up');
    await connect(a, b);
    await atA.until('b to be back', () => atA.notices.length === 3);
    expect(atA.notices).toEqual(['b up', 'b down', 'b up']);
    b.channel('c').send('a', 'through the new one');
    await atA.count(1);
  });

  it('stops delivering when a listener disconnects, and counts nothing as malformed', async () => {
    const [a, b] = await openPair();
    const atB = watch(b.channel('c'), (_, message) => {
      if (message === 2) b.disconnect('a');
    });
    const atA = watch(a.channel('c'));
    for (const message of [1, 2, 3]) a.channel('c').send('b', message);
    await atA.noticed('b down');
    expect(atB.contents).toEqual([1, 2]);
    expect(b.status().refused).toEqual({});
  });

  it('closes its port, so that the other end learns of it by that alone', async () => {
    const a = openNode('a');
    const stranger = new Stranger(a);
    stranger.port.close();
    await stranger.closed;
    const atA = watch(a.channel('c'));
    const again = new Stranger(a);
    again.post(hello());
    await atA.noticed('x up');
    again.port.close();
    await atA.noticed('x down');
    expect(a.status().peers).toEqual([]);
  });

  it('takes messages up to what the other side accepts', async () => {
    const [a, b] = [openNode('a'), openNode('b', { maxMessageBytes: 100 })];
    await connect(a, b);
    const atB = watch(b.channel('c'));
    expect(a.channel('c').send('b', new Uint8Array(99))).toBe(false); // two bytes besides in MessagePack
    expect(a.channel('c').send('b', new Uint8Array(98))).toBe(true);
    await atB.count(1);
  });
});

describe('a port that ends a worker when it is closed', () => {
  it('is left open, and no longer listened to', async () => {
    const { port1, port2 } = new MessageChannel();
    let [listeners, ended] = [0, 0];
    const scope: MessagePortLike = {
      postMessage: (message, transfer) => port1.postMessage(message, transfer),
      addEventListener: (event, listener) => (listeners++, port1.addEventListener(event, listener)),
      removeEventListener: (event, listener) => (listeners--, port1.removeEventListener(event, listener)),
      close: () => ended++,
    };
    const [a, b] = [openNode('a', { ports: { b: scope } }), openNode('b', { ports: { a: port2 } })];
    const atA = watch(a.channel('c'));
    await atA.noticed('b up');
    expect(listeners).toBe(3);
    await b.close();
    await atA.noticed('b down');
    expect([listeners, ended]).toEqual([0, 0]);
    port1.close();
  });
});

describe('what waits for a peer', () => {
  const bytes = new Uint8Array(991); // 1000 bytes with lengths, name and MessagePack

  it('has as many bytes as allowed, until the peer has taken them out', async () => {
    const a = openNode('a', { maxMessageBytes: 1000, maxQueuedBytes: 3000 });
    const stranger = new Stranger(a);
    stranger.post(hello());
    await a.connected('x');
    const send = (): boolean => a.channel('c').send('x', bytes);
    expect([send(), send(), send(), send()]).toEqual([true, true, true, false]);
    await stranger.got(PacketKind.messages);
    expect(send()).toBe(false);
    expect(a.status().peers).toMatchObject([{ sent: 3, dropped: 2, queuedBytes: 3000 }]);
    stranger.post(acknowledgement(1));
    const atA = watch(a.channel('c'));
    stranger.post(packet(codec.encode('behind it')));
    await atA.count(1);
    expect([send(), send(), send(), send()]).toEqual([true, true, true, false]);
  });

  it(`is in ${MAX_PACKETS} packets at most, and what is sent meanwhile leaves together`, async () => {
    const a = openNode('a');
    const stranger = new Stranger(a);
    stranger.post(hello());
    await a.connected('x');
    for (let i = 0; i < MAX_PACKETS + 10; i++) {
      a.channel('c').send('x', i);
      await Promise.resolve(); // each leaves in a packet of its own
      await Promise.resolve();
    }
    await stranger.got(PacketKind.messages, MAX_PACKETS);
    expect(stranger.received.filter(([kind]) => kind === PacketKind.messages)).toHaveLength(MAX_PACKETS);
    stranger.post(acknowledgement(1));
    const packets = await stranger.got(PacketKind.messages, MAX_PACKETS + 1);
    const last = new PacketReader(packets.at(-1)!, 100);
    const contents: unknown[] = [];
    while (last.more) contents.push(codec.decode(last.next().body));
    expect(contents).toEqual(Array.from({ length: 10 }, (_, i) => MAX_PACKETS + i));
  });
});

describe('a transport over message ports', () => {
  it('carries Raft', async () => {
    const transports = ['a', 'b', 'c'].map((id) => openNode(id));
    const [a, b, c] = transports as [PortTransport, PortTransport, PortTransport];
    await Promise.all([connect(a, b), connect(a, c), connect(b, c)]);
    await replicateOver(transports);
  });

  it('waits for a peer, until its signal aborts or it is closed', async () => {
    const a = openNode('a');
    const reason = new Error('enough');
    await expect(a.connected('b', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const rejected = expect(a.connected('b')).rejects.toMatchObject({ code: 'closed' });
    await a.close();
    await rejected;
    await expect(a.connected('b')).rejects.toMatchObject({ code: 'closed' });
  });

  it('takes no port once it is closed', async () => {
    const a = openNode('a');
    await a.close();
    const { port1 } = new MessageChannel();
    expect(() => a.connect('b', port1)).toThrow(expect.objectContaining({ code: 'closed' }));
    port1.close();
  });

  it.each<[string, Record<string, unknown>]>([
    ['id is "with space"', { id: 'with space' }],
    ['cluster is ""', { cluster: '' }],
    ['ports.b is an object; it must be a MessagePort', { ports: { b: {} } }],
    ['ports.a is null; it must be left out: it is this node', { ports: { a: null } }],
    ['maxMessageBytes is 63', { maxMessageBytes: 63 }],
    ['maxQueuedBytes is 355; it must be a whole number at least 356', { maxMessageBytes: 100, maxQueuedBytes: 355 }],
  ])('refuses wrong options: %s', (message, options) => {
    expect(() => openNode('a', options)).toThrow(message);
  });

  it('refuses a port to itself, and what is no port', () => {
    const a = openNode('a');
    const { port1 } = new MessageChannel();
    expect(() => a.connect('a', port1)).toThrow('id is "a"; it must be that of another node');
    expect(() => a.connect('b', null as never)).toThrow('port is null; it must be a MessagePort');
    port1.close();
  });
});
