/**
 * The client process: closed-loop clients, each of which puts the next value when the previous put was acknowledged,
 * over a few connections that they share. One run for each message; the answer has the rate and the latencies.
 */
import type { NodeId } from 'quorate/core';
import { systemClock } from 'quorate/core';
import { openRequests, type Requests } from 'quorate/host';
import { openTcpTransport } from 'quorate/transport/tcp';

/** What {@link Cluster} asks of the client process. */
export interface Run {
  readonly leader: NodeId;
  readonly address: string;
  readonly clients: number;
  readonly connections: number;
  readonly valueBytes: number;
  readonly seconds: number;
}

/** What came of a {@link Run}. */
export interface Load {
  readonly opsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** As many keys as the peer's program has for each client. */
const KEYS = 1000;

function command(key: string, value: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(2 + key.length + value.length);
  bytes[0] = key.length >> 8;
  bytes[1] = key.length;
  for (let i = 0; i < key.length; i++) bytes[2 + i] = key.charCodeAt(i); // keys are ASCII
  bytes.set(value, 2 + key.length);
  return bytes;
}

function tell(answer: Load | { readonly error: string }): void {
  process.send!(answer);
}

async function run({ leader, address, clients, connections, valueBytes, seconds }: Run): Promise<Load> {
  const transports = await Promise.all(
    Array.from({ length: connections }, (_, i) => {
      return openTcpTransport({ id: `client-${i}`, cluster: 'bench', listen: null, addresses: { [leader]: address } });
    }),
  );
  await Promise.all(transports.map((transport) => transport.connected(leader)));
  const pool = transports.map((transport) => openRequests(transport.channel('put'), { clock: systemClock }));
  const value = new Uint8Array(valueBytes).fill(118);
  const latencies: number[][] = [];
  const start = performance.now();
  const end = start + seconds * 1000;
  const client = async (i: number, requests: Requests): Promise<void> => {
    const own: number[] = [];
    latencies.push(own);
    for (let n = 0, sent = start; sent < end; n++) {
      sent = performance.now();
      await requests.request(leader, command(`k/${i}/${n % KEYS}`, value));
      own.push(performance.now() - sent);
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, i) => client(i, pool[i % connections]!)));
  const elapsed = (performance.now() - start) / 1000;
  await Promise.all(transports.map((transport) => transport.close()));
  const all = Float64Array.from(latencies.flat()).sort();
  const at = (quantile: number): number => all[Math.floor(quantile * (all.length - 1))]!;
  return { opsPerSecond: all.length / elapsed, p50Ms: at(0.5), p99Ms: at(0.99) };
}

const failed = (error: unknown): { readonly error: string } => ({ error: String(error) });

process.on('message', (message) => void run(message as Run).then(tell, (error: unknown) => tell(failed(error))));
process.on('disconnect', () => process.exit(1));
