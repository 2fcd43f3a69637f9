/**
 * A replicated store over a transport of one's own: three Raft nodes in three worker threads, and a client in the main
 * thread that stores values and reads them back.
 */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import { isQuorateError, systemClock } from 'quorate/core';
import { openRequests, type Requests } from 'quorate/host';
import { KV_CHANNEL, type KvRequest } from '../replicated-kv/protocol.js';
import { PortTransport } from './port-transport.js';
import type { ServerData } from './server.js';

const SERVERS = ['a', 'b', 'c'];
const CLIENT = 'client';
const GIVE_UP_AFTER_MS = 10_000;

/** A port for each node to each other one. */
function connectAll(ids: readonly string[]): Map<string, Record<string, MessagePort>> {
  const ports = new Map(ids.map((id): [string, Record<string, MessagePort>] => [id, {}]));
  for (const [at, id] of ids.entries()) {
    for (const other of ids.slice(at + 1)) {
      const { port1, port2 } = new MessageChannel();
      ports.get(id)![other] = port1;
      ports.get(other)![id] = port2;
    }
  }
  return ports;
}

/** Asks one server after the other until one answers that it leads. */
async function ask(requests: Requests, request: KvRequest): Promise<unknown> {
  const giveUpAt = performance.now() + GIVE_UP_AFTER_MS;
  for (let turn = 0; ; turn++) {
    try {
      return await requests.request(SERVERS[turn % SERVERS.length]!, request, { timeoutMs: 1000 });
    } catch (error) {
      if (!isQuorateError(error) || performance.now() > giveUpAt) throw error;
      await sleep(20); // no leader yet, or another one
    }
  }
}

const ports = connectAll([...SERVERS, CLIENT]);
const workers = SERVERS.map((id) => {
  const workerData: ServerData = { id, servers: SERVERS, ports: ports.get(id)! };
  return new Worker(new URL('./worker.js', import.meta.url), {
    workerData,
    transferList: Object.values(workerData.ports),
  });
});
for (const worker of workers) worker.on('error', (error) => void (console.error(error), process.exit(1)));

const transport = new PortTransport(CLIENT);
for (const [id, port] of Object.entries(ports.get(CLIENT)!)) transport.connect(id, port);
const requests = openRequests(transport.channel(KV_CHANNEL), { clock: systemClock });

const values = Array.from({ length: 20 }, (_, i) => ({ key: `key ${i}`, value: i * i }));
for (const { key, value } of values) await ask(requests, { op: 'put', key, value });
console.log(`stored ${values.length} values on ${SERVERS.join(', ')}, each in a thread of its own`);

let equal = 0;
for (const { key, value } of values) {
  const reply = (await ask(requests, { op: 'get', key })) as { readonly id: string; readonly value: unknown };
  if (reply.value === value) equal++;
}
console.log(`read back ${equal} of ${values.length}`);

await requests.close();
await transport.close();
await Promise.all(
  workers.map(async (worker) => {
    worker.postMessage('stop');
    await once(worker, 'exit');
  }),
);
process.exitCode = equal === values.length ? 0 : 1;
