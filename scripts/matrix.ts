/**
 * Runs the tests on several versions of Node, and tries the packed tarball out in each of them, in bun and in deno. Leaves
 * neither processes nor files behind, however it ends.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Children } from './matrix/children.js';
import { runEntry, type Outcome } from './matrix/entry.js';
import { parseOptions, type Options } from './matrix/options.js';
import { copyCheckout, makeProject } from './matrix/package.js';
import { MatrixProgress } from './matrix/progress.js';
import { complaints, isGood, table } from './matrix/report.js';

/** Signals that end the run, with the exit codes that shells give them. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

const root = fileURLToPath(new URL('..', import.meta.url));
const interruption = new AbortController();
let interruptedWith: number | null = null;

for (const [signal, exitCode] of Object.entries(SIGNALS))
  process.on(signal, () => {
    interruptedWith ??= exitCode;
    interruption.abort();
  });

/** One runtime after the other: tests that take time into account do not disturb each other. */
async function runMatrix(options: Options, folder: string, progress: MatrixProgress): Promise<Outcome[]> {
  const [checkout, project, temporary] = ['checkout', 'project', 't'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  mkdirSync(temporary);
  const children = new Children(interruption.signal, temporary);
  progress.say('packing a copy of the checkout');
  copyCheckout(root, checkout);
  await makeProject(checkout, project, children);
  const outcomes: Outcome[] = [];
  for (const runtime of options.runtimes) {
    const outcome = await runEntry(runtime, {
      checkout,
      project,
      temporary,
      children,
      quick: options.quick,
      say: (what) => progress.say(what),
      tested: (files) => progress.tested(files),
    });
    progress.stop();
    process.stderr.write(complaints(outcome));
    if (options.json) process.stdout.write(`${JSON.stringify(outcome.row)}\n`);
    outcomes.push(outcome);
  }
  return outcomes;
}

async function main(): Promise<number> {
  const options = parseOptions();
  const folder = mkdtempSync(join(tmpdir(), 'quorate-matrix-'));
  const progress = new MatrixProgress(root);
  try {
    const outcomes = await runMatrix(options, folder, progress);
    if (!options.json) process.stdout.write(table(outcomes));
    return isGood(outcomes, options.allowMissing) ? 0 : 1;
  } catch (error) {
    if (interruptedWith === null) process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return interruptedWith ?? 1;
  } finally {
    progress.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

process.exitCode = await main();
