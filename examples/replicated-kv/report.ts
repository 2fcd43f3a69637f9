import Table from 'cli-table3';
import type { LoadResult } from './load.js';
import type { Options } from './options.js';
import type { Consistency } from './recorded-history.js';
import type { Verdict } from './verification.js';

/** What a run has shown. */
export interface Result {
  readonly load: LoadResult;
  readonly failoverMs: readonly number[];
  readonly verdict: Verdict;
  readonly consistency: Consistency;
}

/** How many keys are named when something is wrong. */
const NAMED_KEYS = 10;

/** Whether everything that was acknowledged is there and the same everywhere, and no history proves the contrary. */
export function isGood({ load, verdict, consistency }: Result): boolean {
  const wrong = load.staleReads.length + verdict.lost.length + verdict.foreign.length + verdict.unequal.length;
  return wrong === 0 && consistency.linearizable !== false;
}

/** The result as one line of JSON. */
export function jsonLine(options: Options, result: Result): string {
  const { load, failoverMs } = result;
  return JSON.stringify({
    engine: 'raft',
    nodes: options.nodes,
    operations: options.ops,
    opsPerSecond: Math.round(opsPerSecond(options, load)),
    p50Ms: rounded(percentile(load.latenciesMs, 50)),
    p99Ms: rounded(percentile(load.latenciesMs, 99)),
    failoverMs: failoverMs.map(rounded),
    lost: lostKeys(result).length,
    replicasEqual: replicasEqual(result),
    linearizable: result.consistency.linearizable,
  });
}

/** The result as a table. */
export function table(options: Options, result: Result): string {
  const { load, failoverMs } = result;
  const rows = new Table({
    head: ['Raft, ' + plural(options.nodes, 'process', 'processes'), ''],
    style: { head: [], border: [] },
  });
  rows.push(
    ['operations', options.ops.toLocaleString('en')],
    ['ops/s', Math.round(opsPerSecond(options, load)).toLocaleString('en')],
    ['latency p50', `${percentile(load.latenciesMs, 50).toFixed(1)} ms`],
    ['latency p99', `${percentile(load.latenciesMs, 99).toFixed(1)} ms`],
    ...failoverMs.map((ms, i) => [`SIGKILL ${i + 1} to first acknowledgement`, `${ms.toFixed(0)} ms`]),
    ['acknowledged writes lost', lostKeys(result).length],
    ['replicas equal', replicasEqual(result) ? 'yes' : 'no'],
    ['history linearizable', linearizable(result)],
    ['seed', options.seed],
  );
  return rows.toString();
}

/** A line for each thing that is wrong, with keys. */
export function complaints(result: Result): string[] {
  const { lost, foreign, unequal } = result.verdict;
  const { linearizable, violation } = result.consistency;
  return [
    linearizable === null
      ? 'whether the history is linearizable could not be told: the budget of the check ran out'
      : null,
    complaint('with a history that is not linearizable', violation === null ? [] : [violation.key]),
    complaint('acknowledged and lost', lost),
    complaint('acknowledged and not found by a read through the leader', result.load.staleReads),
    complaint('not the same on all servers', unequal),
    complaint('never written, and yet there', foreign),
  ].flatMap((line) => line ?? []);
}

function complaint(what: string, keys: readonly string[]): string | null {
  if (keys.length === 0) return null;
  const named = keys.slice(0, NAMED_KEYS).map((key) => JSON.stringify(key));
  const more = keys.length > NAMED_KEYS ? ` and ${keys.length - NAMED_KEYS} more` : '';
  return `${plural(keys.length, 'key', 'keys')} ${what}: ${named.join(', ')}${more}`;
}

/** What a read did not find counts as lost, even if it turned up later: it was acknowledged before that read. */
function lostKeys({ load, verdict }: Result): readonly string[] {
  return [...new Set([...verdict.lost, ...load.staleReads])];
}

function linearizable({ consistency }: Result): string {
  if (consistency.linearizable === null) return 'unknown: the budget ran out';
  return consistency.linearizable ? 'yes' : 'no';
}

function replicasEqual({ verdict }: Result): boolean {
  return verdict.unequal.length === 0;
}

function opsPerSecond({ ops }: Options, { elapsedMs }: LoadResult): number {
  return ops / (elapsedMs / 1000);
}

/** The nearest-rank percentile of ascending values. */
function percentile(ascending: Float64Array, percent: number): number {
  return ascending[Math.max(0, Math.ceil((ascending.length * percent) / 100) - 1)]!;
}

function rounded(ms: number): number {
  return Math.round(ms * 100) / 100;
}

function plural(count: number, one: string, many: string): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}
