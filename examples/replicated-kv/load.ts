import { setTimeout as sleep } from 'node:timers/promises';
import type { KvClient } from './client.js';
import { noted, type History } from './history.js';
import type { Json } from './kv-state-machine.js';
import type { Progress } from './progress.js';
import type { Workload } from './workload.js';

/** What writing took. */
export interface LoadResult {
  /** From the first call to the last acknowledgement. */
  readonly elapsedMs: number;
  /** From call to acknowledgement, repetitions included, ascending. */
  readonly latenciesMs: Float64Array;
  /** Keys whose acknowledged value a read through the leader did not find, while the run went on. */
  readonly staleReads: readonly string[];
}

/** The pause between two reads: they check and must not weigh on what is measured. */
const READ_PAUSE_MS = 5;

/** Writes everything, `inFlight` at a time, while a reader keeps checking what is acknowledged already. */
export async function runLoad(
  workload: Workload,
  client: KvClient,
  progress: Progress,
  history: History,
  inFlight: number,
): Promise<LoadResult> {
  const load = new Load(workload, client, progress, history);
  const start = performance.now();
  const writers = Array.from({ length: inFlight }, (_, process) => load.write(process));
  await Promise.all([load.readAlong(inFlight), ...writers]);
  const elapsedMs = load.lastAcknowledgedAt - start;
  return { elapsedMs, latenciesMs: load.latenciesMs.sort(), staleReads: load.staleReads };
}

class Load {
  readonly latenciesMs: Float64Array;
  readonly staleReads: string[] = [];
  lastAcknowledgedAt = 0;
  readonly #workload: Workload;
  readonly #client: KvClient;
  readonly #progress: Progress;
  readonly #history: History;
  #next = 0;
  #acknowledged: number[] = [];

  constructor(workload: Workload, client: KvClient, progress: Progress, history: History) {
    this.#workload = workload;
    this.#client = client;
    this.#progress = progress;
    this.#history = history;
    this.latenciesMs = new Float64Array(workload.size);
  }

  /** One caller: takes the next write, waits for its acknowledgement, and so on to the end. */
  async write(process: number): Promise<void> {
    for (;;) {
      await this.#progress.admitted(() => this.#next);
      if (this.#next >= this.#workload.size) return;
      await this.#put(process, this.#next++);
    }
  }

  /** Reads, through the leader, keys at random of those whose write is acknowledged. */
  async readAlong(process: number): Promise<void> {
    await this.#progress.reached(1);
    while (this.#acknowledged.length < this.#workload.size) {
      const index = this.#acknowledged[Math.floor(Math.random() * this.#acknowledged.length)]!;
      await this.#check(process, ...this.#workload.at(index));
      await sleep(READ_PAUSE_MS);
    }
  }

  async #put(process: number, index: number): Promise<void> {
    const [key, value] = this.#workload.at(index);
    const start = performance.now();
    const { node, term } = await noted(
      this.#history,
      { op: 'put', process, key, value },
      { make: () => this.#client.put(key, value), repeats: true, describe: () => ({ outcome: 'ok' }) },
    );
    const at = performance.now();
    this.latenciesMs[index] = at - start;
    this.lastAcknowledgedAt = at;
    this.#acknowledged.push(index);
    this.#progress.acknowledge({ node, term, at });
  }

  async #check(process: number, key: string, expected: Json): Promise<void> {
    const { found, value } = await noted(
      this.#history,
      { op: 'get', process, key },
      { make: () => this.#client.get(key), repeats: true, describe: (reply) => ({ outcome: 'ok', ...reply }) },
    );
    if (!found || JSON.stringify(value) !== JSON.stringify(expected)) this.staleReads.push(key);
  }
}
