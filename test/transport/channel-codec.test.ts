import { expect, it, onTestFinished } from 'vitest';
import { messagePackCodec } from '../../src/codec/index.js';
import type { Codec, Transport } from '../../src/core/index.js';
import { systemClock } from '../../src/core/index.js';
import { RecordingTransport } from '../../src/testing/index.js';
import { MemoryNetwork } from '../../src/transport/memory.js';
import { openTcpTransport } from '../../src/transport/tcp.js';

const general = messagePackCodec();

/** A codec that leaves its mark on what it encodes. */
function marking(mark: string): Codec {
  return {
    encode: (value) => general.encode({ mark, value }),
    decode: (bytes) => {
      const { mark: found, value } = general.decode(bytes) as { mark: string; value: unknown };
      return `${found}: ${String(value)}`;
    },
  };
}

async function overTcp(codecs: Record<string, Codec> = {}): Promise<Transport[]> {
  const common = { cluster: 'test', codecs };
  const a = await openTcpTransport({ ...common, id: 'a', listen: { host: '127.0.0.1', port: 0 } });
  const b = await openTcpTransport({ ...common, id: 'b', listen: null, addresses: { a: a.address! } });
  await b.connected('a');
  onTestFinished(async () => {
    await a.close();
    await b.close();
  });
  return [a, b];
}

function inMemory(codec?: Codec): Transport[] {
  const network = new MemoryNetwork(codec === undefined ? {} : { codec });
  return [network.transport('a'), network.transport('b')];
}

/** What arrives at `a` when `b` sends a word on a channel to which both give these codecs. */
function delivered([a, b]: readonly Transport[], ...codecs: readonly Codec[]): Promise<unknown> {
  for (const codec of codecs) for (const transport of [a!, b!]) transport.channel('c', { codec });
  return new Promise((resolve) => {
    a!.channel('c').listen({ message: (_, message) => resolve(message) });
    const channel = b!.channel('c');
    channel.listen({ message: () => {}, peer: () => channel.send('a', 'word') });
  });
}

it('over TCP is that which the protocol brings along', async () => {
  expect(await delivered(await overTcp(), marking('own'))).toBe('own: word');
});

it('is the first one that was given', async () => {
  expect(await delivered(await overTcp(), marking('first'), marking('second'))).toBe('first: word');
});

it('gives way to that which the options of the transport name', async () => {
  expect(await delivered(await overTcp({ c: marking('named') }), marking('own'))).toBe('named: word');
});

it('in memory counts where the network encodes', async () => {
  expect(await delivered(inMemory(general), marking('own'))).toBe('own: word');
  expect(await delivered(inMemory(), marking('own'))).toBe('word');
});

it('passes through a transport that records', async () => {
  const recorded = inMemory(general).map((transport) => new RecordingTransport(transport, { clock: systemClock }));
  expect(await delivered(recorded, marking('own'))).toBe('own: word');
});
