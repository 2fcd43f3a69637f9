import { once } from 'node:events';
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import { expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/core/index.js';
import { openRequests, type Requests } from '../../src/host/index.js';
import { openPortTransport, type PortTransport } from '../../src/transport/worker.js';
import { endsByItself } from './ends-by-itself.js';
import type { MemberData } from './threads/member-thread.js';
import { watch } from './transport-suite.js';

const MEMBERS = ['a', 'b', 'c'];
const BOUND_MS = 15_000;

/** Starts members, each in a thread, connected with each other by ports and with this thread by their `Worker`. */
function start(members: readonly string[]): { main: PortTransport; workers: Record<string, Worker> } {
  const ports = new Map(members.map((id): [string, Record<string, MessagePort>] => [id, {}]));
  for (const [at, id] of members.entries()) {
    for (const other of members.slice(at + 1)) {
      const { port1, port2 } = new MessageChannel();
      ports.get(id)![other] = port1;
      ports.get(other)![id] = port2;
    }
  }
  const workers = Object.fromEntries(
    members.map((id) => {
      const workerData: MemberData = { id, members, ports: ports.get(id)! };
      const transferList = Object.values(workerData.ports);
      const worker = new Worker(new URL('./threads/member.js', import.meta.url), { workerData, transferList });
      worker.on('error', () => {}); // its exit code says so
      return [id, worker];
    }),
  );
  const main = openPortTransport({ id: 'main', cluster: 'test', ports: workers });
  onTestFinished(async () => {
    await main.close();
    await Promise.all(Object.values(workers).map((worker) => worker.terminate()));
  });
  return { main, workers };
}

/** Asks one member after the other until one answers as wished. */
async function ask<T>(requests: Requests, body: unknown, wished: (answer: unknown) => answer is T): Promise<T> {
  const signal = AbortSignal.timeout(BOUND_MS);
  for (let turn = 0; ; turn++) {
    signal.throwIfAborted();
    const asked = requests.request(MEMBERS[turn % MEMBERS.length]!, body, { timeoutMs: 2000 });
    const answer: unknown = await asked.catch(() => undefined);
    if (wished(answer)) return answer;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

it('a Raft cluster in three threads elects a leader, replicates, and ends by itself after the last goodbye', async () => {
  const { main, workers } = start(MEMBERS);
  await Promise.all(MEMBERS.map((id) => main.connected(id)));
  const requests = openRequests(main.channel('lines'), { clock: systemClock });
  const lines = Array.from({ length: 20 }, (_, i) => `line ${i}`);
  for (const line of lines) await ask(requests, line, (answer) => typeof answer === 'number');
  for (const id of MEMBERS) {
    const all = (answer: unknown): answer is string[] => Array.isArray(answer) && answer.length >= lines.length;
    const askOne = { request: (_to: string, ...rest: [unknown, object]) => requests.request(id, ...rest) } as Requests;
    expect([...new Set(await ask(askOne, null, all))]).toEqual(lines); // a line may be proposed twice
  }
  await requests.close();
  const exits = Object.values(workers).map((worker) => once(worker, 'exit'));
  await main.close();
  expect(await Promise.all(exits)).toEqual([[0], [0], [0]]);
}, 30_000);

it('tells that a peer is gone when its thread dies', async () => {
  const { main, workers } = start(['a']);
  await main.connected('a');
  const life = watch(main.channel('life'));
  await life.noticed('a up');
  main.channel('life').send('a', 'fail');
  const code = await new Promise<number>((resolve) => workers.a!.once('exit', resolve));
  await life.noticed('a down');
  expect(code).not.toBe(0);
  expect(main.status().peers).toEqual([]);
}, 30_000);

it('leaves nothing that keeps the process alive', () => {
  endsByItself(`
    import { openPortTransport } from './src/transport/worker.ts';
    const { port1, port2 } = new MessageChannel();
    const a = openPortTransport({ id: 'a', cluster: 'test', ports: { b: port1 } });
    const b = openPortTransport({ id: 'b', cluster: 'test', ports: { a: port2 } });
    await a.connected('b');
    b.channel('c').listen({ message() {} });
    for (let i = 0; i < 10; i++) a.channel('c').send('b', i);
    await a.close();
    await b.close();
  `);
});
