import type { RequestListener, ServerResponse } from 'node:http';
import { expect, it, onTestFinished } from 'vitest';
import { isQuorateError } from 'quorate/core';
import { HealthChecks, type HealthChecksOptions } from 'quorate/health';
import { httpCheck, tcpCheck } from 'quorate/health/node';
import { endsByItself } from '../../transport/ends-by-itself.js';
import { SmallServer } from './small-server.js';

/** With a timeout that no slow machine exceeds: only what hangs has a short one. */
const QUICK = { intervalMs: 10, timeoutMs: 15_000, firstCheckWithinMs: 10 };

/** Checks for real, of which one waits for what they find. */
class Watch {
  readonly changes: string[] = [];
  readonly checks: HealthChecks;
  #wake: (() => void) | undefined;

  constructor(options: Partial<HealthChecksOptions> = {}) {
    const check = options.check ?? httpCheck({ path: '/health', bodyMatch: 'up' });
    this.checks = new HealthChecks({
      ...QUICK,
      ...options,
      check: async (node, { signal }) => {
        try {
          await check(node, { signal });
        } finally {
          setImmediate(() => this.#wake?.()); // when the result is counted
        }
      },
    });
    this.checks.subscribe((_, healthy) => this.changes.push(healthy ? 'up' : 'down'));
    onTestFinished(() => this.checks.close());
  }

  /** Waits until checks say so of a node; the runner's time limit bounds that. */
  async until(node: string, healthy: boolean): Promise<void> {
    while (this.checks.isHealthy(node) !== healthy) await this.result();
  }

  /** Waits for so many results. */
  async results(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await this.result();
  }

  async result(): Promise<void> {
    await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  /** What the last check failed with. */
  error(node: string): unknown {
    return this.checks.status().find((status) => status.node === node)!.error;
  }
}

/** What a server does with a check of its health. */
type Mood = (response: ServerResponse) => void;

const moods = {
  well: (response) => response.end('up'),
  failing: (response) => response.writeHead(500).end('up'),
  hanging: () => {},
  strange: (response) => response.end('starting'),
  endless: (response) => {
    const more = (): void => {
      while (!response.destroyed && response.write('x'.repeat(16_384)));
    };
    response.on('drain', more);
    more();
  },
} satisfies Record<string, Mood>;

/** A server whose mood changes. */
async function moody(): Promise<{ server: SmallServer; state: { mood: Mood } }> {
  const state: { mood: Mood } = { mood: moods.well };
  const answer: RequestListener = (_, response) => state.mood(response);
  return { server: await SmallServer.http(answer), state };
}

it.each([
  ['answers 500', 'failing', 'health-check-failed', 'status 500'],
  ['hangs', 'hanging', 'timeout', 'no answer within 200 ms'],
  ['answers something else', 'strange', 'health-check-failed', '"starting"'],
  ['never ends its answer', 'endless', 'health-check-failed', 'in its first 65536 bytes'],
] as const)('a server that %s is found unwell, and well when it is again', async (_, mood, code, message) => {
  const { server, state } = await moody();
  const watch = new Watch(mood === 'hanging' ? { timeoutMs: 200 } : {});
  watch.checks.add(server.node);
  await watch.results(3);
  expect(watch.changes).toEqual([]);
  state.mood = moods[mood];
  await watch.until(server.node, false);
  expect(isQuorateError(watch.error(server.node), code)).toBe(true);
  expect((watch.error(server.node) as Error).message).toContain(message);
  state.mood = moods.well;
  await watch.until(server.node, true);
  await watch.checks.close();
  await server.idle();
  expect(watch.changes).toEqual(['down', 'up']);
});

it.each([
  ['HTTP', httpCheck({ bodyMatch: 'up' })],
  ['TCP', tcpCheck()],
])('a server that dies is found unwell by %s, and well when it is back at its port', async (_, check) => {
  const { server } = await moody();
  const watch = new Watch({ check });
  watch.checks.add(server.node);
  await watch.results(3);
  await server.die();
  await watch.until(server.node, false);
  expect(watch.error(server.node)).toMatchObject({ code: 'health-check-failed', cause: { code: 'ECONNREFUSED' } });
  await server.start();
  await watch.until(server.node, true);
  expect(watch.changes).toEqual(['down', 'up']);
});

it('a server that flaps stays what it was', async () => {
  const { server, state } = await moody();
  let checks = 0;
  state.mood = (response) => (checks++ % 3 === 2 ? moods.well : moods.failing)(response);
  const watch = new Watch();
  watch.checks.add(server.node);
  await watch.results(20);
  expect(watch.changes).toEqual([]);
});

it('a server that hangs is well for TCP, which only asks its kernel', async () => {
  const { server, state } = await moody();
  state.mood = moods.hanging;
  const watch = new Watch({ check: tcpCheck() });
  watch.checks.add(server.node);
  await watch.results(5);
  expect(watch.checks.isHealthy(server.node)).toBe(true);
});

it('of many servers only those that are unwell are found so', async () => {
  const servers = await Promise.all(Array.from({ length: 20 }, () => moody()));
  const watch = new Watch({ maxConcurrent: 4 });
  for (const { server } of servers) watch.checks.add(server.node);
  for (const { state } of servers.slice(0, 10)) state.mood = moods.failing;
  for (const { server } of servers.slice(0, 10)) await watch.until(server.node, false);
  expect(servers.map(({ server }) => watch.checks.isHealthy(server.node))).toEqual(servers.map((_, i) => i >= 10));
  await watch.checks.close();
  for (const { server } of servers) await server.idle();
});

it('closing cuts the connections of checks that are under way', async () => {
  const { server, state } = await moody();
  const asked = new Promise<void>((resolve) => (state.mood = () => resolve()));
  const watch = new Watch({ timeoutMs: 60_000 });
  watch.checks.add(server.node);
  await asked;
  await watch.checks.close();
  await server.idle();
  expect(watch.changes).toEqual([]);
});

it('checks that go on keep no process alive, nor do those that were closed under way', { timeout: 30_000 }, () => {
  endsByItself(`
    import { createServer } from 'node:net';
    import { once } from 'node:events';
    import { HealthChecks } from './src/health/index.ts';
    import { httpCheck, tcpCheck } from './src/health/node.ts';

    const server = createServer((socket) => socket.on('error', () => {}));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const node = '127.0.0.1:' + server.address().port;
    const idle = new HealthChecks({ check: tcpCheck(), intervalMs: 60_000, firstCheckWithinMs: 60_000 });
    idle.add(node);
    const busy = new HealthChecks({ check: httpCheck(), timeoutMs: 60_000, firstCheckWithinMs: 0 });
    busy.add(node);
    const [socket] = await once(server, 'connection');
    await once(socket, 'data');
    server.unref();
    socket.unref();
    await busy.close();
  `);
});
