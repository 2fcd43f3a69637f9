/**
 * Five HTTP servers, each a process, of which one is slow and one dies in the middle, and a client that balances its requests
 * over them by `fetch`: by one strategy after the other, with the same load for each. Prints what became of it, as latencies
 * that count from when a request was to be sent.
 *
 * It is about strategies, so there are no health checks: a server that refuses a connection is set aside for a second by
 * `setAvailable`, and what it was given until then is lost. See run.ts for what layers of health add.
 */
import { seededRandom, systemClock } from 'quorate/core';
import { createDisplay, type Display } from './display.js';
import { FetchServers } from './fetch-servers.js';
import { recordLoad, type Load } from './load.js';
import { parseOptions, type Options } from './options.js';
import { resultOf, type Result } from './result.js';
import { Run } from './run.js';
import { serverNames } from './servers.js';
import { simulate } from './simulation.js';
import { strategies } from './strategies.js';
import { resultTable } from './table.js';
import { interrupted, runProgram } from '../program.js';

/** Does what was asked for, and prints it. */
async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  const load = recordLoad(options.seed, options.rate, options.requests);
  const results: Result[] = [];
  for await (const result of options.simulate ? simulated(options, load) : run(options, load)) {
    results.push(result);
    if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`);
  }
  if (!options.json) process.stdout.write(`${describe(options, results)}\n${resultTable(results)}\n`);
  return 0;
}

function* simulated(options: Options, load: Load): Generator<Result> {
  for (const strategy of options.strategies) yield simulate(strategy, load);
}

/** Runs one strategy after the other on real servers. */
async function* run(options: Options, load: Load): AsyncGenerator<Result> {
  const servers = new FetchServers();
  const display = createDisplay(options.json, (server) => servers.port(server));
  try {
    for (const strategy of options.strategies) {
      display.say(`Starting servers for ${strategy} ...`);
      const result = runStrategy(strategy, { load, servers, display });
      yield await Promise.race([result, servers.died, interrupted]);
    }
  } finally {
    display.stop();
    await servers.close();
  }
}

interface Parts {
  readonly load: Load;
  readonly servers: FetchServers;
  readonly display: Display;
}

async function runStrategy(strategy: string, { load, servers, display }: Parts): Promise<Result> {
  await servers.start();
  const means = { random: seededRandom(load.seed, 1), now: () => systemClock.now() };
  const balancer = strategies[strategy]!(serverNames, means);
  const run = new Run({ load, balancer, servers, clock: systemClock });
  display.watch(strategy, run, load.requests.length);
  await run.start();
  display.stop();
  return resultOf({ strategy, simulated: false, load, run });
}

function describe({ requests, rate, seed, simulate }: Options, results: readonly Result[]): string {
  const late = Math.max(...results.map(({ sentLateP99Ms }) => sentLateP99Ms));
  const how = simulate ? 'simulated' : `99 % sent at most ${late.toFixed(1)} ms late`;
  return `\n${requests} requests by each strategy, ${rate} a second, of seed ${seed}; ${how}`;
}

await runProgram(main);
