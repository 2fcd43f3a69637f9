import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { runtimes, type Runtime } from './runtimes.js';

/** What the command was asked for. */
export interface Options {
  readonly runtimes: readonly Runtime[];
  readonly quick: boolean;
  readonly json: boolean;
  readonly allowMissing: boolean;
}

/** Reads the arguments. Ends the process where there is nothing to run: `--help`, or a call that is wrong (2). */
export function parseOptions(): Options {
  const names = runtimes.map(({ name }) => name).join(', ');
  const command = new Command('npm run matrix --')
    .description(
      'Runs the tests on several versions of Node. In each, and in bun and deno, loads the packed tarball\n' +
        'by import and by require and tries it out.',
    )
    .option('--only <names>', `some of: ${names} (a comma between two)`, chosen, runtimes)
    .option('--quick', 'leave the tests out', false)
    .option('--json', 'one JSON object a line on standard output', false)
    .option('--allow-missing', 'exit with 0 although a runtime could not be had', false)
    .helpOption('--help', 'print this')
    .addHelpText('after', help())
    .allowExcessArguments(false)
    .exitOverride();
  try {
    command.parse();
  } catch (error) {
    if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : 2);
    throw error;
  }
  const { only, ...flags } = command.opts<Omit<Options, 'runtimes'> & { only: readonly Runtime[] }>();
  return { runtimes: only, ...flags };
}

function chosen(text: string): Runtime[] {
  const wished = text.split(',').map((name) => name.trim());
  const unknown = wished.find((name) => !runtimes.some((runtime) => runtime.name === name));
  if (unknown !== undefined)
    throw new InvalidArgumentError(`There is no "${unknown}", but ${runtimes.map(({ name }) => name).join(', ')}.`);
  return runtimes.filter(({ name }) => wished.includes(name));
}

function help(): string {
  const variables = runtimes.map(({ variable }) => variable).join(', ');
  return (
    `\nRuntimes are installed from the npm registry for the time of the run. An environment variable can name a\n` +
    `program instead: ${variables}.\n` +
    '\nExit codes: 0 all is well, 1 something failed or could not be had, 2 the call is wrong.'
  );
}
