import { parseCommand, UsageError, type Command } from '../../../src/cli/arguments.js';
import { runCommand } from '../../../src/cli/run.js';
import type { Random } from '../random.js';
import { ensure, ensureSame, type Target } from '../target.js';

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const NEW_CLUSTER = ['--as-new-cluster', 'second', '--member', 'x=host:1'];
const CALLS: readonly (readonly string[])[] = [
  ['journal', 'check', 'directory'],
  ['journal', 'backup', 'directory', 'target'],
  ['journal', 'restore', 'backup', 'target', ...NEW_CLUSTER],
  ['journal', 'restore', 'backup', 'target', ...NEW_CLUSTER, '--member=y'],
];
const WORDS = [
  ...['journal', 'check', 'backup', 'restore', '--as-new-cluster', '--member', '--member=', '--json', '--help', '-h'],
  ...['--', '-', '', '=', '--no-json', '--json=true', '-hx', '--__proto__', '__proto__', '--member=__proto__=1', '..'],
];
/** What works on files. */
type Work = Exclude<Command, { type: 'help' }>;

/** What an error must name one of, so that somebody can tell what to change. */
const NAMED = /DIRECTORY|TARGET|BACKUP|--as-new-cluster|--member|command|[Oo]ption|argument/;
/** A path below which nothing can be, and nothing can be made. */
const NOWHERE = '/dev/null/';

/** Command lines of the program `quorate`: its arguments, each ended by a zero byte, which arguments cannot have. */
export const commandLine: Target = {
  name: 'command-line',
  valid: (random) => encode(call(random)),
  generate: (random) => encode(mutateCall(random, call(random))),
  async check(input) {
    const args = decode(input);
    const command = understood(args);
    if (command === undefined) {
      await ensureWrongCall(args);
      return 'rejected';
    }
    ensureComplete(command);
    if (command.type !== 'help') await ensureFindsNothing(command);
    return 'accepted';
  },
};

function call(random: Random): readonly string[] {
  const args = [...random.pick(CALLS)];
  if (random.oneIn(3)) args.splice(random.below(args.length + 1), 0, random.pick(['--json', '--help', '-h']));
  return args;
}

function mutateCall(random: Random, args: readonly string[]): string[] {
  const mutated = [...args];
  for (let left = 1 + random.below(3); left > 0; left--) {
    const word = random.oneIn(2) ? random.pick(WORDS) : random.name();
    mutated.splice(random.below(mutated.length + 1), random.below(2), word);
  }
  return mutated;
}

function encode(args: readonly string[]): Uint8Array {
  return encoder.encode(args.map((arg) => `${arg}\0`).join(''));
}

function decode(input: Uint8Array): string[] {
  const args = decoder.decode(input).split('\0');
  return args.at(-1) === '' ? args.slice(0, -1) : args;
}

function understood(args: readonly string[]): Command | undefined {
  try {
    return parseCommand(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return undefined;
  }
}

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

async function run(args: readonly string[]): Promise<Outcome> {
  let [out, error] = ['', ''];
  const code = await runCommand(args, { out: (text) => void (out += text), error: (text) => void (error += text) });
  return { code, out, error };
}

/** One message, for people and, if asked for, one line for programs. */
function ensureTold({ error, out }: Outcome, json: boolean): void {
  ensure(/^quorate: \S/.test(error) && error.endsWith('\n'), `it says ${JSON.stringify(error)}`);
  ensure(!/\n +at /.test(error), `a stack trace: ${error}`);
  if (!json) return ensure(out === '', 'nothing is on standard output');
  const line = JSON.parse(out) as { readonly ok?: unknown; readonly code?: unknown; readonly message?: unknown };
  ensure(out.indexOf('\n') === out.length - 1, 'one line is on standard output');
  ensure(line.ok === false && typeof line.code === 'string' && typeof line.message === 'string', `it tells ${out}`);
}

async function ensureWrongCall(args: readonly string[]): Promise<void> {
  const outcome = await run(args);
  ensure(outcome.code === 2, `a wrong call ends with exit code ${outcome.code}`);
  ensureTold(outcome, args.includes('--json'));
  ensure(NAMED.test(outcome.error), `it names no argument: ${outcome.error}`);
  ensure(!/ (?:found|command|journal) (?:; see|\s)/.test(outcome.error), `it shows nothing: ${outcome.error}`);
}

/** What was understood is all there, and written as arguments again it is the same. */
function ensureComplete(command: Command): void {
  if (command.type === 'help') return ensure(command.text.includes('quorate journal check'), 'help says what there is');
  ensureSame('understood, written, understood', command, parseCommand(argumentsOf(command, (path) => path)));
  if (command.type === 'restore') ensure(Object.keys(command.members).length > 0, 'there is a member');
}

function argumentsOf(command: Work, place: (path: string) => string): string[] {
  const json = command.json ? ['--json'] : [];
  const journal = (...paths: readonly string[]): string[] => {
    return [...json, ...options(command), '--', 'journal', command.type, ...paths.map(place)];
  };
  if (command.type === 'check') return journal(command.directory);
  if (command.type === 'backup') return journal(command.directory, command.target);
  return journal(command.backup, command.target);
}

function options(command: Command): string[] {
  if (command.type !== 'restore') return [];
  const members = Object.entries(command.members).map(([id, address]) => (address === null ? id : `${id}=${address}`));
  return [`--as-new-cluster=${command.cluster}`, ...members.map((member) => `--member=${member}`)];
}

/** Carried out where there is nothing, it makes nothing, and says that in order. */
async function ensureFindsNothing(command: Work): Promise<void> {
  const outcome = await run(argumentsOf(command, (path) => NOWHERE + path.replaceAll(/[./]/g, '_')));
  ensure(outcome.code === 1 || outcome.code === 2, `it ends with exit code ${outcome.code}`);
  ensureTold(outcome, command.json);
}
