/**
 * A replicated key-value store in processes of its own, whose leader is killed while a client writes. Prints what it
 * took, and whether anything was lost. See docs/guide/replicated-kv.md.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Authority } from './certificates.js';
import { Cluster } from './cluster.js';
import { runCommand } from './commands.js';
import { runDemo, type DemoParts } from './demo.js';
import { reasonOf } from './errors.js';
import { noHistory, openHistory } from './history.js';
import { KeptCluster } from './keep.js';
import { createNarrator } from './narrator.js';
import { parseCall, type Options } from './options.js';
import { makeJournalFolder } from './place.js';
import { RecordedHistory } from './recorded-history.js';
import { complaints, isGood, jsonLine, table, type Result } from './report.js';
import { fileRecords, mimeRecords, Workload } from './workload.js';
import { interrupted, runProgram } from '../program.js';

/** Does what was asked for and returns the exit code. */
async function main(): Promise<number> {
  const call = parseCall(process.argv.slice(2));
  return 'command' in call ? await Promise.race([runCommand(call.command), interrupted]) : await runOnce(call.run);
}

async function runOnce(options: Options): Promise<number> {
  const { records, note } = options.input === undefined ? mimeRecords() : fileRecords(options.input);
  const file = options.history === undefined ? noHistory : openHistory(options.history);
  const history = new RecordedHistory(file, options.ops * (options.nodes + 1));
  const narrator = createNarrator();
  if (note !== null) narrator.say(note);
  if (options.nodes < 3) narrator.say(noMajority(options.nodes));
  const result = await run({ options, workload: new Workload(records, options.ops), history, narrator });
  if (!(options.keep && isGood(result))) tell(options, result);
  return isGood(result) ? 0 : 1;
}

/**
 * Runs the demo, and leaves neither processes nor files behind, however it ends. A cluster that is to stay, and about
 * which all is well, does so until somebody ends it.
 */
async function run(parts: Omit<DemoParts, 'cluster' | 'authority' | 'stopped'>): Promise<Result> {
  const { options, history, narrator } = parts;
  const directory = makeJournalFolder();
  const authority = options.secure ? await createAuthority() : null;
  const cluster = new Cluster(options.nodes, directory, { firstPort: options.port, authority });
  let kept: KeptCluster | null = null;
  try {
    if (options.keep) kept = await KeptCluster.prepare({ cluster, directory, authority, narrator });
    const stopped = Promise.race([cluster.failure, interrupted, ...(kept === null ? [] : [kept.stoppedEarly()])]);
    const result = await runDemo({ ...parts, cluster, authority, stopped });
    if (kept !== null && isGood(result)) {
      tell(options, result);
      await kept.stay(interrupted);
    }
    await (kept === null ? Promise.race([cluster.stop(), interrupted]) : cluster.stop());
    return result;
  } finally {
    narrator.stop();
    await cluster.killAll();
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
    history.close();
    await kept?.leave();
  }
}

/** Loaded only when it is needed: what makes certificates takes a while to load. */
async function createAuthority(): Promise<Authority> {
  const { Authority } = await import('./certificates.js');
  return await Authority.create();
}

function tell(options: Options, result: Result): void {
  process.stdout.write(`${options.json ? jsonLine(options, result) : table(options, result)}\n`);
  for (const complaint of complaints(result)) process.stderr.write(`${complaint}\n`);
  if (result.consistency.violation !== null) writePage(options, result.consistency.violation.page);
}

/** Shows a violation: beside the history file where there is one, otherwise in the folder for temporary files. */
function writePage(options: Options, page: string): void {
  const path =
    options.history === undefined ? join(tmpdir(), `quorate-violation-${process.pid}.html`) : `${options.history}.html`;
  try {
    writeFileSync(path, page);
    process.stderr.write(`a timeline of the violation: ${path}\n`);
  } catch (error) {
    process.stderr.write(`cannot write a timeline of the violation to ${path}: ${reasonOf(error)}\n`);
  }
}

function noMajority(nodes: number): string {
  const left = nodes === 1 ? 'nobody is left' : 'one of two is no majority';
  return `no kill is survived here (${left}): the dead process is restarted at once, and failover includes that`;
}

await runProgram(main);
