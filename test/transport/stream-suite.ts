import { afterEach, describe, expect, it } from 'vitest';
import { messagePackCodec } from '../../src/codec/index.js';
import type { QuorateError } from '../../src/core/index.js';
import type { StreamTransport } from '../../src/transport/tcp.js';
import {
  type Bare,
  frame,
  helloFrame,
  StreamBench,
  type StreamKind,
  type StreamOptions,
  until,
  untilRefused,
} from './stream-bench.js';
import { transportSuite, watch } from './transport-suite.js';

const codec = messagePackCodec();

/** The port in an address of any kind. */
function portOf(address: string): number {
  return Number(/:(\d+)/.exec(address)![1]);
}

/** What all transports over streams of bytes have in common: links, refusals, hostile bytes, limits, closing. */
export function streamSuite(name: string, kind: StreamKind): void {
  const bench = new StreamBench(kind);

  transportSuite(name, {
    async open(id) {
      const transport = await bench.node(id);
      for (const other of bench.open) {
        other.setAddress(id, transport.address);
        if (other.address !== null) transport.setAddress(other.id, other.address);
      }
      return transport;
    },
    async settle() {
      const alive = bench.open.filter((transport) => transport.status().address !== null);
      await Promise.all(alive.flatMap((a) => alive.filter((b) => a !== b).map((b) => a.connected(b.id))));
    },
    reset: bench.reset,
  });

  describe(`${name}: a client`, () => {
    afterEach(bench.reset);

    it('reaches a node, and is answered while it is connected', async () => {
      const a = await bench.node('a');
      const client = await bench.node('client', { listen: null, addresses: { a: a.address! } });
      expect(client.address).toBeNull();
      const atA = watch(a.channel('c'), (from) => a.channel('c').send(from, 'answer'));
      const atClient = watch(client.channel('c'));
      await client.connected('a');
      client.channel('c').send('a', 'question');
      await atClient.count(1);
      await client.close();
      await atA.until('client up,client down', () => atA.notices.join() === 'client up,client down');
      expect(a.channel('c').send('client', 'too late')).toBe(false);
      expect(a.status().peers).toEqual([]);
    });

    it('waits for a peer, until its signal aborts or it is closed', async () => {
      const client = await bench.node('client', { listen: null });
      const reason = new Error('enough');
      await expect(client.connected('a', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
      const controller = new AbortController();
      const waits = client.connected('a', { signal: controller.signal });
      controller.abort(reason);
      await expect(waits).rejects.toBe(reason);
      const waitsLonger = client.connected('a');
      const rejected = expect(waitsLonger).rejects.toMatchObject({ code: 'closed' });
      await client.close();
      await rejected;
      await expect(client.connected('a')).rejects.toMatchObject({ code: 'closed' });
    });

    it('is found again by itself after the node restarts on the same port', async () => {
      let a = await bench.node('a');
      const port = portOf(a.address!);
      const client = await bench.node('client', { listen: null, addresses: { a: a.address! } });
      const atClient = watch(client.channel('c'));
      for (let round = 1; round <= 3; round++) {
        await client.connected('a');
        await a.close();
        await atClient.until(`${2 * round} notices`, () => atClient.notices.length === 2 * round);
        a = await bench.node('a', { listen: { host: '127.0.0.1', port } });
      }
      await client.connected('a');
      await atClient.until('7 notices', () => atClient.notices.length === 7);
      expect(atClient.notices).toEqual(Array.from({ length: 7 }, (_, i) => (i % 2 === 0 ? 'a up' : 'a down')));
    });

    it('follows a new address, and stops dialing an address that was taken back', async () => {
      const a = await bench.node('a');
      const wrong = await bench.node('wrong');
      const client = await bench.node('client', { listen: null, addresses: { a: wrong.address! } });
      // With certificates the client sees it first, and says nothing.
      const refused = (): number => Object.values({ ...wrong.status().refused, ...client.status().refused }).length;
      await until(
        () => 'a refusal',
        () => refused() > 0,
      );
      client.setAddress('a', a.address);
      await client.connected('a');
      client.setAddress('a', null);
      expect(client.channel('c').send('a', 'still connected')).toBe(true);
      const atClient = watch(client.channel('c'));
      await atClient.until('a up', () => atClient.notices.join() === 'a up');
      await a.close();
      await atClient.until('a up,a down', () => atClient.notices.join() === 'a up,a down');
      expect(client.status().peers).toEqual([]);
    });
  });

  describe(`${name}: two nodes that dial each other`, () => {
    afterEach(bench.reset);

    it('end up with one connection, whoever was first, and keep it', async () => {
      for (let round = 0; round < 20; round++) {
        const [a, b] = await Promise.all([bench.node('a'), bench.node('b')]);
        const atA = watch(a.channel('c'));
        const atB = watch(b.channel('c'));
        a.setAddress('b', b.address);
        b.setAddress('a', a.address);
        await Promise.all([a.connected('b'), b.connected('a')]);
        expect(a.channel('c').send('b', round)).toBe(true);
        expect(b.channel('c').send('a', round)).toBe(true);
        await Promise.all([atA, atB].map((one) => one.count(1)));
        expect([atA.notices, atB.notices]).toEqual([['b up'], ['a up']]); // neither saw a connection come and go
        await bench.reset();
      }
    });

    it('replace a connection that the other side has forgotten', async () => {
      const a = await bench.node('a');
      const first = await bench.dial(a);
      first.write(helloFrame({ incarnation: 'first run' }));
      await a.connected('x');
      const second = await bench.dial(a); // of the same dialer
      second.write(helloFrame({ incarnation: 'first run' }));
      await first.closed;
      const third = await bench.dial(a); // started anew
      third.write(helloFrame({ incarnation: 'second run' }));
      await second.closed;
      expect(a.status().peers).toMatchObject([{ id: 'x', connected: true }]);
    });
  });

  describe(`${name}: a connection is refused, counted and closed`, () => {
    afterEach(bench.reset);

    const cases: readonly [string, Record<string, unknown>, string][] = [
      ['another cluster', { cluster: 'other' }, 'cluster'],
      ['another version', { version: 2 }, 'version'],
      ['the id of this node', { id: 'a' }, 'own-id'],
      ['a wrong expectation', { to: 'b' }, 'unexpected-id'],
      ['an invalid id', { id: 'with space' }, 'malformed'],
      ['a missing field', { incarnation: undefined }, 'malformed'],
    ];
    it.each(cases)('for %s', async (_name, fields, reason) => {
      const errors: QuorateError[] = [];
      const a = await bench.node('a', { onRefused: (error) => errors.push(error) });
      const bare = await bench.dial(a);
      bare.write(helloFrame(fields));
      await bare.closed;
      expect(a.status().refused).toEqual({ [reason]: 1 });
      expect(errors).toMatchObject([{ code: 'connection-refused', reason }]);
      expect(a.status().peers).toEqual([]);
    });

    it('and the side that dialed learns why, and waits longer and longer', async () => {
      const errors: QuorateError[] = [];
      const a = await bench.node('a');
      const b = await bench.node('b', {
        cluster: 'other',
        listen: null,
        addresses: { a: a.address! },
        onRefused: (error) => errors.push(error),
      });
      await untilRefused(b, 'refused-by-peer', 2);
      expect(errors[0]!.message).toContain('the reason it gave is: cluster');
      expect(b.status().peers).toMatchObject([{ id: 'a', connected: false }]);
    });

    it('when the hello does not come', async () => {
      const a = await bench.node('a', { handshakeTimeoutMs: 20 });
      const { closed } = await bench.dial(a);
      await closed;
      expect(a.status().refused).toEqual({ 'handshake-timeout': 1 });
    });

    it('beyond the limit of connections, until one is free again', async () => {
      const a = await bench.node('a', { maxConnections: 2 });
      const first = await bench.dial(a);
      first.write(helloFrame({ id: 'x' }));
      (await bench.dial(a, 'y')).write(helloFrame({ id: 'y' }));
      await Promise.all([a.connected('x'), a.connected('y')]);
      const third = await bench.dial(a);
      await third.closed;
      expect(a.status().refused).toEqual({ 'too-many-connections': 1 });
      const atA = watch(a.channel('c'));
      first.reset();
      await atA.noticed('x down');
      const client = await bench.node('z', { listen: null, addresses: { a: a.address! } });
      await client.connected('a');
    });
  });

  describe(`${name}: bad bytes close that connection only`, () => {
    afterEach(bench.reset);

    /** A node with a healthy client, and a bare socket that said hello. */
    async function scene(): Promise<{ a: StreamTransport; bad: Bare; check(): Promise<void> }> {
      const a = await bench.node('a', { maxFrameBytes: 1024 });
      const client = await bench.node('client', { listen: null, addresses: { a: a.address! } });
      const atA = watch(a.channel('c'));
      await client.connected('a');
      const bad = await bench.dial(a);
      bad.write(helloFrame());
      await a.connected('x');
      const check = async (): Promise<void> => {
        await Promise.all([bad.closed, atA.noticed('x down')]);
        client.channel('c').send('a', 'healthy');
        await atA.until('a message of client', () => atA.messages.some(({ from }) => from === 'client'));
        expect(a.status().peers).toMatchObject([{ id: 'client', connected: true }]);
      };
      return { a, bad, check };
    }

    const name = frame(0, Uint8Array.of(1, ...Buffer.from('c')));
    const cases: readonly [string, Uint8Array, string][] = [
      ['a huge length', Uint8Array.of(0xff, 0xff, 0xff, 0xff, 1), 'bad-frame-length'],
      ['a length just above the limit', Uint8Array.of(0, 0, 4, 1), 'bad-frame-length'],
      ['an empty frame', Uint8Array.of(0, 0, 0, 0), 'bad-frame-length'],
      ['a channel without a name', frame(1, codec.encode('x')), 'malformed'],
      ['a channel with a bad name', frame(0, Uint8Array.of(1, 0x20)), 'malformed'],
      ['a name for channel 0', frame(0, Uint8Array.of(0, 0x61)), 'malformed'],
      ['an empty control frame', frame(0, Uint8Array.of()), 'malformed'],
      ['a message that is no MessagePack', Buffer.concat([name, frame(1, Uint8Array.of(0xc1))]), 'malformed'],
      ['a bomb', Buffer.concat([name, frame(1, Buffer.from('dd00ffffff'.repeat(10), 'hex'))]), 'malformed'],
      ['an empty message', Buffer.concat([name, frame(1, Uint8Array.of())]), 'malformed'],
    ];
    it.each(cases)('%s', async (_name, bytes, reason) => {
      const { a, bad, check } = await scene();
      bad.write(bytes);
      await check();
      expect(a.status().refused).toEqual({ [reason]: 1 });
    });

    it('a frame that never ends, and a connection that is reset', async () => {
      const { bad, check } = await scene();
      bad.write(frame(1, new Uint8Array(500)).subarray(0, 300));
      bad.reset();
      await check();
    });

    it('random bytes, before and after the hello', async () => {
      const a = await bench.node('a', { handshakeTimeoutMs: 200 });
      for (let seed = 1; seed <= 40; seed++) {
        let state = seed;
        const bytes = Uint8Array.from({ length: 1 + (seed % 7) * 50 }, () => {
          state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
          return state >>> 24;
        });
        const bare = await bench.dial(a);
        if (seed % 2 === 0) bare.write(helloFrame());
        bare.end(bytes);
        await bare.closed.catch((error: unknown) => expect.fail(`seed ${seed}: ${String(error)}`));
      }
      const client = await bench.node('client', { listen: null, addresses: { a: a.address! } });
      await client.connected('a');
    });
  });

  describe(`${name}: frames and queues`, () => {
    afterEach(bench.reset);

    async function linked(options: Partial<StreamOptions> = {}): Promise<[StreamTransport, StreamTransport]> {
      const a = await bench.node('a', options);
      const b = await bench.node('b', { ...options, listen: null, addresses: { a: a.address! } });
      await b.connected('a');
      return [a, b];
    }

    it('carries messages up to the limit, and drops larger ones', async () => {
      const [a, b] = await linked({ maxFrameBytes: 1000 });
      const atA = watch(a.channel('c'));
      const { maxBytes } = b.channel('c').supports;
      expect(maxBytes).toBe(999);
      expect(b.channel('c').send('a', new Uint8Array(maxBytes - 3))).toBe(true); // three bytes of header
      expect(b.channel('c').send('a', new Uint8Array(maxBytes - 2))).toBe(false);
      await atA.count(1);
      expect(b.status().peers).toMatchObject([{ sent: 1, dropped: 1 }]);
    });

    it('respects the limit of the other side', async () => {
      const a = await bench.node('a', { maxFrameBytes: 100 });
      const b = await bench.node('b', { listen: null, addresses: { a: a.address! } });
      await b.connected('a');
      expect(b.channel('c').send('a', new Uint8Array(200))).toBe(false);
      expect(b.channel('c').send('a', new Uint8Array(50))).toBe(true);
    });

    it('carries large messages in pieces, without disturbing small ones', async () => {
      const [a, b] = await linked();
      const atA = watch(a.channel('c'));
      const sizes = [0, 1, 4090, 65_536, 3_000_000, 17, 7_999_999, 5];
      for (const size of sizes) expect(b.channel('c').send('a', new Uint8Array(size).fill(size))).toBe(true);
      await atA.count(sizes.length);
      for (const [i, { message }] of atA.messages.entries()) {
        expect(message).toBeInstanceOf(Uint8Array);
        expect(Buffer.compare(message as Uint8Array, new Uint8Array(sizes[i]!).fill(sizes[i]!))).toBe(0);
      }
    });

    it('delivered bytes stay as they are', async () => {
      const [a, b] = await linked();
      const atA = watch(a.channel('c'));
      for (let i = 0; i < 2000; i++) {
        b.channel('c').send('a', new Uint8Array(100).fill(i % 251));
        if (i % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      await atA.count(2000);
      expect(atA.messages.every(({ message }, i) => (message as Uint8Array).every((byte) => byte === i % 251))).toBe(
        true,
      );
    });

    it('bounds what waits for a peer that does not read', async () => {
      const maxQueuedBytes = 200_000;
      const a = await bench.node('a', { maxFrameBytes: 10_000, maxQueuedBytes });
      const bare = await bench.dial(a);
      bare.write(helloFrame({ maxFrameBytes: 10_000 }));
      bare.pause();
      await a.connected('x');
      const body = new Uint8Array(9000);
      let refusedInARow = 0;
      for (let i = 0; refusedInARow < 1000; i++) {
        refusedInARow = a.channel('c').send('x', body) ? 0 : refusedInARow + 1;
        expect(a.status().peers[0]!.queuedBytes).toBeLessThanOrEqual(maxQueuedBytes);
        if (i % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
        expect(i).toBeLessThan(100_000);
      }
      const { sent, dropped } = a.status().peers[0]!;
      expect(dropped).toBeGreaterThanOrEqual(1000);
      const began = performance.now();
      await a.close(); // what waits cannot be sent: closing is bounded all the same
      expect(performance.now() - began).toBeLessThan(2000);
      expect(sent * 9000).toBeLessThan(50 << 20);
    });

    it('sends what is queued before it closes, also behind a write that is under way', async () => {
      const [a, b] = await linked({ closeGraceMs: 5000 });
      const atA = watch(a.channel('c'));
      for (let i = 0; i < 4; i++) {
        expect(b.channel('c').send('a', new Uint8Array(3 << 20).fill(i))).toBe(true);
        await Promise.resolve(); // the first one is being written now, the others gather
      }
      for (let i = 0; i < 1000; i++) b.channel('c').send('a', i);
      await b.close();
      await atA.count(1004);
      await atA.until('b up,b down', () => atA.notices.join() === 'b up,b down');
    });

    it('uses the codec of a channel where there is one', async () => {
      const codecs = {
        text: {
          encode: (value: unknown) => new TextEncoder().encode(String(value)),
          decode: (bytes: Uint8Array) => new TextDecoder().decode(bytes),
        },
      };
      const [a, b] = await linked({ codecs });
      const atA = watch(a.channel('text'));
      b.channel('text').send('a', 17);
      await atA.count(1);
      expect(atA.messages).toEqual([{ from: 'b', message: '17' }]);
    });

    it('throws for what a codec cannot encode, and has at most 255 channels', async () => {
      const [, b] = await linked();
      expect(() => b.channel('c').send('a', new Map())).toThrow('the value is a Map');
      for (let i = 0; i < 254; i++) b.channel(`c${i}`);
      expect(() => b.channel('one more')).toThrow('1 to 64 printable');
      expect(() => b.channel('one-more')).toThrow('at most 255 channels');
    });
  });

  describe(`${name}: closing`, () => {
    afterEach(bench.reset);

    it('leaves nothing behind: no socket, no server, no timer', async () => {
      // What runs at once is over at once; everything else must be gone.
      const resources = (): string[] => process.getActiveResourcesInfo().filter((kind) => kind !== 'Immediate');
      const before = resources();
      const added = (): string[] => {
        const known = [...before];
        return resources().filter((kind) => !known.includes(kind) || !known.splice(known.indexOf(kind), 1));
      };
      const a = await bench.node('a', { reconnectMaxMs: 60_000 });
      const b = await bench.node('b', {
        addresses: { a: a.address!, dead: kind.address('127.0.0.1:1'), deaf: kind.address('192.0.2.1:1') },
      });
      await b.connected('a');
      const bare = await bench.dial(a); // says nothing
      await Promise.all([a.close(), b.close(), bare.closed]);
      await until(
        () => added().join(),
        () => added().length === 0,
      );
    });

    it('while it dials and while it is dialed', async () => {
      for (let round = 0; round < 20; round++) {
        const [a, b] = await Promise.all([bench.node('a'), bench.node('b')]);
        a.setAddress('b', b.address);
        b.setAddress('a', a.address);
        for (let turn = 0; turn < round; turn++) await new Promise((resolve) => setImmediate(resolve));
        await Promise.all([a.close(), b.close()]);
        expect(
          a
            .status()
            .peers.concat(b.status().peers)
            .filter(({ connected }) => connected),
        ).toEqual([]);
        bench.open.length = 0;
      }
    });
  });
}
