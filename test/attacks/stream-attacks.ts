import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { messagePackCodec } from '../../src/codec/index.js';
import { systemClock, type Transport } from '../../src/core/index.js';
import { openRequests } from '../../src/host/index.js';
import type { StreamTransport } from '../../src/transport/tcp.js';
import {
  type Bare,
  bareSocket,
  controlsIn,
  frame,
  framesIn,
  helloFrame,
  StreamBench,
  type StreamKind,
  type StreamOptions,
  until,
  untilRefused,
} from '../transport/stream-bench.js';
import { watch } from '../transport/transport-suite.js';

const codec = messagePackCodec();
const SECRET = 'a secret of more than sixteen bytes';

/** A message on channel 1, which was named before. */
const message = (value: unknown): Uint8Array => frame(1, codec.encode(value));
const channelName = (name: string): Uint8Array => frame(0, Uint8Array.of(1, ...Buffer.from(name)));

/** A connection on which not even TLS is spoken. */
function dialPlainly(a: Transport): Promise<Bare> {
  const port = Number(/:(\d+)/.exec(a.status().address ?? ':1')![1]);
  return bareSocket(connect(port, '127.0.0.1'), 'connect');
}

/** A node `a` that echoes on channel `c`, and an honest peer of it. */
interface Scene {
  readonly a: StreamTransport;
  readonly honest: StreamTransport;
  /** Fails when the honest peer is not answered. */
  honestIsAnswered(): Promise<void>;
}

/**
 * What peers of all kinds may do to a node over a connection, besides the bad bytes of `stream-suite.ts`: the node goes
 * on, within its limits, and another peer is served.
 */
export function attackSuite(name: string, kind: StreamKind): void {
  const bench = new StreamBench(kind);

  async function scene(options: Partial<StreamOptions> = {}): Promise<Scene> {
    const a = await bench.node('a', options);
    const channel = a.channel('c');
    channel.listen({ message: (from, value) => void channel.send(from, value) });
    const { secret } = options;
    const honest = await bench.client('honest', [a], secret === undefined ? {} : { secret });
    const atHonest = watch(honest.channel('c'));
    await honest.connected('a');
    let asked = 0;
    return {
      a,
      honest,
      async honestIsAnswered() {
        asked++;
        expect(honest.channel('c').send('a', asked)).toBe(true);
        await atHonest.until(`answer ${asked}`, () => atHonest.messages.at(-1)?.message === asked);
      },
    };
  }

  async function openAs(a: Transport, id: string, fields: Record<string, unknown> = {}): Promise<Bare> {
    const bare = await bench.dial(a, id);
    bare.write(helloFrame({ id, ...fields }));
    await until(
      () => `${id} is connected`,
      () => a.status().peers.some((peer) => peer.id === id && peer.connected),
    );
    return bare;
  }

  describe(`${name}: a node goes on and serves others`, () => {
    afterEach(bench.reset);

    it('while half a hello is held open, which ends after handshakeTimeoutMs', async () => {
      const { a, honestIsAnswered } = await scene({ handshakeTimeoutMs: 200 });
      const bare = await bench.dial(a);
      bare.write(helloFrame().subarray(0, 20));
      await honestIsAnswered();
      await bare.closed;
      expect(a.status().refused).toEqual({ 'handshake-timeout': 1 });
    });

    it('while strangers send their hello byte by byte: bytes do not put handshakeTimeoutMs off', async () => {
      const { a, honestIsAnswered } = await scene({ handshakeTimeoutMs: 200 });
      const bare = await bench.dial(a);
      let over = false;
      void bare.closed.then(() => (over = true));
      for (let sent = 0; !over; sent++) {
        if (sent < 100) bare.write(Uint8Array.of(sent === 3 ? 200 : 0)); // the first four are a length
        await honestIsAnswered();
      }
      expect(a.status().refused).toEqual({ 'handshake-timeout': 1 });
    });

    it('while half a frame is held open after the hello, until its sender goes', async () => {
      const { a, honestIsAnswered } = await scene();
      const bare = await openAs(a, 'x');
      bare.write(Buffer.concat([channelName('c'), Uint8Array.of(0, 0x40, 0, 0), new Uint8Array(50_000)]));
      await honestIsAnswered();
      expect(
        a
          .status()
          .peers.map(({ id }) => id)
          .sort(),
      ).toEqual(['honest', 'x']);
      bare.reset();
      await until(
        () => 'x is gone',
        () => a.status().peers.length === 1,
      );
      expect(a.status().refused).toEqual({});
    });

    it('while somebody gives thousands of names to channels: what is counted has one name', async () => {
      const { a, honestIsAnswered } = await scene();
      const bare = await openAs(a, 'x');
      const count = 3000;
      for (let i = 0; i < count; i++) bare.write(Buffer.concat([channelName(`unknown-${i}`), message(i)]));
      await untilRefused(a, 'unknown-channel', count);
      await honestIsAnswered();
      expect(a.status().refused).toEqual({ 'unknown-channel': count });
    });

    it('while somebody floods it and reads no answers: what waits for them is bounded', async () => {
      const maxQueuedBytes = 300_000;
      const { a, honestIsAnswered } = await scene({ maxFrameBytes: 10_000, maxQueuedBytes });
      const bare = await openAs(a, 'x', { maxFrameBytes: 10_000 });
      bare.pause();
      bare.write(channelName('c'));
      const dropped = (): number => a.status().peers.find(({ id }) => id === 'x')!.dropped;
      for (let i = 0; dropped() < 100; i++) {
        expect(i).toBeLessThan(20_000);
        bare.write(message(new Uint8Array(9000)));
        if (i % 20 === 0) await honestIsAnswered();
        expect(a.status().peers.find(({ id }) => id === 'x')!.queuedBytes).toBeLessThanOrEqual(maxQueuedBytes);
      }
      await honestIsAnswered();
    });

    it('while somebody floods it with small messages: in each turn others get through', async () => {
      const { a, honestIsAnswered } = await scene();
      const bare = await openAs(a, 'x');
      const flood = Buffer.concat([channelName('c'), ...Array.from({ length: 5000 }, () => message('flood'))]);
      const received = (): number => a.status().peers.find(({ id }) => id === 'x')!.received;
      for (let round = 0; round < 20; round++) {
        bare.write(flood);
        await honestIsAnswered();
      }
      await until(
        () => 'all of the flood was received',
        () => received() === 100_000,
      );
    });

    it('while a peer asks more than is served for one: the rest is told overloaded, and others are served', async () => {
      const { a, honest } = await scene();
      const maxServing = 10;
      const served = maxServing / 2;
      const handler = (body: unknown): unknown => (body === 'honest' ? 'answer' : new Promise(() => {}));
      const requests = openRequests(a.channel('requests'), { clock: systemClock, handler, maxServing });
      const bare = await openAs(a, 'x', { maxFrameBytes: 1 << 20 });
      const asked = Array.from({ length: 1000 }, (_, id) => message({ type: 'request', run: 1, id, body: null }));
      bare.write(Buffer.concat([channelName('requests'), ...asked]));
      const refused = (): number => framesIn(bare.received).filter((bytes) => bytes[0] !== 0).length;
      await until(
        () => `${refused()} are refused`,
        () => refused() === 1000 - served,
      );
      const answers = framesIn(bare.received).filter((bytes) => bytes[0] !== 0);
      for (const answer of answers) expect(codec.decode(answer.subarray(1))).toMatchObject({ code: 'overloaded' });
      expect(requests.status()).toMatchObject({ serving: served, overloaded: 1000 - served });
      const asking = openRequests(honest.channel('requests'), { clock: systemClock });
      expect(await asking.request('a', 'honest')).toBe('answer');
      await Promise.all([asking.close(), requests.close()]);
    });

    it('while somebody asks in no form that is known: all of it is counted', async () => {
      const { a, honestIsAnswered } = await scene();
      const requests = openRequests(a.channel('requests'), { clock: systemClock, handler: () => 'answer' });
      const bare = await openAs(a, 'x', { maxFrameBytes: 1 << 20 });
      const run = 1;
      const bad = [
        7,
        null,
        [],
        {},
        { type: 'order', run, id: 1 },
        { type: 'request', run: -1, id: 1 },
        { type: 'request' },
      ];
      const good = { type: 'request', run, id: 9, body: null, unknown: { field: 1 } };
      bare.write(Buffer.concat([channelName('requests'), ...[...bad, good].map(message)]));
      await until(
        () => 'the good one is answered',
        () => framesIn(bare.received).some((bytes) => bytes[0] !== 0),
      );
      expect(requests.status()).toMatchObject({ malformed: bad.length, served: 1 });
      await honestIsAnswered();
      await requests.close();
    });
  });

  describe(`${name}: strangers cannot keep peers out`, () => {
    afterEach(bench.reset);

    it('by taking all connections and saying nothing: the oldest of them gives way', async () => {
      const a = await bench.node('a', { maxConnections: 8, handshakeTimeoutMs: 60_000 });
      const silent: Bare[] = [];
      for (let i = 0; i < 8; i++) silent.push(await bench.dial(a));
      const honest = await bench.client('honest', [a]);
      await honest.connected('a');
      await silent[0]!.closed;
      expect(a.status().refused).toEqual({ 'too-many-connections': 1 });
    });

    it('by coming back whenever they had to give way', async () => {
      const a = await bench.node('a', { maxConnections: 32, handshakeTimeoutMs: 60_000 });
      let attacking = true;
      const comeBack = async (): Promise<void> => {
        while (attacking) await (await dialPlainly(a)).closed;
      };
      const attackers = Array.from({ length: 34 }, comeBack);
      await untilRefused(a, 'too-many-connections', 40);
      const honest = await bench.client('honest', [a]);
      await honest.connected('a');
      const refused = a.status().refused['too-many-connections']!;
      await untilRefused(a, 'too-many-connections', refused + 40); // and it stays
      expect(a.status().peers).toMatchObject([{ id: 'honest', connected: true }]);
      attacking = false;
      await a.close();
      await Promise.all(attackers);
    });

    it('by being refused and not hanging up', async () => {
      const a = await bench.node('a', { maxConnections: 4, closeGraceMs: 60_000 });
      for (let i = 0; i < 4; i++) {
        const bare = await bench.dial(a);
        bare.pause();
        bare.write(helloFrame({ cluster: 'other' }));
      }
      await untilRefused(a, 'cluster', 4);
      const honest = await bench.client('honest', [a]);
      await honest.connected('a');
    });

    it('and connections that are open never give way', async () => {
      const a = await bench.node('a', { maxConnections: 2 });
      const [x, y] = [await openAs(a, 'x'), await openAs(a, 'y')];
      for (let i = 0; i < 5; i++) await (await bench.dial(a)).closed;
      expect(a.status().refused).toEqual({ 'too-many-connections': 5 });
      expect(a.status().peers.map(({ id }) => id)).toEqual(['x', 'y']);
      for (const bare of [x, y]) bare.reset();
    });

    it('by claiming their id without the secret', async () => {
      const { a, honestIsAnswered } = await scene({ secret: SECRET });
      const nonce = new Uint8Array(32);
      for (let i = 0; i < 20; i++) {
        const bare = await bench.dial(a, 'honest');
        bare.write(helloFrame({ id: 'honest', nonce, incarnation: String(i) }));
        await until(
          () => 'it is challenged',
          () => controlsIn(bare.received).length >= 2,
        );
        bare.write(frame(0, codec.encode({ type: 'proof', proof: new Uint8Array(32) })));
        await bare.closed;
        await honestIsAnswered();
      }
      expect(a.status().refused).toEqual({ unauthenticated: 20 });
    });
  });
}
