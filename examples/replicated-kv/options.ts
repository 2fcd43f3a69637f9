import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { systemSeed } from 'quorate/core';
import { UsageError } from './errors.js';

/** What the demo was asked for. */
export interface Options {
  /** How many server processes. */
  readonly nodes: number;
  /** How many writes. */
  readonly ops: number;
  /** How many writes are in flight at a time. */
  readonly clients: number;
  /** Decides when processes are killed. */
  readonly seed: number;
  /** The user's own records; otherwise those of mime-db. */
  readonly input?: string;
  /** Where each call and its outcome is written. */
  readonly history?: string;
  /** One JSON line on standard output instead of the table. */
  readonly json: boolean;
}

/**
 * Reads the arguments behind the name of the program. `--help` prints and ends the process.
 *
 * @throws UsageError
 */
export function parseOptions(args: readonly string[]): Options {
  const command = describeOptions();
  try {
    command.parse(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) process.exit(0); // the help was asked for, and is printed
    throw new UsageError(`${error.message.replace(/^error: /, '').replaceAll('\n', ' ')} (--help lists the options)`);
  }
  return { seed: systemSeed(), ...command.opts<Omit<Options, 'seed'>>() };
}

function describeOptions(): Command {
  return new Command('npm run demo --')
    .description(
      'Runs a replicated key-value store in processes of its own, writes to it, kills its leader twice with SIGKILL,\n' +
        'and checks that every process still holds everything that was acknowledged.',
    )
    .option('--nodes <n>', 'server processes, 1 to 9', wholeNumber(1, 9), 3)
    .option('--ops <n>', 'writes, 10 to 10000000', wholeNumber(10, 10_000_000), 150_000)
    .option('--clients <n>', 'writes in flight at a time, 1 to 1024', wholeNumber(1, 1024), 64)
    .option('--seed <n>', 'decides when processes are killed, 0 to 4294967295', wholeNumber(0, 0xffff_ffff))
    .option(
      '--input <file>',
      'JSON lines {"key": string, "value": any JSON} to store (default: the records of mime-db)',
    )
    .option('--history <file>', 'write each call and its outcome as JSON lines, for a linearizability checker')
    .option('--json', 'one JSON line on standard output instead of the table', false)
    .helpOption('--help', 'print this')
    .addHelpText(
      'after',
      '\nExit codes: 0 all is well, 1 something was lost or differs, 2 the call or its input is wrong.',
    )
    .allowExcessArguments(false)
    .showSuggestionAfterError(false)
    .configureOutput({ writeErr: () => {} })
    .exitOverride();
}

function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  };
}
