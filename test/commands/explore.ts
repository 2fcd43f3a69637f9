import { Command, InvalidArgumentError } from 'commander';
import { models } from '../models/index.js';
import { ExplorePool } from './explore-pool.js';
import { exploreRun, type ExploreReport, type ExploreRun } from './explore-run.js';

interface Flags {
  readonly size?: readonly number[];
  readonly depthFirst?: boolean;
  readonly symmetry?: boolean;
  readonly bug?: string;
  readonly maxStates: number;
  readonly seconds?: number;
  readonly json?: boolean;
}

const MAX_SIZE = 1000;
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
const names = Object.keys(models);

function number(least: number, most: number, whole = true): (text: string) => number {
  return (text) => {
    const value = Number(text);
    const fits = text.trim() !== '' && value >= least && value <= most && (!whole || Number.isInteger(value));
    if (fits) return value;
    throw new InvalidArgumentError(`It must be a ${whole ? 'whole ' : ''}number from ${least} to ${most}.`);
  };
}

/** `3` or `3..5`. */
function sizes(text: string): readonly number[] {
  const parse = number(1, MAX_SIZE);
  const [first = NaN, last = first, ...rest] = text.split('..').map(parse);
  if (rest.length > 0 || last < first) throw new InvalidArgumentError('It must be like 3, or like 3..5.');
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

const program = new Command('npm run explore --')
  .description(
    'Visits every state of models and checks their properties; stops at a violation or at a bound. Several models or ' +
      'sizes are several runs, each in a process of its own, one a core at a time; bounds are for each.',
  )
  .argument('[models...]', `all, or some of: ${names.join(', ')}`)
  .option('--size <sizes>', 'how large models are, like 3 or 3..5: what it counts is printed', sizes)
  .option('--depth-first', 'search depth-first: less memory, longer counterexamples')
  .option('--symmetry', 'explore one of the states that differ in the names of equal parts only')
  .option('--bug <name>', 'plant a bug, for models that have some: paxos has lowest and noRaise')
  .option('--max-states <number>', 'stop at this many states', number(1, 2 ** 31), 50_000_000)
  .option('--seconds <number>', 'stop after so long', number(0.001, 1e9, false))
  .option('--json', 'print one JSON object a line, one a run, in the order in which they were asked for')
  .addHelpText('after', '\nExit codes: 0 nothing is violated, 1 something is, 2 wrong call.')
  .configureOutput({ outputError: (text, write) => write(text.replaceAll('\n', ' ').trim() + '\n') })
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

program.parse();
const flags = program.opts<Flags & Record<string, unknown>>();
const runs = runsOf(program.args);
if (runs.length === 1) runHere(runs[0]!);
else await runApart(runs);

/** All models in all sizes, model by model. */
function runsOf(asked: readonly string[]): readonly ExploreRun[] {
  if (asked.length === 0) program.error(`which model? choose one of: ${names.join(', ')}`);
  const chosen = asked.flatMap((name) => (name === 'all' ? names : [name]));
  const { size, json: _, ...options } = flags;
  return chosen.flatMap((model) => {
    checkModel(model);
    const { defaultSize } = models[model]!;
    return (size ?? [defaultSize]).map((each): ExploreRun => ({ ...options, model, size: each }));
  });
}

function checkModel(name: string): void {
  const model = Object.hasOwn(models, name) ? models[name]! : program.error(unknownModel(name));
  const size = flags.size?.at(-1) ?? 0;
  if (size > model.maxSize) program.error(`--size is ${size}; ${name} takes at most ${model.maxSize} ${model.sizeOf}`);
  if (flags.bug !== undefined && model.bugs?.includes(flags.bug) !== true) {
    program.error(`--bug is "${flags.bug}"; ${name} has ${model.bugs?.join(' and ') ?? 'none'}`);
  }
  if (flags.symmetry === true && model.runSymmetric === undefined) program.error(`${name} has no symmetry`);
}

function unknownModel(name: string): string {
  return `unknown model "${name}"; choose one of: ${names.join(', ')}`;
}

/** The only run, in this process. */
function runHere(run: ExploreRun): void {
  const { line, outcomes, remarks } = exploreRun(run);
  if (flags.json === true) {
    console.log(JSON.stringify(line));
  } else {
    console.log(`${run.model}, ${run.size} ${models[run.model]!.sizeOf}`);
    console.table(line);
    for (const outcome of outcomes) console.log(outcome);
  }
  for (const remark of remarks) process.stderr.write(`${remark}\n`);
  if (line.violation !== null) process.exitCode = 1;
}

/** Several runs, each in a process of its own. */
async function runApart(all: readonly ExploreRun[]): Promise<void> {
  const pool = new ExplorePool(all);
  let stopped = false;
  for (const [signal, exitCode] of Object.entries(SIGNALS)) {
    process.once(signal, () => {
      stopped = true;
      void pool.end().then(() => process.exit(exitCode));
    });
  }
  const reports: ExploreReport[] = [];
  await pool.run((report) => {
    const { line, remarks } = report;
    reports.push(report);
    if (flags.json === true) console.log(JSON.stringify(line));
    for (const remark of remarks) process.stderr.write(`${line.model} ${line.size}: ${remark}\n`);
    if (line.violation !== null) process.exitCode = 1;
  });
  if (!stopped && flags.json !== true) printTable(reports);
}

function printTable(reports: readonly ExploreReport[]): void {
  console.table(reports.map(({ line: { model, size, ...rest } }) => ({ model, size, ...rest })));
  for (const { line, outcomes } of reports) {
    for (const outcome of outcomes) console.log(`${line.model} ${line.size}: ${outcome}`);
  }
}
