import { describe, expect, it } from 'vitest';
import { messagePackCodec } from '../../src/codec/index.js';
import { QuorateError, systemClock } from '../../src/core/index.js';
import type { Transport } from '../../src/core/index.js';
import { openRequests, RequestError } from '../../src/host/request.js';
import type { Requests, RequestsOptions } from '../../src/host/request.js';
import type { RequestContext, RequestHandler } from '../../src/host/serve.js';
import { VirtualClock } from '../../src/testing/index.js';
import { MemoryNetwork } from '../../src/transport/memory.js';
import { openTcpTransport } from '../../src/transport/tcp.js';

interface Scene {
  readonly clock: VirtualClock;
  readonly network: MemoryNetwork;
  readonly server: Requests;
  readonly client: Requests;
  readonly transports: { readonly server: Transport; readonly client: Transport };
}

/** A server and a client on a network with a latency of 1 ms. */
async function scene(handler?: RequestHandler, options: Partial<RequestsOptions> = {}): Promise<Scene> {
  const clock = new VirtualClock();
  const network = new MemoryNetwork({ latencyMs: 1, clock, codec: messagePackCodec() });
  const transports = { server: network.transport('server'), client: network.transport('client') };
  const served = handler === undefined ? {} : { handler };
  const server = openRequests(transports.server.channel('requests'), { clock, ...served, ...options });
  const client = openRequests(transports.client.channel('requests'), { clock, ...options });
  await clock.run(0);
  return { clock, network, server, client, transports };
}

/** The outcome of a promise, looked at after time has passed. */
function watch(promise: Promise<unknown>): { readonly result: () => unknown } {
  let result: unknown = 'pending';
  promise.then(
    (value) => (result = value),
    (error: unknown) => (result = error),
  );
  return { result: () => result };
}

describe('a request', () => {
  it('is answered, by a value or a promise of one', async () => {
    const { clock, client } = await scene((body, { from }) =>
      body === 'now' ? { body, from } : Promise.resolve([body]),
    );
    const now = watch(client.request('server', 'now'));
    const later = watch(client.request('server', 'later'));
    await clock.run(2);
    expect(now.result()).toEqual({ body: 'now', from: 'client' });
    expect(later.result()).toEqual(['later']);
    expect(client.status()).toMatchObject({ pending: 0, lateReplies: 0 });
  });

  it('goes in both directions over one channel, also from within a handler', async () => {
    const { clock, network, client } = await scene();
    const both = openRequests(network.transport('both').channel('requests'), {
      clock,
      handler: async (body, { from }) => `${from} asked ${String(body)}, ${String(await both.request('echo', body))}`,
    });
    openRequests(network.transport('echo').channel('requests'), { clock, handler: (body) => `echo ${String(body)}` });
    await clock.run(0);
    const answer = watch(client.request('both', 'x'));
    await clock.run(4);
    expect(answer.result()).toBe('client asked x, echo x');
  });

  it('that is answered with nothing resolves to null', async () => {
    const { clock, client } = await scene(() => undefined);
    const answer = watch(client.request('server', null));
    await clock.run(2);
    expect(answer.result()).toBeNull();
  });
});

describe('a request fails', () => {
  it('with the code, message, outcome and details that the handler threw', async () => {
    const { clock, client } = await scene((body) => {
      if (body === 'leader') throw new RequestError('not-leader', 'ask c', { details: { leader: 'c' } });
      throw new QuorateError('maybe', 'who knows', { outcome: 'unknown' });
    });
    const first = watch(client.request('server', 'leader'));
    const second = watch(client.request('server', 'other'));
    await clock.run(2);
    expect(first.result()).toBeInstanceOf(RequestError);
    expect(first.result()).toMatchObject({
      code: 'not-leader',
      message: 'ask c',
      outcome: 'failed',
      details: { leader: 'c' },
    });
    expect(second.result()).toMatchObject({ code: 'maybe', message: 'who knows', outcome: 'unknown' });
  });

  it('without telling what went wrong inside the handler', async () => {
    const { clock, client } = await scene(() => Promise.reject(new Error('secret')));
    const answer = watch(client.request('server', 1));
    await clock.run(2);
    expect(answer.result()).toMatchObject({ code: 'internal', outcome: 'unknown' });
    expect(String(answer.result())).not.toContain('secret');
  });

  it('when the answer cannot be encoded, or its details cannot', async () => {
    const { clock, client } = await scene((body) => {
      if (body === 'answer') return new Map();
      throw new RequestError('odd', 'odd details', { details: { at: new Date(0) } });
    });
    const answer = watch(client.request('server', 'answer'));
    const details = watch(client.request('server', 'details'));
    await clock.run(2);
    expect(answer.result()).toMatchObject({ code: 'internal', outcome: 'unknown' });
    expect(details.result()).toMatchObject({ code: 'odd', details: undefined });
  });

  it('for certain, when it could not be sent, or nobody serves', async () => {
    const { clock, client } = await scene();
    await expect(client.request('nobody', 1)).rejects.toMatchObject({ code: 'unreachable', outcome: 'failed' });
    const unserved = watch(client.request('server', 1));
    await clock.run(2);
    expect(unserved.result()).toMatchObject({ code: 'not-served', outcome: 'failed' });
  });

  it('at once, with the mistake, when the body cannot be encoded', async () => {
    const { client } = await scene(() => null);
    await expect(client.request('server', new Map())).rejects.toMatchObject({ code: 'not-encodable' });
    expect(client.status().pending).toBe(0);
  });
});

describe('the outcome of a request is unknown', () => {
  const never = (): Promise<never> => new Promise(() => {});

  it('after its timeout, and a late answer is ignored and counted', async () => {
    let finish = (_: string): void => {};
    const { clock, server, client } = await scene(() => new Promise((resolve) => (finish = resolve)));
    const short = watch(client.request('server', 1, { timeoutMs: 10 }));
    await clock.run(9.9);
    expect(short.result()).toBe('pending');
    finish('too late'); // leaves at 9.9, arrives at 10.9
    await clock.run(0.1);
    expect(short.result()).toMatchObject({ code: 'timeout', outcome: 'unknown' });
    await clock.run(5);
    expect(client.status()).toMatchObject({ pending: 0, lateReplies: 1 });
    expect(server.status().serving).toBe(0);
  });

  it('each after its own timeout, with one timer', async () => {
    let armed = 0;
    const clock = new VirtualClock();
    const counting = { ...bind(clock), after: (ms: number, run: () => void) => (armed++, clock.after(ms, run)) };
    const network = new MemoryNetwork();
    const client = openRequests(network.transport('client').channel('c'), { clock: counting, timeoutMs: 50 });
    openRequests(network.transport('server').channel('c'), { clock, handler: never });
    await clock.run(0);
    const usual = Array.from({ length: 100 }, () => watch(client.request('server', 1)));
    const quick = watch(client.request('server', 1, { timeoutMs: 20 }));
    const slow = watch(client.request('server', 1, { timeoutMs: 80 }));
    await clock.run(20);
    expect([quick, slow, usual[0]!].map(({ result }) => result())).toMatchObject([
      { code: 'timeout' },
      'pending',
      'pending',
    ]);
    await clock.run(30);
    expect(usual.every(({ result }) => result() instanceof QuorateError)).toBe(true);
    expect(slow.result()).toBe('pending');
    await clock.run(30);
    expect(slow.result()).toMatchObject({ message: 'the request to server had no answer within 80 ms' });
    expect(armed).toBe(4);
  });

  it('when the peer goes away, or this side closes', async () => {
    const { clock, network, client } = await scene(never);
    const lost = watch(client.request('server', 1));
    await clock.run(2);
    network.disconnect('client', 'server');
    await clock.run(0);
    expect(lost.result()).toMatchObject({ code: 'connection-lost', outcome: 'unknown' });
    network.connect('client', 'server');
    await clock.run(0);
    const closed = watch(client.request('server', 1));
    await client.close();
    await client.close();
    await clock.run(0);
    expect(closed.result()).toMatchObject({ code: 'closed', outcome: 'unknown' });
    await expect(client.request('server', 1)).rejects.toMatchObject({ code: 'closed', outcome: 'failed' });
  });

  it('when its signal aborts, with the reason of the signal', async () => {
    const { clock, server, client } = await scene(never);
    const reason = new Error('no longer wanted');
    await expect(client.request('server', 1, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(server.status().served).toBe(0);
    const controller = new AbortController();
    const aborted = watch(client.request('server', 1, { signal: controller.signal }));
    await clock.run(2);
    controller.abort(reason);
    await clock.run(0);
    expect(aborted.result()).toBe(reason);
    expect(client.status().pending).toBe(0);
  });

  it('and the handler learns that nobody waits', async () => {
    const signals: AbortSignal[] = [];
    const { clock, network, server, client } = await scene((_body, context: RequestContext) => {
      signals.push(context.signal);
      return never();
    });
    const requests = [client.request('server', 'times out', { timeoutMs: 5 }), client.request('server', 'is lost')].map(
      watch,
    );
    await clock.run(3);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, false]);
    await clock.run(4);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
    network.disconnect('client', 'server');
    await clock.run(0);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
    await server.close();
    expect(requests.map(({ result }) => result())).toMatchObject([{ code: 'timeout' }, { code: 'connection-lost' }]);
  });
});

describe('limits', () => {
  it('of pending requests', async () => {
    const { clock, client } = await scene((body) => body, { maxPending: 3 });
    const pending = [1, 2, 3].map((n) => watch(client.request('server', n)));
    await expect(client.request('server', 4)).rejects.toMatchObject({ code: 'overloaded', outcome: 'failed' });
    await clock.run(2);
    expect(pending.map(({ result }) => result())).toEqual([1, 2, 3]);
    const next = watch(client.request('server', 4));
    await clock.run(2);
    expect(next.result()).toBe(4);
  });

  it('of requests being served', async () => {
    const finish: (() => void)[] = [];
    const { clock, server, client } = await scene(() => new Promise((resolve) => finish.push(() => resolve('done'))), {
      maxServing: 2,
      maxServingPerPeer: 2,
    });
    const requests = [1, 2, 3].map((n) => watch(client.request('server', n)));
    await clock.run(2);
    expect(requests[2]!.result()).toMatchObject({ code: 'overloaded', outcome: 'failed' });
    expect(server.status()).toMatchObject({ serving: 2, served: 2, overloaded: 1 });
    for (const resolve of finish) resolve();
    await clock.run(2);
    expect(requests.slice(0, 2).map(({ result }) => result())).toEqual(['done', 'done']);
    expect(server.status().serving).toBe(0);
  });

  it('of requests being served for one peer, which leave room for the others', async () => {
    const finish: (() => void)[] = [];
    const handler = (): Promise<unknown> => new Promise((resolve) => finish.push(() => resolve('done')));
    const { clock, network, client } = await scene(handler, { maxServing: 4 });
    const other = openRequests(network.transport('other').channel('requests'), { clock });
    await clock.run(2);
    const greedy = [1, 2, 3].map((n) => watch(client.request('server', n)));
    const modest = watch(other.request('server', 1));
    await clock.run(2);
    expect(greedy[2]!.result()).toMatchObject({
      code: 'overloaded',
      message: 'the node reached its limit of 2 requests for one peer; try again later',
    });
    for (const resolve of finish) resolve();
    await clock.run(2);
    expect([...greedy.slice(0, 2), modest].map(({ result }) => result())).toEqual(['done', 'done', 'done']);
    const again = watch(client.request('server', 4));
    await clock.run(2);
    finish.at(-1)!();
    await clock.run(2);
    expect(again.result()).toBe('done');
  });

  it('of requests being served are not upset by a handler whose answer settles twice', async () => {
    const twice = { then: (resolve: (value: string) => void) => (resolve('first'), resolve('second')) };
    const { clock, server, client } = await scene(() => twice, { maxServing: 2 });
    const requests = [1, 2, 3].map((n) => watch(client.request('server', n)));
    await clock.run(2);
    expect(requests.map(({ result }) => result())).toEqual(['first', 'first', 'first']);
    expect(server.status()).toMatchObject({ serving: 0, served: 3, overloaded: 0 });
  });

  it('of options', () => {
    const channel = new MemoryNetwork().transport('a').channel('c');
    const clock = new VirtualClock();
    expect(() => openRequests(channel, { clock, timeoutMs: 0 })).toThrow('timeoutMs is 0');
    expect(() => openRequests(channel, { clock, maxPending: 0 })).toThrow('maxPending is 0');
    expect(() => openRequests(channel, { clock, maxServing: 0 })).toThrow('maxServing is 0');
    expect(() => openRequests(channel, { clock, maxServingPerPeer: 0 })).toThrow('maxServingPerPeer is 0');
    openRequests(channel, { clock });
    expect(() => openRequests(channel, { clock })).toThrow('listens to channel c already');
  });
});

describe('messages from outside', () => {
  it('that are no envelopes are dropped and counted', async () => {
    const { clock, server, transports } = await scene(() => 'served');
    const bad = [null, 7, 'text', [], {}, { type: 'request' }, { type: 'request', run: 1, id: -1 }];
    const worse = [
      { type: 'request', run: 0.5, id: 1 },
      { type: 'strange', run: 1, id: 1 },
      { type: 'error', run: 1, id: 1, code: 5, message: '', outcome: 'failed' },
      { type: 'error', run: 1, id: 1, code: 'c', message: 'm', outcome: 'perhaps' },
    ];
    for (const message of [...bad, ...worse]) transports.client.channel('requests').send('server', message);
    await clock.run(2);
    expect(server.status()).toMatchObject({ malformed: bad.length + worse.length, served: 0 });
  });

  it('answers of others, to former runs, and repeated ones are ignored and counted', async () => {
    const clock = new VirtualClock();
    const network = new MemoryNetwork({ latencyMs: 1, clock });
    const server = network.transport('server').channel('requests');
    const requests: { readonly run: number; readonly id: number }[] = [];
    server.listen({ message: (_from, message) => requests.push(message as { run: number; id: number }) });
    const intruder = network.transport('intruder').channel('requests');

    let transport = network.transport('client');
    const before = openRequests(transport.channel('requests'), { clock });
    await clock.run(0);
    watch(before.request('server', 'old'));
    await clock.run(1);
    await transport.close();

    transport = network.transport('client');
    const after = openRequests(transport.channel('requests'), { clock });
    await clock.run(0);
    const answer = watch(after.request('server', 'new'));
    await clock.run(1);
    const [old, fresh] = [requests[0]!, requests[1]!];
    expect(old.id).toBe(fresh.id);
    expect(old.run).not.toBe(fresh.run);
    server.send('client', { ...old, type: 'reply', body: 'for the former run' });
    intruder.send('client', { ...fresh, type: 'reply', body: 'from somebody else' });
    await clock.run(1);
    expect(answer.result()).toBe('pending');
    for (const body of ['right', 'again']) server.send('client', { ...fresh, type: 'reply', body });
    await clock.run(1);
    expect(answer.result()).toBe('right');
    expect(after.status().lateReplies).toBe(3);
  });

  it('requests that arrive twice while they are served are served once', async () => {
    const { clock, server, transports } = await scene(() => new Promise(() => {}));
    for (let i = 0; i < 2; i++) {
      transports.client.channel('requests').send('server', { type: 'request', run: 1, id: 1, body: null });
    }
    await clock.run(2);
    expect(server.status()).toMatchObject({ served: 1, serving: 1, duplicates: 1 });
  });

  it('the number of a run comes from the injected generator, so that simulations repeat', async () => {
    const runs: unknown[] = [];
    for (const random of [() => 0.25, () => 0.25, () => 0.75]) {
      const network = new MemoryNetwork();
      const clock = new VirtualClock();
      network
        .transport('server')
        .channel('c')
        .listen({ message: (_, message) => runs.push(message) });
      const client = openRequests(network.transport('client').channel('c'), { clock, random });
      await clock.run(0);
      watch(client.request('server', null));
      await clock.run(0);
    }
    expect(runs[0]).toEqual(runs[1]);
    expect(runs[0]).not.toEqual(runs[2]);
  });
});

describe('over TCP', () => {
  it('answers, and reports a server that went away', async () => {
    const listen = { host: '127.0.0.1', port: 0 };
    const server = await openTcpTransport({ id: 'server', cluster: 'test', listen });
    const addresses = { server: server.address! };
    const client = await openTcpTransport({ id: 'client', cluster: 'test', listen: null, addresses });
    const handler: RequestHandler = (body) => (body === 'hang' ? new Promise(() => {}) : { echo: body });
    openRequests(server.channel('requests'), { clock: systemClock, handler });
    const requests = openRequests(client.channel('requests'), { clock: systemClock });
    await client.connected('server');
    const bodies = Array.from({ length: 200 }, (_, i) => ({ i, bytes: new Uint8Array(128).fill(i) }));
    const answers = await Promise.all(bodies.map((body) => requests.request('server', body)));
    expect(answers).toEqual(bodies.map((echo) => ({ echo })));
    const hanging = expect(requests.request('server', 'hang')).rejects.toMatchObject({ code: 'connection-lost' });
    await requests.request('server', 'arrived after the one that hangs');
    await server.close();
    await hanging;
    await expect(requests.request('server', 1)).rejects.toMatchObject({ code: 'unreachable', outcome: 'failed' });
    await client.close();
  });

  it('says so when an answer is too large', async () => {
    const listen = { host: '127.0.0.1', port: 0 };
    const server = await openTcpTransport({ id: 'server', cluster: 'test', listen, maxFrameBytes: 1000 });
    const addresses = { server: server.address! };
    const client = await openTcpTransport({ id: 'client', cluster: 'test', listen: null, addresses });
    openRequests(server.channel('requests'), { clock: systemClock, handler: () => new Uint8Array(2000) });
    const requests = openRequests(client.channel('requests'), { clock: systemClock });
    await client.connected('server');
    await expect(requests.request('server', 1)).rejects.toMatchObject({ code: 'reply-dropped', outcome: 'unknown' });
    await Promise.all([server.close(), client.close()]);
  });
});

function bind(clock: VirtualClock): { now(): number; wall(): number } {
  return { now: () => clock.now(), wall: () => clock.wall() };
}
