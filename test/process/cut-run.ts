/*
 * Cuts servers of the example off while clients write and read: `cut-run.ts DIRECTORY`, beside `server.ts`, in a network
 * namespace in which it may do what it wants. Says "up" when the servers are, and what came of it, as lines of JSON. Each
 * server runs in a namespace of its own, below this process, and ends with it. It ends with its standard input.
 */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ServerProcess } from '../../examples/replicated-kv/server-process.js';
import type { NodeId } from '../../src/core/index.js';
import { KvClients } from './kv-clients.js';
import { Network } from './network.js';

/** What a run tells. */
export interface CutReport {
  /** Who led in the beginning, who after the cut between the servers, and who after the cut from everybody. */
  readonly leaders: readonly NodeId[];
  readonly linearizable: boolean | null;
  readonly checked: number;
}

const CLIENTS = 'clients';
const directory = process.argv[2]!;
const ids: readonly NodeId[] = ['n1', 'n2', 'n3'];

/** From now on a process that this one forks gets a network namespace of its own. */
function isolateForks(): void {
  const script = join(directory, 'isolated');
  writeFileSync(script, `#!/bin/sh\nexec unshare --net "${process.execPath}" "$@"\n`);
  chmodSync(script, 0o700);
  process.execPath = script;
}

/** Starts the servers, and joins them over the network. */
async function start(): Promise<{ network: Network; addresses: Record<NodeId, string> }> {
  isolateForks();
  const servers = ids.map((id) => new ServerProcess(id, join(directory, id), fail));
  const listening = await Promise.all(servers.map((server) => server.listen(0, null)));
  const pids = servers.map(({ pid }, i) => [ids[i]!, pid!] as const);
  const network = new Network(new Map([[CLIENTS, process.pid], ...pids]));
  const port = (i: number): string => listening[i]!.slice(listening[i]!.lastIndexOf(':'));
  const addresses = Object.fromEntries(ids.map((id, i) => [id, `${network.address(id)}${port(i)}`]));
  await Promise.all(servers.map((server) => server.join(addresses)));
  return { network, addresses };
}

async function run(): Promise<CutReport> {
  const { network, addresses } = await start();
  say('up');
  const clients = await KvClients.open(addresses);
  const others = (id: NodeId): NodeId[] => ids.filter((other) => other !== id);
  /** Cuts the leader off until another one leads and writes go on, and until it follows that one. */
  const cutLeader = async (term: number, from: (leader: NodeId) => string[]): Promise<[NodeId, number]> => {
    const old = await clients.leaderAfter(term);
    network.cut(old.node, from(old.node));
    const next = await clients.leaderAfter(old.term);
    await clients.morePuts(50);
    network.heal(old.node, from(old.node));
    await clients.follower(old.node, next);
    return [old.node, next.term];
  };
  await clients.morePuts(50);
  const [first, term] = await cutLeader(0, others);
  const [second, last] = await cutLeader(term - 1, (leader) => [CLIENTS, ...others(leader)]);
  const third = await clients.leaderAfter(last - 1);
  await clients.morePuts(50);
  const { linearizable, checked } = await clients.finish();
  return { leaders: [first, second, third.node], linearizable, checked };
}

function say(line: string | CutReport): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function fail(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
}

process.stdin.resume().once('end', () => process.exit(1));
run().then((report) => {
  say(report);
  process.exit(0);
}, fail);
