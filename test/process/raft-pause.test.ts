import { pathToFileURL } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import type * as example from '../../examples/replicated-kv/cluster.js';
import { temporaryDirectory } from '../storage/temporary-place.js';
import { bundledForTests } from './bundle.js';
import { KvClients } from './kv-clients.js';
import { pause } from './pause.js';

const program = bundledForTests(['examples/replicated-kv/cluster.ts', 'examples/replicated-kv/server.ts']);

/** Three servers of the example, each a process. */
async function startCluster(): Promise<example.Cluster> {
  const { Cluster } = (await import(pathToFileURL(program('cluster')).href)) as typeof example;
  const cluster = new Cluster(3, await temporaryDirectory());
  onTestFinished(() => cluster.killAll());
  await cluster.start();
  return cluster;
}

it('a leader that SIGSTOP stops is replaced, and answers nothing stale after SIGCONT, but follows', async () => {
  const cluster = await startCluster();
  const clients = await KvClients.open(cluster.addresses);
  onTestFinished(() => clients.close());
  const old = await clients.leaderAfter(0);
  await clients.morePuts(50);

  const goOn = await pause(cluster.pids[old.node]!);
  onTestFinished(goOn);
  const next = await clients.leaderAfter(old.term);
  expect(next.node).not.toBe(old.node);
  await clients.morePuts(50);
  // Those that came last began after puts that the next leader has acknowledged.
  expect(clients.waitingFor(old.node)).toBeGreaterThan(20);
  await goOn();
  await clients.follower(old.node, next.term);
  expect(clients.waitingFor(old.node)).toBeLessThan(20);
  await clients.morePuts(50);

  const { linearizable, checked } = await clients.finish();
  expect({ linearizable, enough: checked > 200 }).toEqual({ linearizable: true, enough: true });
});
