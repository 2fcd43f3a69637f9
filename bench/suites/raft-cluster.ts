import type { Case, Suite } from '../harness.js';
import { Etcd } from '../peers/etcd-load/run.js';
import type { Load } from '../raft-cluster/client.js';
import { Cluster, type LoadOptions } from '../raft-cluster/cluster.js';

/*
 * A cluster as users run it: three processes with default options, TCP, journals with fsync on a real disk. A fourth
 * process has the clients, which share eight connections to the leader; each puts a value of 128 bytes when its previous
 * put was acknowledged. etcd gets the same, from a Go program, where it is installed.
 */
const CLIENTS = [1, 16, 64, 256];
const CONNECTIONS = 8;
const VALUE_BYTES = 128;

interface Subject {
  load(options: LoadOptions): Promise<Load>;
  stop(): Promise<void>;
}

/** Three cases of one load: it runs for the first, and the others tell what it took. */
function casesOf(clients: number, subject: Subject, peer: string | null): Case[] {
  let last: Load | null = null;
  const common = peer === null ? {} : { peer };
  const measure = async (seconds: number): Promise<number> => {
    const connections = Math.min(CONNECTIONS, clients);
    last = await subject.load({ clients, connections, valueBytes: VALUE_BYTES, seconds });
    return last.opsPerSecond;
  };
  return [
    { ...common, name: `${clients} clients`, unit: 'ops/s', measure },
    { ...common, name: `${clients} clients, p50`, unit: 'ms', measure: () => last!.p50Ms },
    { ...common, name: `${clients} clients, p99`, unit: 'ms', measure: () => last!.p99Ms },
  ];
}

const suite: Suite = async () => {
  const cluster = await Cluster.start();
  const etcd = await Etcd.start();
  const cases = CLIENTS.flatMap((clients) => [
    ...casesOf(clients, cluster, null),
    ...(etcd === null ? [] : casesOf(clients, etcd, etcd.name)),
  ]);
  const close = async (): Promise<void> => {
    await cluster.stop();
    await etcd?.stop();
  };
  return [{ ...cases[0]!, close }, ...cases.slice(1)];
};

export default suite;
