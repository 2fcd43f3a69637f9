import { setTimeout as sleep } from 'node:timers/promises';
import Table from 'cli-table3';
import { isQuorateError, type NodeId } from 'quorate/core';
import type { Identity } from './certificates.js';
import { CLIENT_ID, KvClient } from './client.js';
import { askControl, type ControlReply, type ControlRequest } from './control.js';
import { messageOf } from './errors.js';
import { ExampleError, UsageError } from '../errors.js';
import type { Json } from './kv-state-machine.js';
import { controlPath, findRunning, removeStale, staleMessage, type Running, type ServerPlace } from './place.js';
import type { PutReply, StatusReply } from './protocol.js';
import { whyNotStorable } from './workload.js';

/** What another terminal wants of a cluster that stays. */
export type ClientCommand = { readonly json: boolean } & (
  | { readonly op: 'get'; readonly key: string }
  | { readonly op: 'put'; readonly key: string; readonly value: string }
  | { readonly op: 'status' }
  | { readonly op: 'stop' }
);

/** How long a put that certainly had no effect is repeated: longer than it takes to elect a leader. */
const PUT_MS = 15_000;
const PUT_PAUSE_MS = 50;

/** How long a server may take to answer before it counts as down: this process must connect to it first. */
const STATUS_MS = 2000;
const STATUS_PAUSE_MS = 20;

/** Does what is wanted, prints the answer, and returns the exit code. @throws UsageError when no cluster stays */
export async function runCommand(command: ClientCommand): Promise<number> {
  const found = await findRunning();
  if (found.state === 'none') throw new UsageError('no cluster is there; npm run demo -- --keep starts one that stays');
  if (command.op === 'stop') return await stop(found.state === 'stale' ? found.running : 'alive', command.json);
  if (found.state === 'stale') throw new ExampleError(staleMessage(found.running));
  const servers = found.running.servers;
  if (servers === null)
    throw new ExampleError(`the cluster of process ${found.running.pid} is still busy with its run`);
  const addresses = Object.fromEntries(Object.entries(servers).map(([id, { address }]) => [id, address]));
  await using client = await KvClient.open(addresses, await identityFor(found.running));
  if (command.op === 'get') return await get(client, command.key, command.json);
  if (command.op === 'put') return await put(client, command.key, parseValue(command.value), command.json);
  return await status(client, servers, command.json);
}

async function get(client: KvClient, key: string, json: boolean): Promise<number> {
  const { found, value } = await client.get(key);
  if (json) print(JSON.stringify({ key, found, value }));
  else if (found) print(typeof value === 'string' ? value : JSON.stringify(value));
  else process.stderr.write(`there is no ${JSON.stringify(key)}\n`);
  return found ? 0 : 1;
}

async function put(client: KvClient, key: string, value: Json, json: boolean): Promise<number> {
  const problem = whyNotStorable(key, value);
  if (problem !== null) throw new UsageError(`the value cannot be stored: ${problem}`);
  const { node, term } = await putSafely(client, key, value);
  print(json ? JSON.stringify({ key, node, term }) : `stored; ${node} leads in term ${term}`);
  return 0;
}

/** Repeats only what had certainly no effect: others may write to the same key meanwhile. */
async function putSafely(client: KvClient, key: string, value: Json): Promise<PutReply> {
  const giveUpAt = performance.now() + PUT_MS;
  for (;;) {
    try {
      return await client.putOnce(key, value);
    } catch (error) {
      if (!isQuorateError(error)) throw error;
      if (error.outcome === 'unknown')
        throw new ExampleError(`nobody can say whether it was stored: ${messageOf(error)}`);
      if (performance.now() > giveUpAt) throw new ExampleError(`it was not stored: ${messageOf(error)}`);
    }
    await sleep(PUT_PAUSE_MS);
  }
}

/** What is known of each server. Exits with 0 when one of them leads. */
async function status(
  client: KvClient,
  servers: Readonly<Record<NodeId, ServerPlace>>,
  json: boolean,
): Promise<number> {
  const lines = await Promise.all(
    Object.entries(servers).map(async ([node, place]) => ({ ...place, node, found: await statusOf(client, node) })),
  );
  if (json) for (const { node, pid, address, found } of lines) print(statusLine({ node, pid, address }, found));
  else print(statusTable(lines));
  return lines.some(({ found }) => found?.role === 'leader') ? 0 : 1;
}

async function statusOf(client: KvClient, id: NodeId): Promise<StatusReply | null> {
  const giveUpAt = performance.now() + STATUS_MS;
  while (performance.now() < giveUpAt) {
    try {
      return await client.status(id);
    } catch {
      await sleep(STATUS_PAUSE_MS);
    }
  }
  return null;
}

function statusLine(server: ServerPlace & { readonly node: NodeId }, found: StatusReply | null): string {
  const { role, term, commitIndex, appliedIndex } = found ?? {
    role: null,
    term: null,
    commitIndex: null,
    appliedIndex: null,
  };
  return JSON.stringify({ ...server, role, term, commitIndex, appliedIndex });
}

function statusTable(
  lines: readonly (ServerPlace & { readonly node: NodeId; readonly found: StatusReply | null })[],
): string {
  const head = ['server', 'process', 'address', 'role', 'term', 'committed', 'applied'];
  const table = new Table({ head, style: { head: [], border: [], compact: true } });
  for (const { node, pid, address, found } of lines)
    table.push([node, pid, address, ...(found === null ? ['down', '', '', ''] : described(found))]);
  return table.toString();
}

function described({ role, term, commitIndex, appliedIndex }: StatusReply): (string | number)[] {
  return [role, term, commitIndex, appliedIndex];
}

/** Ends the cluster, or removes what one left whose process died. */
async function stop(stale: Running | null | 'alive', json: boolean): Promise<number> {
  if (stale === 'alive') await ask({ op: 'stop' });
  else removeStale(stale);
  const text = stale === 'alive' ? 'the cluster has ended' : 'what a cluster left that had died is removed';
  print(json ? JSON.stringify({ stopped: stale === 'alive' }) : text);
  return 0;
}

async function identityFor({ secure }: Running): Promise<Identity | null> {
  return secure ? ((await ask({ op: 'certificate', id: CLIENT_ID })) as Identity) : null;
}

async function ask(request: ControlRequest): Promise<unknown> {
  const reply: ControlReply | null = await askControl(controlPath(), request);
  if (reply === null) throw new ExampleError('the cluster ended before it answered');
  if ('error' in reply) throw new ExampleError(reply.error);
  return reply.ok;
}

/** JSON, and what is none is taken as a text. */
function parseValue(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
