import { Command, InvalidArgumentError } from 'commander';
import { parseArguments, strict } from '../command-line.js';

/** What was asked for. */
export interface Options {
  /** Requests a second. */
  readonly rate: number;
  /** Whether the last server does not get well with the new version, so that all go back. */
  readonly breakLast: boolean;
  /** Whether to print JSON lines. */
  readonly json: boolean;
}

/**
 * Reads the arguments behind the name of the program. `--help` prints and ends the process.
 *
 * @throws UsageError
 */
export function parseOptions(args: readonly string[]): Options {
  const program = parseArguments(describe(), args);
  return program.opts<Options>();
}

function describe(): Command {
  return strict(
    new Command('node --import tsx examples/rolling-restart/main.ts')
      .description('Restarts three HTTP servers with a new version, one after the other, while requests go on.')
      .option('--rate <n>', 'requests a second, 1 to 1000', rate, 200)
      .option('--break-last', 'the new version does not get well on the last server, so that all go back', false)
      .option('--json', 'one JSON object a line', false)
      .addHelpText(
        'after',
        '\nExit codes: 0 no request failed and it came to the end that was expected, 1 otherwise, 2 the call is wrong.',
      ),
  );
}

function rate(text: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (value >= 1 && value <= 1000) return value;
  throw new InvalidArgumentError('It must be a whole number from 1 to 1000.');
}
