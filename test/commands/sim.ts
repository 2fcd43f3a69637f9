import { fork, type ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError } from 'commander';
import * as raft from '../../src/raft/index.js';
import { scenarioOf, type ScenarioOptions } from '../raft/raft-scenario.js';
import { shrinkScenario } from '../raft/shrink-scenario.js';
import { bundledWorker } from './bundled-worker.js';
import type { Block, BlockResult } from './sim-worker.js';

interface Flags {
  readonly runs: number;
  readonly seed: number;
  readonly nodes?: number;
  readonly seconds?: number;
  readonly proposals?: number;
  readonly moderate: boolean;
  readonly twice: boolean;
  readonly json: boolean;
}

const PROTOCOLS = ['raft'];
const BLOCK = 25;
const WORKER = fileURLToPath(new URL('./sim-worker.ts', import.meta.url));

function number(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a number from ${least} to ${most}.`);
  };
}

function parse(): Flags {
  const program = new Command('npm run sim --')
    .description('Runs a protocol in seeded simulations with faults, spread over the cores; stops at a violation.')
    .argument('<protocol>', `one of: ${PROTOCOLS.join(', ')}`)
    .option('--runs <count>', 'how many seeds to run', number(1, 1e9), 1000)
    .option('--seed <first>', 'the first seed', number(0, 0xffff_ffff), 1)
    .option('--nodes <count>', 'how many nodes; by default 3 to 5, by the seed', number(1, 15))
    .option('--seconds <count>', 'simulated seconds of faults in each run; by default 4', number(0.1, 1e6))
    .option('--proposals <count>', 'entries proposed in a simulated second; by default 150', number(0.01, 1e5))
    .option('--moderate', 'the default options and rates of faults, instead of a mixture drawn by the seed', false)
    .option('--twice', 'run each seed twice, and compare', false)
    .option('--json', 'print one JSON object a line', false)
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
  program.parse();
  const [protocol = ''] = program.args;
  if (!PROTOCOLS.includes(protocol)) {
    program.error(`error: unknown protocol "${protocol}"; choose one of: ${PROTOCOLS.join(', ')}`, { exitCode: 2 });
  }
  return program.opts<Flags & Record<string, unknown>>();
}

function scenarioOptions({ nodes, seconds, proposals, moderate }: Flags): Omit<ScenarioOptions, 'seed'> {
  return {
    moderate,
    ...(nodes === undefined ? {} : { nodes: Math.round(nodes) }),
    ...(seconds === undefined ? {} : { faultyMs: seconds * 1000 }),
    ...(proposals === undefined ? {} : { entriesPerSecond: proposals }),
  };
}

/** Hands blocks of seeds to one process a core, and gathers what comes back, in the order of the seeds. */
class Runner {
  readonly #flags: Flags;
  readonly #workers: ChildProcess[] = [];
  readonly #results = new Map<number, BlockResult>();
  #next: number;
  /** Seeds from here on need not run: an earlier one has failed. */
  #end: number;
  #done = 0;
  #reported = performance.now();

  constructor(flags: Flags) {
    this.#flags = flags;
    this.#next = flags.seed;
    this.#end = flags.seed + flags.runs;
  }

  async run(): Promise<BlockResult[]> {
    const script = await bundledWorker(WORKER);
    const count = Math.min(availableParallelism(), Math.ceil(this.#flags.runs / BLOCK));
    try {
      await Promise.all(Array.from({ length: count }, () => this.#work(script)));
    } finally {
      for (const worker of this.#workers) worker.disconnect();
    }
    const inOrder = [...this.#results.values()].sort((a, b) => a.first - b.first);
    const failed = inOrder.findIndex((result) => result.failed !== null);
    return failed < 0 ? inOrder : inOrder.slice(0, failed + 1);
  }

  #work(script: string): Promise<void> {
    const worker = fork(script, { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    this.#workers.push(worker);
    return new Promise((resolve, reject) => {
      worker.on('error', reject);
      worker.on('exit', (code) => reject(new Error(`a worker ended with exit code ${code}`)));
      worker.on('message', (result: BlockResult) => {
        this.#take(result);
        if (!this.#give(worker)) resolve();
      });
      if (!this.#give(worker)) resolve();
    });
  }

  #give(worker: ChildProcess): boolean {
    if (this.#next >= this.#end) return false;
    const { runs, seed, twice } = this.#flags;
    const count = Math.min(BLOCK, seed + runs - this.#next);
    const block: Block = { first: this.#next, count, twice, options: scenarioOptions(this.#flags) };
    this.#next += count;
    worker.send(block);
    return true;
  }

  #take(result: BlockResult): void {
    this.#results.set(result.first, result);
    this.#done += result.runs;
    if (result.failed !== null) this.#end = Math.min(this.#end, result.failed.seed);
    if (performance.now() - this.#reported < 1000) return;
    this.#reported = performance.now();
    process.stderr.write(`${this.#done} of ${this.#flags.runs} seeds\n`);
  }
}

function summary(results: readonly BlockResult[], seconds: number): Record<string, unknown> {
  const sum = (of: (result: BlockResult) => number): number => results.reduce((total, one) => total + of(one), 0);
  let trace = 0x811c_9dc5;
  for (const one of results.flatMap((result) => result.traces)) trace = Math.imul(trace ^ one, 0x0100_0193);
  const simulatedSeconds = sum((result) => result.simulatedMs) / 1000;
  return {
    protocol: 'raft',
    runs: sum((result) => result.runs),
    simulatedSeconds: Math.round(simulatedSeconds),
    steps: sum((result) => result.steps),
    violations: sum((result) => (result.failed === null ? 0 : 1)),
    simulatedPerRealSecond: Math.round(simulatedSeconds / seconds),
    trace: (trace >>> 0).toString(16).padStart(8, '0'),
  };
}

/** What a person needs to understand a failure: what it takes to bring it about, and the events that lead to it. */
function explain(flags: Flags, { seed, message }: { seed: number; message: string }): string {
  const options = scenarioOptions(flags);
  const again = process.argv.slice(2).filter((word) => /^--(moderate|twice)$/.test(word));
  for (const name of ['nodes', 'seconds', 'proposals'] as const) {
    if (flags[name] !== undefined) again.push(`--${name}`, String(flags[name]));
  }
  const command = ['npm run sim -- raft --runs 1 --seed', seed, ...again].join(' ');
  process.stderr.write(`${message}\nlooking for what it needs ...\n`);
  const { scenario, message: smallest, recent } = shrinkScenario(scenarioOf({ ...options, seed }), raft);
  const faults = scenario.faults.map((fault) => `  ${JSON.stringify(fault)}`);
  const crashes = scenario.leaderCrashes.map((crash, i) => `  leader ${i + 1}: ${JSON.stringify(crash)}`);
  const changes = scenario.leaderChanges.map((change, i) => `  leader ${i + 1}: ${JSON.stringify(change)}`);
  const actions = scenario.actions.map((action) => `  ${JSON.stringify(action)}`);
  return [
    `run again: ${command}`,
    `it takes: ${scenario.ids.length} nodes with ${JSON.stringify(scenario.raft)}`,
    `${faults.length} faults`,
    ...faults,
    `${crashes.length} elections, of which some leaders crash`,
    ...crashes,
    `${changes.length} elections, of which some leaders are asked at once for a change of members`,
    ...changes,
    `${actions.length} actions of clients`,
    ...actions,
    `and then: ${smallest}, after`,
    recent,
  ].join('\n');
}

const flags = parse();
const start = performance.now();
const results = await new Runner(flags).run();
const result = summary(results, (performance.now() - start) / 1000);
if (flags.json) console.log(JSON.stringify(result));
else console.table(result);
const failed = results.find((block) => block.failed !== null)?.failed;
if (failed !== undefined && failed !== null) {
  process.stderr.write(`${explain(flags, failed)}\n`);
  process.exitCode = 1;
}
