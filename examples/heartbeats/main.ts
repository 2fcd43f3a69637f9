/**
 * Five processes beat to a monitor, which shows how strongly it suspects each of them, while one is stopped, one is killed
 * and restarted, one is kept busy and one leaves. Prints how each of that was noticed, and whether anybody was suspected
 * wrongly.
 */
import { localGpid } from 'quorate/id/node';
import { openTcpTransport } from 'quorate/transport/tcp';
import { createDisplay } from './display.js';
import { isGood, type Outcome, type Summary } from './events.js';
import { Member } from './members.js';
import { parseOptions, type Options } from './options.js';
import { CLUSTER, HOST, MONITOR, portOf } from './protocol.js';
import { describe, jsonLine, outcomeTable } from './report.js';
import { Script } from './script.js';
import type { Row } from './table.js';
import { Watcher } from './watcher.js';
import { interrupted, runProgram } from '../program.js';

/** Does what was asked for and returns the exit code. */
async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  await using transport = await openTcpTransport({ id: MONITOR, cluster: CLUSTER, listen: { host: HOST, port: 0 } });
  let deaths = 0;
  const died = (member: Member, how: string): void => {
    deaths++;
    watcher.died(member.id);
    display.tell({ event: 'died', process: member.id, pid: member.pid, how });
  };
  const parts = { monitor: transport.address!, intervalMs: options.intervalMs, died };
  const member = (number: number): Member => new Member(number, parts);
  const members = [member(1), member(2), member(3), member(4), member(5)] as const;
  const rows = (): Row[] => members.map(({ id }) => ({ id, peer: watcher.peer(id), restarts: watcher.restarts(id) }));
  const gpid = localGpid({ ip: HOST, port: portOf(transport.address!) });
  const watcher = new Watcher({ transport, gpid, options, tell: (event) => display.tell(event) });
  const display = createDisplay(options.json, rows);
  try {
    const outcomes = await Promise.race([new Script({ options, members, watcher, display }).run(), interrupted]);
    await watcher.close();
    display.stop();
    await Promise.race([Promise.all(members.map((member) => member.leave())), interrupted]);
    const summary = summarise(options, outcomes, watcher, deaths);
    process.stdout.write(options.json ? jsonLine(summary) : `\n${outcomeTable(outcomes)}\n${describe(summary)}\n`);
    return isGood(summary) ? 0 : 1;
  } finally {
    display.stop();
    await Promise.all(members.map((member) => member.end()));
  }
}

function summarise(options: Options, outcomes: readonly Outcome[], watcher: Watcher, deaths: number): Summary {
  const { detector, intervalMs, timeoutMs } = options;
  const missed = outcomes.filter(({ seen }) => seen === null).length;
  return {
    event: 'summary',
    detector,
    intervalMs,
    timeoutMs,
    processes: 5,
    heartbeats: watcher.received,
    noticed: outcomes.length - missed,
    missed,
    wrongSuspicions: watcher.wrongSuspicions,
    deaths,
  };
}

await runProgram(main);
