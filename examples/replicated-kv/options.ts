import { Command, InvalidArgumentError } from 'commander';
import { parseArguments, strict } from '../command-line.js';
import { systemSeed } from 'quorate/core';
import type { ClientCommand } from './commands.js';
import { UsageError } from '../errors.js';

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
  /** Whether the cluster stays after the run, for other terminals. */
  readonly keep: boolean;
  /** Whether everybody needs a certificate. */
  readonly secure: boolean;
  /** The port of the first server. */
  readonly port?: number;
}

/** What to do: a run, or what another terminal wants of a cluster that stays. */
export type Call = { readonly run: Options } | { readonly command: ClientCommand };

/** The highest port that there is. */
const MAX_PORT = 65_535;

/**
 * Reads the arguments behind the name of the program. `--help` prints and ends the process.
 *
 * @throws UsageError
 */
export function parseCall(args: readonly string[]): Call {
  let call: Call | null = null;
  const program = describeRun((options) => (call = { run: options }));
  describeCommands(program, (command) => (call = { command }));
  parseArguments(program, args);
  return call!;
}

function describeRun(tell: (options: Options) => void): Command {
  return strict(new Command('npm run demo --'))
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
    .option('--keep', 'keep the cluster after the run, for get, put, status and stop in another terminal', false)
    .option('--secure', 'mutual TLS: every server and client has a certificate, made for this run', false)
    .option('--port <n>', 'port of the first server, the others follow (default: free ports)', wholeNumber(1, MAX_PORT))
    .addHelpText(
      'after',
      '\nExit codes: 0 all is well, 1 something was lost or differs, 2 the call or its input is wrong.',
    )
    .enablePositionalOptions() // so that --json behind get belongs to get
    .action((options: Omit<Options, 'seed'>) => tell(checked({ seed: systemSeed(), ...options })));
}

/** What other terminals can do. */
function describeCommands(program: Command, tell: (command: ClientCommand) => void): void {
  const add = (name: string, description: string): Command => {
    const command = strict(program.command(name).description(description));
    return command.option('--json', 'JSON on standard output', false);
  };
  add('get', 'print a value of the cluster that stays; exits with 1 when there is none')
    .argument('<key>')
    .action((key: string, { json }: Json) => tell({ op: 'get', key, json }));
  add('put', 'store a value there: JSON, and what is none is taken as a text')
    .argument('<key>')
    .argument('<value>')
    .action((key: string, value: string, { json }: Json) => tell({ op: 'put', key, value, json }));
  add('status', 'print where its servers stand; exits with 1 when none of them leads').action(({ json }: Json) =>
    tell({ op: 'status', json }),
  );
  add('stop', 'end it, or remove what is left of one that died').action(({ json }: Json) => tell({ op: 'stop', json }));
}

interface Json {
  readonly json: boolean;
}

/** @throws UsageError */
function checked(options: Options): Options {
  const { port, nodes } = options;
  if (port === undefined || port + nodes - 1 <= MAX_PORT) return options;
  throw new UsageError(`--port ${port} leaves no room for ${nodes} servers: the highest port is ${MAX_PORT}`);
}

function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  };
}
