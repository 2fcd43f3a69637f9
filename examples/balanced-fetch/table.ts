import Table from 'cli-table3';
import { quantile, type Result } from './result.js';
import type { ServerTally } from './run.js';
import { servers, slowServer } from './servers.js';

const STYLE = { head: [], border: [], compact: true };

/** The servers while a strategy runs. */
export function serverTable(tallies: readonly ServerTally[], portOf: (server: string) => number | undefined): string {
  const table = new Table({
    head: ['server', 'port', 'share', 'in flight', 'latency', 'answered', 'failed', 'state'],
    // Of the same width all the time, so that nothing jumps.
    colWidths: [10, 7, 7, 11, 11, 10, 8, 22],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'right', 'left'],
    style: STYLE,
  });
  const total = tallies.reduce((sum, { picked }) => sum + picked, 0);
  for (const tally of tallies) {
    const { name, picked, inFlight, answered, failed, recent } = tally;
    const share = total === 0 ? '' : `${((100 * picked) / total).toFixed(0)} %`;
    const port = String(portOf(name) ?? '');
    table.push([name, port, share, inFlight, milliseconds(quantile(recent, 0.5)), answered, failed, stateOf(tally)]);
  }
  return table.toString();
}

/** A server in a line with others. */
export function brief(tally: ServerTally): string {
  const { name, picked, inFlight, recent } = tally;
  return `${name} ${picked} given, ${inFlight} in flight, ${milliseconds(quantile(recent, 0.5)) || '-'}, ${stateOf(tally)}`;
}

function stateOf({ name, dead, setAside }: ServerTally): string {
  const { slowness } = servers.find((server) => server.name === name)!;
  if (dead) return setAside ? 'dead, set aside' : 'dead';
  return slowness === 1 ? 'up' : `up, ${slowness} times slower`;
}

/** What became of the load by each strategy. */
export function resultTable(results: readonly Result[]): string {
  const table = new Table({
    head: ['strategy', 'p50', 'p99', 'longest', 'errors', 'given to the slow one'],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right'],
    style: STYLE,
  });
  for (const { strategy, p50Ms, p99Ms, maxMs, failed, picked, requests } of results) {
    const slow = `${((100 * picked[slowServer]!) / requests).toFixed(1)} %`;
    table.push([strategy, milliseconds(p50Ms), milliseconds(p99Ms), milliseconds(maxMs), failed, slow]);
  }
  return table.toString();
}

function milliseconds(ms: number | null): string {
  return ms === null ? '' : `${ms.toFixed(1)} ms`;
}
