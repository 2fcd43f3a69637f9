/**
 * The client process: closed-loop clients, each of which puts the next value when the previous put was acknowledged,
 * over a few connections that they share. One run for each message; the answer has the rate and the latencies.
 */
import type { NodeId } from 'quorate/core';
import { systemClock } from 'quorate/core';
import { openRequests, type Requests } from 'quorate/host';
import { openTcpTransport } from 'quorate/transport/tcp';
import { put } from './put-machine.js';

/** What {@link Cluster} asks of the client process. */
export interface Run {
  readonly leader: NodeId;
  readonly address: string;
  readonly clients: number;
  readonly connections: number;
  readonly valueBytes: number;
  readonly seconds: number;
  /** Ends after so many puts, if not before. @defaultValue none */
  readonly puts?: number;
  /** How many keys each client has. @defaultValue as many as in the peer's program */
  readonly keys?: number;
}

/** What the client process is told: one run after another, and `end` for the end of one. */
export type ToClient = { readonly type: 'run'; readonly run: Run } | { readonly type: 'end' };

/** What came of a {@link Run}. */
export interface Load {
  readonly opsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const KEYS = 1000;

/** When the run under way ends. */
let end = 0;

function tell(answer: Load | { readonly error: string }): void {
  process.send!(answer);
}

async function run(options: Run): Promise<Load> {
  const { leader, address, clients, connections, valueBytes, seconds, puts = Infinity, keys = KEYS } = options;
  const transports = await Promise.all(
    Array.from({ length: connections }, (_, i) => {
      return openTcpTransport({ id: `client-${i}`, cluster: 'bench', listen: null, addresses: { [leader]: address } });
    }),
  );
  try {
    await Promise.all(transports.map((transport) => transport.connected(leader)));
    const pool = transports.map((transport) => openRequests(transport.channel('put'), { clock: systemClock }));
    const value = new Uint8Array(valueBytes).fill(118);
    const latencies: number[][] = [];
    const start = performance.now();
    end = start + seconds * 1000;
    let left = puts;
    const client = async (i: number, requests: Requests): Promise<void> => {
      const own: number[] = [];
      latencies.push(own);
      for (let n = 0, sent = start; sent < end && left-- > 0; n++) {
        sent = performance.now();
        await requests.request(leader, put(`k/${i}/${n % keys}`, value));
        own.push(performance.now() - sent);
      }
    };
    await Promise.all(Array.from({ length: clients }, (_, i) => client(i, pool[i % connections]!)));
    return loadOf(latencies, (performance.now() - start) / 1000);
  } finally {
    await Promise.all(transports.map((transport) => transport.close()));
  }
}

function loadOf(latencies: readonly (readonly number[])[], seconds: number): Load {
  const all = Float64Array.from(latencies.flat()).sort();
  const at = (quantile: number): number => all[Math.floor(quantile * (all.length - 1))]!;
  return { opsPerSecond: all.length / seconds, p50Ms: at(0.5), p99Ms: at(0.99) };
}

const failed = (error: unknown): { readonly error: string } => ({ error: String(error) });

function obey(message: ToClient): void {
  if (message.type === 'end') end = 0;
  else void run(message.run).then(tell, (error: unknown) => tell(failed(error)));
}

process.on('message', (message) => obey(message as ToClient));
process.on('disconnect', () => process.exit(1));
