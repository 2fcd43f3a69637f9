/**
 * A replicated key-value store in processes of its own, whose leader is killed while a client writes. Prints what it
 * took, and whether anything was lost. See docs/guide/replicated-kv.md.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cluster } from './cluster.js';
import { runDemo } from './demo.js';
import { messageOf, reasonOf, UsageError } from './errors.js';
import { noHistory, openHistory } from './history.js';
import { createNarrator, type Narrator } from './narrator.js';
import { parseOptions, type Options } from './options.js';
import { RecordedHistory } from './recorded-history.js';
import { complaints, isGood, jsonLine, table, type Result } from './report.js';
import { fileRecords, mimeRecords, Workload } from './workload.js';

/** Signals that end the demo, with the exit codes that shells give them. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** The exit code of the signal that came; `null` while none has. */
let interruptedWith: number | null = null;

/** Rejects when a signal comes. From then on further ones change nothing: everything is being ended already. */
const interrupted = new Promise<never>((_, reject) => {
  for (const [signal, exitCode] of Object.entries(SIGNALS)) {
    process.on(signal, () => {
      interruptedWith ??= exitCode;
      reject(new Error(signal));
    });
  }
});

interrupted.catch(() => {}); // it may come when nobody waits for it

/** Does what was asked for and returns the exit code. */
async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  const { records, note } = options.input === undefined ? mimeRecords() : fileRecords(options.input);
  const file = options.history === undefined ? noHistory : openHistory(options.history);
  const history = new RecordedHistory(file, options.ops * (options.nodes + 1));
  const narrator = createNarrator();
  if (note !== null) narrator.say(note);
  if (options.nodes < 3) narrator.say(noMajority(options.nodes));
  const result = await run(options, new Workload(records, options.ops), history, narrator);
  process.stdout.write(`${options.json ? jsonLine(options, result) : table(options, result)}\n`);
  for (const complaint of complaints(result)) process.stderr.write(`${complaint}\n`);
  if (result.consistency.violation !== null) writePage(options, result.consistency.violation.page);
  return isGood(result) ? 0 : 1;
}

/** Runs the demo, and leaves neither processes nor files behind, however it ends. */
async function run(
  options: Options,
  workload: Workload,
  history: RecordedHistory,
  narrator: Narrator,
): Promise<Result> {
  const directory = makeDirectory();
  const cluster = new Cluster(options.nodes, directory);
  try {
    const stopped = Promise.race([cluster.failure, interrupted]);
    const result = await runDemo({ options, workload, cluster, history, narrator, stopped });
    await Promise.race([cluster.stop(), interrupted]);
    return result;
  } finally {
    narrator.stop();
    await cluster.killAll();
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
    history.close();
  }
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

function makeDirectory(): string {
  try {
    return mkdtempSync(join(tmpdir(), 'quorate-kv-'));
  } catch (error) {
    const remedy = 'set TMPDIR to a folder that can be written';
    throw new UsageError(`cannot create a folder for the journals in ${tmpdir()}: ${reasonOf(error)}; ${remedy}`);
  }
}

function exitCodeOf(error: unknown): number {
  if (interruptedWith !== null) return interruptedWith;
  process.stderr.write(`${messageOf(error)}\n`);
  return error instanceof UsageError ? 2 : 1;
}

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', () => {}); // whoever read it has left; the exit code still tells
}
process.exit(await main().catch(exitCodeOf));
