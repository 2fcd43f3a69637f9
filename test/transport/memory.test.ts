import { describe, expect, it } from 'vitest';
import { messagePackCodec } from '../../src/codec/index.js';
import type { Transport } from '../../src/core/index.js';
import { VirtualClock } from '../../src/testing/index.js';
import { MemoryNetwork } from '../../src/transport/memory.js';
import type { Watch } from '../../src/testing/conformance/watch.js';
import { transportSuite, watch } from './transport-suite.js';
import type { TransportSetup } from './transport-suite.js';

function memorySetup(make: () => MemoryNetwork): TransportSetup {
  let network = make();
  let open: Transport[] = [];
  return {
    async open(id) {
      const transport = network.transport(id);
      open.push(transport);
      return transport;
    },
    settle: () => new Promise((resolve) => setImmediate(resolve)),
    async reset() {
      await Promise.all(open.map((transport) => transport.close()));
      network = make();
      open = [];
    },
  };
}

transportSuite(
  'memory',
  memorySetup(() => new MemoryNetwork()),
);
transportSuite(
  'memory with a codec',
  memorySetup(() => new MemoryNetwork({ codec: messagePackCodec() })),
);

function pairOn(network: MemoryNetwork): { a: Transport; b: Transport; atA: Watch; atB: Watch } {
  const a = network.transport('a');
  const b = network.transport('b');
  return { a, b, atA: watch(a.channel('c')), atB: watch(b.channel('c')) };
}

describe('MemoryNetwork', () => {
  it('passes messages by reference, or copies them with a codec', async () => {
    const shared = pairOn(new MemoryNetwork());
    const copied = pairOn(new MemoryNetwork({ codec: messagePackCodec() }));
    const message = { bytes: Uint8Array.of(1) };
    for (const { a, atB } of [shared, copied]) {
      a.channel('c').send('b', message);
      await atB.count(1);
    }
    expect(shared.atB.messages[0]!.message).toBe(message);
    expect(copied.atB.messages[0]!.message).not.toBe(message);
    expect(copied.atB.messages[0]!.message).toEqual(message);
  });

  it('takes its latency from the clock', async () => {
    const clock = new VirtualClock();
    const { a, atB } = pairOn(new MemoryNetwork({ latencyMs: 10, clock }));
    await clock.run(0);
    a.channel('c').send('b', 1);
    await clock.run(4);
    a.channel('c').send('b', 2);
    await clock.run(5.9);
    expect(atB.messages).toHaveLength(0);
    await clock.run(0.1);
    expect(atB.messages).toHaveLength(1);
    await clock.run(4);
    expect(atB.messages).toHaveLength(2);
  });

  it('loses what is under way when two nodes are cut off, and tells both', async () => {
    const clock = new VirtualClock();
    const network = new MemoryNetwork({ latencyMs: 10, clock });
    const { a, atA, atB } = pairOn(network);
    await clock.run(0);
    a.channel('c').send('b', 'lost');
    network.disconnect('b', 'a');
    expect(a.channel('c').send('b', 'refused')).toBe(false);
    await clock.run(20);
    network.connect('a', 'b');
    expect(a.channel('c').send('b', 'arrives')).toBe(true);
    await clock.run(20);
    expect(atB.messages.map(({ message }) => message)).toEqual(['arrives']);
    expect(atA.notices).toEqual(['b up', 'b down', 'b up']);
    expect(atB.notices).toEqual(['a up', 'a down', 'a up']);
  });

  it('loses the rest of what arrives together when a listener cuts the link', async () => {
    const network = new MemoryNetwork();
    const [a, b] = [network.transport('a'), network.transport('b')];
    const atB = watch(b.channel('c'), (_, message) => {
      if (message === 2) network.disconnect('a', 'b');
    });
    for (const message of [1, 2, 3, 4]) a.channel('c').send('b', message);
    await atB.noticed('a down');
    network.connect('a', 'b');
    a.channel('c').send('b', 5);
    await atB.until('the message 5', () => atB.contents.at(-1) === 5);
    expect(atB.messages.map(({ message }) => message)).toEqual([1, 2, 5]);
  });

  it('drops and counts what exceeds the limit of the queue', async () => {
    const { a, atB } = pairOn(new MemoryNetwork({ maxQueuedMessages: 3, codec: messagePackCodec() }));
    await new Promise((resolve) => setImmediate(resolve));
    expect([1, 2, 3, 4, 5].map((i) => a.channel('c').send('b', i))).toEqual([true, true, true, false, false]);
    expect(a.status().peers).toMatchObject([{ id: 'b', sent: 3, dropped: 2, queuedBytes: 3 }]);
    await atB.count(3);
    expect(a.channel('c').send('b', 6)).toBe(true);
    expect(a.status().peers).toMatchObject([{ queuedBytes: 1 }]);
  });

  it('notices a node that is closed and opened anew in one go', async () => {
    const network = new MemoryNetwork();
    const { b, atA } = pairOn(network);
    await atA.until('one notice', () => atA.notices.length === 1);
    void b.close();
    network.transport('b');
    await atA.until('b up,b down,b up', () => atA.notices.join() === 'b up,b down,b up');
  });

  it('stays cut when a node comes back', async () => {
    const network = new MemoryNetwork();
    network.disconnect('a', 'b');
    const { a, atA } = pairOn(network);
    await new Promise((resolve) => setImmediate(resolve));
    expect(atA.notices).toEqual([]);
    expect(a.channel('c').send('b', 1)).toBe(false);
  });

  it('refuses wrong options and a second transport of one node', () => {
    expect(() => new MemoryNetwork({ latencyMs: 5 })).toThrow('clock is undefined');
    expect(() => new MemoryNetwork({ latencyMs: -1 })).toThrow('latencyMs is -1');
    const network = new MemoryNetwork();
    network.transport('a');
    expect(() => network.transport('a')).toThrow(expect.objectContaining({ code: 'address-in-use' }));
    expect(() => network.transport('')).toThrow('id is ""');
  });
});
