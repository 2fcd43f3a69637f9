import { describe, expect, it, onTestFinished } from 'vitest';
import { messagePackCodec } from '../../../src/codec/index.js';
import type { NodeId, Transport } from '../../../src/core/index.js';
import { FixedTimeout } from '../../../src/detector/index.js';
import { Heartbeats, type HeartbeatsEvents, type HeartbeatsOptions } from '../../../src/detector/heartbeats.js';
import { VirtualClock } from '../../../src/testing/index.js';
import { MemoryNetwork } from '../../../src/transport/memory.js';
import { CountingClock } from '../../host/counting-clock.js';
import { gpidOf, runOf } from './any-message.js';

type Heard = readonly [name: string, value: unknown];

interface Member {
  readonly heartbeats: Heartbeats;
  readonly transport: Transport;
  /** Every event, oldest first; emptied by `said`. */
  readonly heard: Heard[];
  /** What the logger was told. */
  readonly lines: string[];
}

/** Processes on one network and one virtual clock. */
class Processes {
  readonly clock = new VirtualClock(1000);
  readonly timers = new CountingClock(this.clock);
  readonly network = new MemoryNetwork({ latencyMs: 1, clock: this.clock, codec: messagePackCodec() });

  start(id: NodeId, run = 1, options: Partial<HeartbeatsOptions> = {}): Member {
    const transport = this.network.transport(id);
    const gpid = gpidOf(id.charCodeAt(0) - 'a'.charCodeAt(0) + 1, run);
    const lines: string[] = [];
    const logger = {
      info: (line: string) => void lines.push(line),
      warn: (line: string) => void lines.push(`! ${line}`),
    };
    const heartbeats = new Heartbeats({ gpid, transport, clock: this.timers, logger, ...options });
    const heard: Heard[] = [];
    const names: (keyof HeartbeatsEvents)[] = ['trusted', 'suspected', 'restarted', 'stopped', 'paused', 'error'];
    for (const name of names) heartbeats.on(name, (value: unknown) => heard.push([name, value]));
    onTestFinished(() => heartbeats.close());
    return { heartbeats, transport, heard, lines };
  }

  run(ms: number): Promise<void> {
    return this.clock.run(ms);
  }
}

const said = ({ heard }: Member): string[] =>
  heard.splice(0).map(([name, value]) => `${name} ${(value as { peer?: string }).peer ?? ''}`.trim());

async function pair(options: Partial<HeartbeatsOptions> = {}): Promise<{ processes: Processes; a: Member; b: Member }> {
  const processes = new Processes();
  const a = processes.start('a', 1, options);
  const b = processes.start('b', 1);
  a.heartbeats.watch('b');
  b.heartbeats.beatTo('a');
  await processes.run(1500);
  expect(said(a)).toEqual(['trusted b']);
  return { processes, a, b };
}

describe('heartbeats over a transport', () => {
  it('go both ways on one channel, and say who is there', async () => {
    const { processes, a, b } = await pair();
    a.heartbeats.beatTo('b');
    b.heartbeats.watch('a');
    b.heartbeats.report({ load: 0.5, metadata: { zone: 'x' } });
    await processes.run(60_000);
    expect(said(b)).toEqual(['trusted a']);
    expect(said(a)).toEqual([]);
    const [peer] = a.heartbeats.peers();
    expect(peer).toEqual(a.heartbeats.peer('b'));
    expect(peer).toMatchObject({ id: 'b', condition: 'trusted', run: runOf(2, 1), load: 0.5, metadata: { zone: 'x' } });
    expect(peer).toMatchObject({ lost: 0, heartbeats: 61, lastSequence: 61, intervalMs: 1000, threshold: 1 });
    expect(a.heartbeats.peer('x')).toBeUndefined();
    expect(a.heartbeats.status()).toMatchObject({ sent: 60, received: 61, malformed: 0, dropped: 0, pauses: 0 });
  });

  it('suspect a process that is cut off at once, and one that is silent after its time', async () => {
    const { processes, a, b } = await pair();
    processes.network.disconnect('a', 'b');
    await processes.run(1);
    expect(a.heard).toEqual([
      ['suspected', { type: 'suspected', peer: 'b', run: runOf(2, 1), reason: 'disconnected' }],
    ]);
    a.heard.length = 0;
    await processes.run(5000);
    expect(b.heartbeats.status().dropped).toBe(5);
    processes.network.connect('a', 'b');
    await processes.run(1000);
    expect(said(a)).toEqual(['trusted b']);
    b.heartbeats.stopBeatingTo('a');
    await processes.run(6000);
    expect(a.heard).toMatchObject([['suspected', { peer: 'b', reason: 'silence' }]]);
    a.heartbeats.unwatch('b');
    await processes.run(1);
    expect(a.heartbeats.peers()).toEqual([]);
  });

  it('know a process that was started anew', async () => {
    const { processes, a, b } = await pair();
    await b.heartbeats.close();
    await b.transport.close();
    const again = processes.start('b', 2);
    again.heartbeats.beatTo('a');
    await processes.run(2000);
    expect(a.heard).toMatchObject([
      ['suspected', { peer: 'b', reason: 'disconnected' }],
      ['restarted', { peer: 'b', run: runOf(2, 2), previous: runOf(2, 1) }],
    ]);
  });

  it('know a process that stops, and do not suspect it', async () => {
    const { processes, a, b } = await pair();
    const stopped = b.heartbeats.stop();
    await processes.run(1);
    await stopped;
    await b.heartbeats.close();
    await processes.run(1);
    await b.transport.close();
    await processes.run(60_000);
    expect(a.heard).toEqual([['stopped', { type: 'stopped', peer: 'b', run: runOf(2, 1) }]]);
    await b.heartbeats.stop();
  });

  it('are held back while the work does not get on', async () => {
    const processes = new Processes();
    const a = processes.start('a');
    const b = processes.start('b', 1, { progressTimeoutMs: 1600 });
    a.heartbeats.watch('b');
    b.heartbeats.beatTo('a');
    for (let i = 0; i < 100; i++) {
      b.heartbeats.progress();
      await processes.run(100);
    }
    expect(said(a)).toEqual(['trusted b']);
    expect(b.heartbeats.status().withheld).toBe(0);
    await processes.run(10_000);
    expect(said(a)).toEqual(['suspected b']);
    expect(b.heartbeats.status().withheld).toBeGreaterThan(5);
    b.heartbeats.progress();
    await processes.run(1500);
    expect(said(a)).toEqual(['trusted b']);
  });

  it('say when this process stood still', async () => {
    const { processes, a } = await pair();
    processes.clock.advance(0);
    const frozen = processes.clock.now() + 30_000;
    Object.defineProperty(processes.timers, 'now', { value: () => Math.max(frozen, processes.clock.now()) });
    await processes.run(1);
    a.heartbeats.watch('c'); // wakes it
    await processes.run(1);
    expect(said(a)).toEqual(['paused']);
    expect(a.heartbeats.status().pauses).toBe(1);
  });

  it('drop and count what is no heartbeat', async () => {
    const { processes, a, b } = await pair();
    await b.heartbeats.close();
    const channel = b.transport.channel('heartbeats');
    for (const message of [null, 'x', { type: 'beat' }, { type: 'beat', run: 'x', sequence: -1 }])
      channel.send('a', message);
    channel.send('a', { type: 'beat', run: 'no gpid', sequence: 1, sentAt: 0, intervalMs: 1000 });
    await processes.run(1);
    expect(a.heartbeats.status()).toMatchObject({ malformed: 4, badRuns: 1 });
  });

  it('can have a channel of another name, and share a transport', async () => {
    const processes = new Processes();
    const [a, b] = [processes.start('a', 1, { channelName: 'one' }), processes.start('b', 1, { channelName: 'one' })];
    const options = { clock: processes.timers, channelName: 'two' };
    const [a2, b2] = [
      new Heartbeats({ ...options, transport: a.transport, gpid: gpidOf(1, 1), watchAll: true }),
      new Heartbeats({ ...options, transport: b.transport, gpid: gpidOf(2, 1) }),
    ];
    onTestFinished(async () => {
      await a2.close();
      await b2.close();
    });
    b2.beatTo('a');
    await processes.run(1500);
    expect(a2.peers()).toHaveLength(1);
    expect(a.heartbeats.peers()).toEqual([]);
    expect(() => new Heartbeats({ ...options, transport: a.transport, gpid: gpidOf(1, 1) })).toThrow('channel two');
    expect(b.heard).toEqual([]);
  });

  it('are told to the logger in words, with the peer in each line', async () => {
    const { processes, a, b } = await pair({ maxPeers: 1 });
    a.heartbeats.watch('c');
    processes.network.disconnect('a', 'b');
    await processes.run(1);
    await b.transport.close();
    const again = processes.start('b', 2);
    processes.network.connect('a', 'b');
    again.heartbeats.beatTo('a');
    await processes.run(1500);
    void again.heartbeats.stop();
    await processes.run(1500);
    expect(a.lines).toEqual([
      `b is trusted, run ${runOf(2, 1)}`,
      '! heartbeats with c: the number of peers reached its limit of 1; try again later',
      `! b is suspected (disconnected), run ${runOf(2, 1)}`,
      `b was restarted as run ${runOf(2, 2)}, before that ${runOf(2, 1)}`,
      `b has stopped, run ${runOf(2, 2)}`,
    ]);
    expect(a.heard.find(([name]) => name === 'error')![1]).toMatchObject({ code: 'overloaded' });
  });
});

describe('the life of heartbeats', () => {
  it('ends with close, twice or by disposal, and leaves no timer behind', async () => {
    const { processes, a, b } = await pair();
    await a.heartbeats.close();
    await a.heartbeats.close();
    await b.heartbeats[Symbol.asyncDispose]();
    expect(processes.timers.armed).toBe(0);
    expect(() => a.heartbeats.watch('c')).toThrow('this Heartbeats object is closed');
    expect(() => a.heartbeats.beatTo('c')).toThrow('closed');
    expect(() => a.heartbeats.report({ load: 1 })).toThrow('closed');
    a.heartbeats.progress();
    a.heartbeats.unwatch('b');
    a.heartbeats.stopBeatingTo('b');
    expect(a.heartbeats.peer('b')).toMatchObject({ condition: 'trusted' });
    await processes.run(60_000);
    expect([a.heard, b.heard]).toEqual([[], []]);
  });

  it('lets another one listen on its channel afterwards', async () => {
    const { processes, a } = await pair();
    await a.heartbeats.close();
    const next = new Heartbeats({ transport: a.transport, gpid: gpidOf(1, 1), clock: processes.timers });
    next.watch('b');
    await processes.run(2000);
    expect(next.peer('b')).toMatchObject({ condition: 'trusted' });
    await next.close();
  });

  it('settles a stop that close comes before', async () => {
    const { b } = await pair();
    const stopped = b.heartbeats.stop();
    await b.heartbeats.close();
    await stopped;
  });

  it('arms no timer while there is nothing to do', async () => {
    const processes = new Processes();
    const a = processes.start('a');
    await processes.run(10_000);
    a.heartbeats.watch('b');
    await processes.run(1);
    expect(processes.timers.armed).toBe(1);
    a.heartbeats.unwatch('b');
    await processes.run(10_000);
    const { total } = processes.timers;
    await processes.run(60_000);
    expect(processes.timers).toMatchObject({ armed: 0, total });
  });

  it('is over, with an event, when what it was given throws', async () => {
    const detector = (peer: string): FixedTimeout => {
      if (peer === 'c') throw new Error('no detector for c');
      return new FixedTimeout();
    };
    const { processes, a } = await pair({ detector });
    processes.start('c').heartbeats.beatTo('a');
    a.heartbeats.watch('c');
    await processes.run(2000);
    expect(a.heard).toMatchObject([['error', { code: 'heartbeats-failed', cause: { message: 'no detector for c' } }]]);
    expect(a.lines.at(-1)).toBe('! heartbeats have failed: no detector for c; open them anew');
    expect(() => a.heartbeats.watch('d')).toThrow('closed');
  });

  it('refuses what is wrong when it is said', async () => {
    const { a, b } = await pair();
    expect(() => a.heartbeats.watch('no id')).toThrow('peer is "no id"');
    expect(() => a.heartbeats.beatTo('')).toThrow('peer is ""');
    expect(() => b.heartbeats.report({ load: Infinity })).toThrow('load is Infinity');
    expect(() => b.heartbeats.report({ metadata: { a: 1 } as never })).toThrow('metadata is an object');
    expect(() => new Heartbeats({ transport: a.transport, gpid: gpidOf(1, 1), intervalMs: 0 })).toThrow('intervalMs');
  });

  it('goes on when a listener throws, whose error surfaces', async () => {
    const { processes, a, b } = await pair();
    const uncaught: unknown[] = [];
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => uncaught.push(error));
    onTestFinished(() => {
      process.removeAllListeners('uncaughtException');
      for (const listener of listeners) process.on('uncaughtException', listener);
    });
    a.heartbeats.once('stopped', () => {
      throw new Error('mine');
    });
    void b.heartbeats.stop();
    await processes.run(2000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(uncaught).toMatchObject([{ message: 'mine' }]);
    expect(a.heartbeats.peer('b')).toMatchObject({ condition: 'stopped' });
  });
});
