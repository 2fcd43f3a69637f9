import { afterEach, describe, expect, it } from 'vitest';
import type { QuorateError } from '../../src/core/index.js';
import { Relay } from './relay.js';
import { controlsIn, helloFrame, StreamBench, tcp, until, untilRefused } from './stream-bench.js';
import { watch } from './transport-suite.js';

const secret = 'a secret of twenty-seven bytes';

describe('nodes with a secret', () => {
  const bench = new StreamBench(tcp);
  const relays: Relay[] = [];

  async function relayTo(address: string): Promise<Relay> {
    const relay = await Relay.open(address);
    relays.push(relay);
    return relay;
  }

  afterEach(async () => {
    await bench.reset();
    await Promise.all(relays.splice(0).map((relay) => relay.close()));
  });

  it('talk, without ever sending it', async () => {
    const a = await bench.node('a', { secret });
    const relay = await relayTo(a.address!);
    const b = await bench.node('b', { secret, listen: null, addresses: { a: relay.address } });
    const atA = watch(a.channel('c'), (from) => a.channel('c').send(from, 'answer'));
    const atB = watch(b.channel('c'));
    await b.connected('a');
    b.channel('c').send('a', 'question');
    await Promise.all([atA.count(1), atB.count(1)]);
    const sent = Buffer.concat([...relay.passed.up, ...relay.passed.down]);
    expect(sent.includes('question')).toBe(true);
    expect(sent.includes(secret)).toBe(false);
  });

  it('that dial each other at once end up with one connection, and keep it', async () => {
    for (let round = 0; round < 30; round++) {
      const [a, b] = await Promise.all([bench.node('a', { secret }), bench.node('b', { secret })]);
      const [atA, atB] = [watch(a.channel('c')), watch(b.channel('c'))];
      a.setAddress('b', b.address);
      b.setAddress('a', a.address);
      await Promise.all([a.connected('b'), b.connected('a')]);
      expect([a.channel('c').send('b', round), b.channel('c').send('a', round)]).toEqual([true, true]);
      await Promise.all([atA.count(1), atB.count(1)]);
      expect([atA.notices, atB.notices]).toEqual([['b up'], ['a up']]);
      await bench.reset();
    }
  });

  it('refuse one with another secret, on both sides, and tell it once while they count each time', async () => {
    const [atA, atB]: [QuorateError[], QuorateError[]] = [[], []];
    const a = await bench.node('a', { secret, onRefused: (error) => atA.push(error) });
    const other = `${secret}!`;
    const b = await bench.client('b', [a], { secret: other, onRefused: (error) => atB.push(error) });
    await untilRefused(a, 'refused-by-peer', 3); // the dialer checks first, and says why it hangs up
    expect(b.status().refused.unauthenticated).toBeGreaterThanOrEqual(3);
    expect(atB).toMatchObject([{ code: 'connection-refused', reason: 'unauthenticated' }]);
    expect(atA).toMatchObject([{ reason: 'refused-by-peer', message: expect.stringContaining('unauthenticated') }]);
    for (const { message } of [...atA, ...atB]) expect(message).not.toContain(secret);
    expect([a.status().peers, b.status().peers]).toMatchObject([[], [{ connected: false }]]);
  });

  it('tell again of one that was refused, connected and refused again', async () => {
    const errors: QuorateError[] = [];
    const a = await bench.node('a', { secret, onRefused: (error) => errors.push(error) });
    for (const round of [1, 2]) {
      const wrong = await bench.client('b', [a], { secret: `${secret}!` });
      await untilRefused(a, 'refused-by-peer', 2 * round);
      await wrong.close();
      const right = await bench.client('b', [a], { secret });
      await right.connected('a');
      await right.close();
    }
    expect(errors).toHaveLength(2);
  });

  it.each([
    ['a node without one', { secret }, {}],
    ['a node that has one, when they have none', {}, { secret }],
  ])('and %s refuse each other', async (_name, ofA, ofB) => {
    const a = await bench.node('a', ofA);
    const b = await bench.client('b', [a], ofB);
    await untilRefused(a, 'unauthenticated', 2);
    await untilRefused(b, 'refused-by-peer', 2);
  });

  it('refuse one who says again what another one has said', async () => {
    const errors: QuorateError[] = [];
    const a = await bench.node('a', { secret, onRefused: (error) => errors.push(error) });
    const relay = await relayTo(a.address!);
    const b = await bench.node('b', { secret, listen: null, addresses: { a: relay.address } });
    await b.connected('a');
    await b.close();
    const replayed = await bench.dial(a);
    const [hello, ...later] = relay.passed.up;
    replayed.write(hello!);
    await until(
      () => 'the proof of a',
      () => controlsIn(replayed.received).length === 2,
    );
    replayed.write(Buffer.concat(later));
    await replayed.closed;
    expect(a.status().refused).toEqual({ unauthenticated: 1 });
    expect(controlsIn(replayed.received)[2]).toEqual({ type: 'refused', reason: 'unauthenticated' });
    expect(errors).toHaveLength(1);
    expect(a.status().peers).toEqual([]);
  });

  it('keep the connection of a peer while a stranger claims its id', async () => {
    const a = await bench.node('a', { secret });
    const b = await bench.client('b', [a], { secret });
    const atA = watch(a.channel('c'));
    await b.connected('a');
    await atA.noticed('b up');
    const stranger = await bench.dial(a);
    stranger.write(helloFrame({ id: 'b', nonce: new Uint8Array(32) }));
    await until(
      () => 'the proof of a',
      () => controlsIn(stranger.received).length === 2,
    );
    stranger.end(new Uint8Array(0));
    await stranger.closed;
    b.channel('c').send('a', 'still here');
    await atA.count(1);
    expect(atA.notices).toEqual(['b up']);
  });

  it('remember a stranger by its machine, whatever ids it claims', async () => {
    const errors: QuorateError[] = [];
    const a = await bench.node('a', { secret, onRefused: (error) => errors.push(error) });
    for (let i = 1; i <= 5; i++) {
      const stranger = await bench.dial(a);
      stranger.write(helloFrame({ id: `stranger${i}` }));
      await stranger.closed;
    }
    expect(a.status().refused).toEqual({ unauthenticated: 5 });
    expect(errors).toHaveLength(1);
  });

  it('wait for the proof no longer than for the hello', async () => {
    const a = await bench.node('a', { secret, handshakeTimeoutMs: 30 });
    const silent = await bench.dial(a);
    silent.write(helloFrame({ nonce: new Uint8Array(32) }));
    await silent.closed;
    expect(a.status().refused).toEqual({ 'handshake-timeout': 1 });
  });

  it('refuse messages before the proof', async () => {
    const a = await bench.node('a', { secret });
    const hasty = await bench.dial(a);
    hasty.write(Buffer.concat([helloFrame({ nonce: new Uint8Array(32) }), Uint8Array.of(0, 0, 0, 2, 1, 0xc0)]));
    await hasty.closed;
    expect(a.status().refused).toEqual({ malformed: 1 });
  });
});
