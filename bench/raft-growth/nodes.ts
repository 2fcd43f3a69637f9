import type { Case } from '../harness.js';
import type { Load } from '../raft-cluster/client.js';
import { Cluster } from '../raft-cluster/cluster.js';

const SIZES = [3, 5, 7, 9];
const VALUES = [
  { text: '128 B', bytes: 128 },
  { text: '1 kB', bytes: 1024 },
  { text: '64 kB', bytes: 65_536 },
];
const CLIENTS = 64;
const CONNECTIONS = 8;
/** Few for each client, so that the states of nine servers fit into memory whatever the values. */
const KEYS = 10;

/** Clusters of each size, one after the other, each with values of each size. */
export function nodeCases(): Case[] {
  return SIZES.flatMap((size) => {
    let cluster: Cluster | null = null;
    const load = async (valueBytes: number, seconds: number): Promise<Load> => {
      const options = { clients: CLIENTS, connections: CONNECTIONS, valueBytes, seconds, keys: KEYS };
      if (cluster === null) {
        cluster = await Cluster.start(size);
        await cluster.load(options); // the first compiles
      }
      return cluster.load(options);
    };
    const stop = async (): Promise<void> => {
      await cluster?.stop();
      cluster = null;
    };
    const last = VALUES.at(-1)!;
    return VALUES.flatMap(({ text, bytes }) => {
      const name = `${size} nodes, ${text}`;
      let took: Load | null = null;
      const measure = async (seconds: number): Promise<number> => {
        took = await load(bytes, seconds);
        if (bytes === last.bytes) await stop();
        return took.opsPerSecond;
      };
      return [
        { name, unit: 'ops/s', measure },
        { name: `${name}, p50`, unit: 'ms', measure: () => took!.p50Ms },
        { name: `${name}, p99`, unit: 'ms', measure: () => took!.p99Ms },
      ] satisfies Case[];
    });
  });
}
