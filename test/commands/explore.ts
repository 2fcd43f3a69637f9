import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Command, InvalidArgumentError } from 'commander';
import {
  formatPath,
  type ExploreOptions,
  type ExploreProgress,
  type ExploreResult,
  type PropertyResult,
} from '../../src/testing/index.js';
import { models, type NamedModel } from '../models/index.js';

interface Flags {
  readonly size?: number;
  readonly depthFirst?: boolean;
  readonly symmetry?: boolean;
  readonly bug?: string;
  readonly maxStates: number;
  readonly seconds?: number;
  readonly json?: boolean;
}

const names = Object.keys(models).join(', ');

/** How often progress is told, in milliseconds. */
const PROGRESS_MS = 1000;

function number(least: number, most: number, whole = true): (text: string) => number {
  return (text) => {
    const value = Number(text);
    const fits = text.trim() !== '' && value >= least && value <= most && (!whole || Number.isInteger(value));
    if (fits) return value;
    throw new InvalidArgumentError(`It must be a ${whole ? 'whole ' : ''}number from ${least} to ${most}.`);
  };
}

const program = new Command('npm run explore --')
  .description('Visits every state of a model and checks its properties; stops at a violation or at a bound.')
  .argument('[model]', `one of: ${names}`)
  .option('--size <number>', 'how large the model is: what it counts is printed', number(1, 1000))
  .option('--depth-first', 'search depth-first: less memory, longer counterexamples')
  .option('--symmetry', 'explore one of the states that differ in the names of equal parts only')
  .option('--bug <name>', 'plant a bug, for models that have some: paxos has lowest and noRaise')
  .option('--max-states <number>', 'stop at this many states', number(1, 2 ** 31), 50_000_000)
  .option('--seconds <number>', 'stop after so long', number(0.001, 1e9, false))
  .option('--json', 'print one JSON object a line')
  .configureOutput({ outputError: (text, write) => write(text.replaceAll('\n', ' ').trim() + '\n') })
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

program.parse();
const [name = ''] = program.args;
const flags = program.opts<Flags>();
const model = Object.hasOwn(models, name) ? models[name]! : program.error(wrongModel());
const size = flags.size ?? model.defaultSize;
if (size > model.maxSize) program.error(`--size is ${size}; ${name} takes at most ${model.maxSize} ${model.sizeOf}`);
if (flags.bug !== undefined && model.bugs?.includes(flags.bug) !== true) {
  program.error(`--bug is "${flags.bug}"; ${name} has ${model.bugs?.join(' and ') ?? 'none'}`);
}
const search = chooseSearch(model);
process.exitCode = report(run());

function wrongModel(): string {
  return `${name === '' ? 'which model?' : `unknown model "${name}";`} choose one of: ${names}`;
}

function chooseSearch({ run, runSymmetric }: NamedModel): NamedModel['run'] {
  if (flags.symmetry !== true) return run;
  return runSymmetric ?? program.error(`${name} has no symmetry`);
}

function run(): ExploreResult<unknown> {
  let told = performance.now();
  const options: ExploreOptions = {
    order: flags.depthFirst === true ? 'depth-first' : 'breadth-first',
    maxStates: flags.maxStates,
    ...(flags.seconds === undefined ? {} : { maxMs: flags.seconds * 1000 }),
    now: () => performance.now(),
    memory: memoryInUse,
    onProgress: (progress) => {
      if (performance.now() - told < PROGRESS_MS) return;
      told = performance.now();
      tell(progress);
    },
  };
  return search(size, options, flags.bug);
}

function tell({ distinct, generated, depth, waiting, elapsedMs }: ExploreProgress): void {
  const perSecond = Math.round((distinct / elapsedMs) * 1000);
  const counts = `${distinct} states, ${generated} generated, depth ${depth}, ${waiting} waiting`;
  process.stderr.write(`${(elapsedMs / 1000).toFixed(0)} s: ${counts}, ${perSecond} states/s\n`);
}

/** Heap and array buffers after a collection. */
function memoryInUse(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function report(result: ExploreResult<unknown>): number {
  const { distinct, generated, depth, complete, stopped, violation, elapsedMs, memoryBytes } = result;
  const line = {
    model: name,
    distinct,
    generated,
    depth,
    complete,
    violation: violation?.name ?? null,
    statesPerSecond: Math.round((distinct / elapsedMs) * 1000),
    bytesPerState: Math.round(memoryBytes! / distinct),
  };
  if (flags.json === true) console.log(JSON.stringify(line));
  else printTable(line, result.properties);
  if (stopped !== null && stopped !== 'violation') {
    process.stderr.write(`stopped at a bound (${stopped}): not every state was seen\n`);
  }
  if (violation === null) return 0;
  process.stderr.write(describe(violation));
  return 1;
}

function printTable(line: Record<string, unknown>, properties: readonly PropertyResult<unknown>[]): void {
  console.log(`${name}, ${size} ${model.sizeOf}`);
  console.table(line);
  for (const { kind, name: property, outcome } of properties) console.log(`${outcome.padEnd(9)} ${kind} ${property}`);
}

function describe({ kind, name: property, path, loopsTo }: PropertyResult<unknown>): string {
  const steps = path === null ? 'there is no such state' : formatPath(path, loopsTo);
  return `violated: ${kind} ${property}\n${steps}\n`;
}
