import { Command, InvalidArgumentError, Option } from 'commander';
import { parseArguments, strict } from '../command-line.js';
import { detectors } from './detectors.js';
import { UsageError } from '../errors.js';

/** What was asked for. */
export interface Options {
  readonly detector: string;
  /** How often members beat. */
  readonly intervalMs: number;
  /** After how much silence detectors are to suspect. */
  readonly timeoutMs: number;
  /** Whether everything happens at once, and there are no pauses to look. */
  readonly fast: boolean;
  /** Whether to print JSON lines. */
  readonly json: boolean;
}

/**
 * A loaded machine lets a process wait for its turn, but rarely for two seconds; a shorter silence would make suspicions that
 * are wrong. Ten intervals, since the first lost heartbeats should not matter.
 */
const LEAST_TIMEOUT_MS = 2000;
const TIMEOUT_INTERVALS = 10;
/** Beyond that phi would be above what detectors take. */
const MOST_INTERVALS = 500;

/**
 * Reads the arguments behind the name of the program. `--help` prints and ends the process.
 *
 * @throws UsageError
 */
export function parseOptions(args: readonly string[]): Options {
  const program = parseArguments(describe(), args);
  const { interval, timeout, ...flags } = program.opts<Flags>();
  const timeoutMs = timeout ?? Math.max(LEAST_TIMEOUT_MS, TIMEOUT_INTERVALS * interval);
  if (timeoutMs < 2 * interval || timeoutMs > MOST_INTERVALS * interval) {
    throw new UsageError(`--timeout ${timeoutMs} must be from 2 to ${MOST_INTERVALS} times --interval ${interval}`);
  }
  return { ...flags, intervalMs: interval, timeoutMs };
}

interface Flags {
  readonly detector: string;
  readonly interval: number;
  readonly timeout?: number;
  readonly fast: boolean;
  readonly json: boolean;
}

function describe(): Command {
  return strict(
    new Command('node --import tsx examples/heartbeats/main.ts')
      .description(
        'Watches the heartbeats of five processes while one is stopped, one is killed and restarted, one is kept busy and ' +
          'one leaves: what is noticed, after how long, and whether anybody is suspected wrongly.',
      )
      .addOption(
        new Option('--detector <name>', 'what judges silence').choices(Object.keys(detectors)).default('fixed'),
      )
      .option('--interval <ms>', 'how often the processes beat, 10 to 10000', wholeNumber(10, 10_000), 200)
      .option(
        '--timeout <ms>',
        'silence after which a process that beats regularly is suspected; bertier chooses a shorter one\n' +
          `(default: ${LEAST_TIMEOUT_MS}, or ${TIMEOUT_INTERVALS} intervals when that is more)`,
        wholeNumber(20, 100_000),
      )
      .option('--fast', 'everything at once, without pauses to look at it', false)
      .option('--json', 'one JSON object for each event and for the summary, a line each', false)
      .addHelpText(
        'after',
        '\nExit codes: 0 all was noticed and nobody was suspected wrongly, 1 it was not so, 2 the call is wrong.',
      ),
  );
}

function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  };
}
