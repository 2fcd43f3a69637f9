import { pathToFileURL } from 'node:url';
import { onTestFinished } from 'vitest';
import type * as example from '../../examples/replicated-kv/cluster.js';
import { bundledForTests } from './bundle.js';

const program = bundledForTests(['examples/replicated-kv/cluster.ts', 'examples/replicated-kv/server.ts']);

/** Starts three servers of the example, each a process with its journal in this directory; killed when the test ends. */
export async function startKvCluster(directory: string): Promise<example.Cluster> {
  // From the bundle: it starts processes of the program that lies beside it.
  const { Cluster } = (await import(pathToFileURL(program('cluster')).href)) as typeof example;
  const cluster = new Cluster(3, directory);
  onTestFinished(() => cluster.killAll());
  await cluster.start();
  return cluster;
}
