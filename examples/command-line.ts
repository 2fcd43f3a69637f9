import { CommanderError, type Command } from 'commander';
import { UsageError } from './errors.js';

/** A command that takes nothing but what it names, and leaves it to {@link parseArguments} to complain. */
export function strict(command: Command): Command {
  return command
    .helpOption('--help', 'print this')
    .helpCommand(false)
    .allowExcessArguments(false)
    .showSuggestionAfterError(false)
    .configureOutput({ writeErr: () => {} })
    .exitOverride();
}

/**
 * Parses the arguments behind the name of the program. `--help` prints and ends the process.
 *
 * @throws UsageError
 */
export function parseArguments(program: Command, args: readonly string[]): Command {
  try {
    return program.parse(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) process.exit(0); // the help was asked for, and is printed
    throw new UsageError(`${error.message.replace(/^error: /, '').replaceAll('\n', ' ')} (--help lists the options)`);
  }
}
