import type { Load } from './load.js';
import type { Errors, Run } from './run.js';

/** What a strategy made of the load; with `--json` a line. */
export interface Result {
  readonly strategy: string;
  /** Whether it ran on virtual time. */
  readonly simulated: boolean;
  readonly seed: number;
  /** Requests a second. */
  readonly rate: number;
  readonly requests: number;
  readonly answered: number;
  readonly failed: number;
  /** What became of those that failed. */
  readonly errors: Readonly<Errors>;
  /** Of the requests that were answered, from when they were to be sent; `null` if none was. */
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly maxMs: number | null;
  /** By how much the client was late, at the 99th percentile: what of the latencies is due to this machine. */
  readonly sentLateP99Ms: number;
  /** How many requests each server was given. */
  readonly picked: Readonly<Record<string, number>>;
}

/** What a run is told of, once it is over. */
export interface RunFacts {
  readonly strategy: string;
  readonly simulated: boolean;
  readonly load: Load;
  readonly run: Run;
}

export function resultOf({ strategy, simulated, load, run }: RunFacts): Result {
  const { refused, broken, late, unsent } = run.errors;
  const { seed, rate, requests } = load;
  return {
    strategy,
    simulated,
    seed,
    rate,
    requests: requests.length,
    answered: run.latencies.length,
    failed: refused + broken + late + unsent,
    errors: run.errors,
    p50Ms: quantile(run.latencies, 0.5),
    p99Ms: quantile(run.latencies, 0.99),
    maxMs: quantile(run.latencies, 1),
    sentLateP99Ms: quantile(run.delays, 0.99) ?? 0,
    picked: Object.fromEntries(run.servers.map(({ name, picked }) => [name, picked])),
  };
}

/** The least value that this part of all values does not exceed, to the microsecond; `null` of no values. */
export function quantile(values: readonly number[], part: number): number | null {
  const sorted = Float64Array.from(values).sort();
  const value = sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)];
  return value === undefined ? null : Math.round(value * 1000) / 1000;
}
