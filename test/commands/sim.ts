import { Command, InvalidArgumentError } from 'commander';
import * as raft from '../../src/raft/index.js';
import { runSimulation, type RunResult } from '../raft/raft-simulation.js';

interface Options {
  readonly runs: number;
  readonly seed: number;
  readonly nodes?: number;
  readonly json?: boolean;
}

const PROTOCOLS = ['raft'];

function whole(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
}

const program = new Command('npm run sim --')
  .description('Runs a protocol in seeded simulations with faults, and stops at the first violation.')
  .argument('<protocol>', `one of: ${PROTOCOLS.join(', ')}`)
  .option('--runs <count>', 'how many seeds to run', whole(1, 1e9), 1000)
  .option('--seed <first>', 'the first seed', whole(0, 0xffff_ffff), 1)
  .option('--nodes <count>', 'how many nodes; by default 3 or 5, by the seed', whole(1, 15))
  .option('--json', 'print one JSON object a line')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

program.parse();
const [protocol = ''] = program.args;
if (!PROTOCOLS.includes(protocol))
  program.error(`unknown protocol "${protocol}"; choose one of: ${PROTOCOLS.join(', ')}`);
process.exitCode = simulate(program.opts<Options>());

function simulate({ runs, seed: first, nodes, json = false }: Options): number {
  const start = performance.now();
  const total = { steps: 0, simulatedMs: 0, trace: 0x811c_9dc5 };
  let violation: Error | undefined;
  let done = 0;
  let reported = start;
  for (; done < runs && violation === undefined; done++) {
    try {
      add(total, runSimulation({ seed: first + done, raft, ...(nodes === undefined ? {} : { nodes }) }));
    } catch (error) {
      violation = error as Error;
    }
    if (performance.now() - reported < 1000) continue;
    reported = performance.now();
    process.stderr.write(`${done + 1} of ${runs} seeds\n`);
  }
  const seconds = (performance.now() - start) / 1000;
  const result = {
    protocol,
    runs: done,
    simulatedSeconds: Math.round(total.simulatedMs / 1000),
    steps: total.steps,
    violations: violation === undefined ? 0 : 1,
    simulatedPerRealSecond: Math.round(total.simulatedMs / 1000 / seconds),
    trace: (total.trace >>> 0).toString(16).padStart(8, '0'),
  };
  if (json) console.log(JSON.stringify(result));
  else console.table(result);
  if (violation === undefined) return 0;
  console.error(violation.message);
  return 1;
}

function add(total: { steps: number; simulatedMs: number; trace: number }, run: RunResult): void {
  total.steps += run.steps;
  total.simulatedMs += run.simulatedMs;
  total.trace = Math.imul(total.trace ^ run.trace, 0x0100_0193);
}
