import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { allMutants } from '../all-mutants.js';
import { plantWithTests, uproot, type Mutant } from '../mutants.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** A suite that runs longer hangs, which the bug has brought about: it counts as found. */
const TIMEOUT_MS = 120_000;

function parse(): { primitives: string[]; json: boolean } {
  const names = Object.keys(allMutants).join(', ');
  const program = new Command('npm run mutants --')
    .description('Plants known bugs in copies of the sources, one at a time, and requires that a named suite fails.')
    .argument('[primitive]', `one of: ${names}; by default all`)
    .option('--json', 'print one JSON object a line', false)
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
  program.parse();
  const [primitive] = program.args;
  if (primitive !== undefined && !(primitive in allMutants)) {
    program.error(`error: unknown primitive "${primitive}"; choose one of: ${names}`, { exitCode: 2 });
  }
  const primitives = primitive === undefined ? Object.keys(allMutants) : [primitive];
  return { primitives, json: program.opts<{ json: boolean }>().json };
}

/** The group of processes that runs suites now. */
let group: number | undefined;

/** Runs suites in a folder; whether they pass. In a group of their own, since a worker that hangs outlives its parent. */
function passes(folder: string, suites: readonly string[]): Promise<boolean> {
  const vitest = `${root}node_modules/vitest/vitest.mjs`;
  const args = [vitest, 'run', '--root', folder, ...suites];
  const child = spawn(process.execPath, args, {
    cwd: root,
    stdio: 'ignore',
    detached: true,
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
  group = child.pid;
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      killGroup();
      resolve(code === 0);
    });
  });
}

/** Ends what is left of the group, if anything is. */
function killGroup(): void {
  if (group === undefined) return;
  try {
    process.kill(-group, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
  group = undefined;
}

/** The mutants that no suite finds. The suites must pass on a copy without a bug, or their failing would say nothing. */
async function survivorsOf(mutants: readonly Mutant[]): Promise<string[]> {
  const harmless: Mutant = { ...mutants[0]!, name: 'no bug', replace: mutants[0]!.find };
  const suites = [...new Set(mutants.map(({ suite }) => suite))];
  const sound = await passes(plantWithTests(harmless), suites);
  uproot(harmless);
  if (!sound) throw new Error(`the suites fail without any bug: ${suites.join(', ')}`);
  const survivors: string[] = [];
  for (const mutant of mutants) {
    const found = !(await passes(plantWithTests(mutant), [mutant.suite]));
    uproot(mutant);
    if (!found) survivors.push(mutant.name);
    process.stderr.write(`${found ? 'found   ' : 'SURVIVES'} ${mutant.name}\n`);
  }
  return survivors;
}

for (const [signal, exitCode] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.once(signal, () => {
    killGroup();
    rmSync(new URL('../../.mutants/', import.meta.url), { recursive: true, force: true });
    process.exit(exitCode);
  });
}

const { primitives, json } = parse();
for (const primitive of primitives) {
  const mutants = allMutants[primitive]!;
  const survivors = await survivorsOf(mutants);
  const result = { primitive, planted: mutants.length, killed: mutants.length - survivors.length, survivors };
  if (json) console.log(JSON.stringify(result));
  else console.log(`${primitive}: ${result.killed} of ${result.planted} planted bugs are found`);
  if (survivors.length > 0) process.exitCode = 1;
}
