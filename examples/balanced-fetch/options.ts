import { Command, InvalidArgumentError, Option } from 'commander';
import { parseArguments, strict } from '../command-line.js';
import { MEAN_WORK_MS } from './load.js';
import { servers } from './servers.js';
import { strategies, usualStrategies } from './strategies.js';

/** What was asked for. */
export interface Options {
  /** How many requests each strategy gets. */
  readonly requests: number;
  /** Requests a second. */
  readonly rate: number;
  /** Decides when requests come, how long they take, and the lots that strategies draw. */
  readonly seed: number;
  readonly strategies: readonly string[];
  /** Whether to compute it on virtual time instead of running servers. */
  readonly simulate: boolean;
  /** Whether to print JSON lines. */
  readonly json: boolean;
}

const USUAL_SECONDS = 8;
const MOST_REQUESTS = 1_000_000;

/** What the servers can do with one of them dead, as requests a second. */
const CAPACITY = servers
  .filter(({ dies }) => !dies)
  .reduce((sum, { slowness }) => sum + 1000 / (MEAN_WORK_MS * slowness), 0);
const MOST_RATE = Math.floor(0.9 * CAPACITY);

/**
 * Reads the arguments behind the name of the program. `--help` prints and ends the process.
 *
 * @throws UsageError
 */
export function parseOptions(args: readonly string[]): Options {
  const program = parseArguments(describe(), args);
  const { seconds = USUAL_SECONDS, requests, ...flags } = program.opts<Flags>();
  return { ...flags, requests: requests ?? seconds * flags.rate };
}

interface Flags extends Omit<Options, 'requests'> {
  readonly requests?: number;
  readonly seconds?: number;
}

function describe(): Command {
  return strict(
    new Command('node --import tsx examples/balanced-fetch/main.ts')
      .description(
        'Balances requests over five HTTP servers, of which one is slow and one dies in the middle, by one strategy after\n' +
          'the other: the same load for each, and what becomes of it.',
      )
      .addOption(
        new Option('--requests <n>', 'requests for each strategy, 1 to 1000000')
          .argParser(wholeNumber(1, MOST_REQUESTS))
          .conflicts('seconds'),
      )
      .option('--seconds <n>', `for so long instead, 1 to 3600 (default: ${USUAL_SECONDS})`, wholeNumber(1, 3600))
      .option(
        '--rate <n>',
        `requests a second, 1 to ${MOST_RATE}; four servers can do ${Math.floor(CAPACITY)}`,
        wholeNumber(1, MOST_RATE),
        200,
      )
      .option('--seed <n>', 'decides the load, and the lots that strategies draw', wholeNumber(0, 0xffff_ffff), 1)
      .addOption(
        new Option('--strategies <names>', `of ${Object.keys(strategies).join(', ')}; with commas between them`)
          .argParser(names)
          .default(usualStrategies, usualStrategies.join()),
      )
      .option('--simulate', 'no servers, but what they would do, on virtual time: exact, and at once', false)
      .option('--json', 'one JSON object a line for each strategy', false)
      .addHelpText('after', '\nExit codes: 0 it ran to its end, 1 it did not, 2 the call is wrong.'),
  );
}

function names(text: string): string[] {
  const given = [...new Set(text.split(','))];
  const wrong = given.find((name) => !Object.hasOwn(strategies, name));
  if (wrong === undefined) return given;
  throw new InvalidArgumentError(`"${wrong}" is none of ${Object.keys(strategies).join(', ')}.`);
}

function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  };
}
