import { parseArgs } from 'node:util';

/** A call that makes no sense; the message says what would. */
export class UsageError extends Error {}

/** What was asked for. */
export type Command =
  | { readonly type: 'help'; readonly text: string; readonly json: boolean }
  | { readonly type: 'check'; readonly directory: string; readonly json: boolean }
  | { readonly type: 'backup'; readonly directory: string; readonly target: string; readonly json: boolean }
  | RestoreCommand;

/** What `restore` was asked for. */
export interface RestoreCommand {
  readonly type: 'restore';
  readonly backup: string;
  readonly target: string;
  readonly cluster: string;
  readonly members: Readonly<Record<string, string | null>>;
  readonly json: boolean;
}

const HELP = `quorate journal: looks after the journals of servers

  quorate journal check DIRECTORY
      Reads and verifies everything in a journal or a backup, also while its server runs. Changes nothing.
  quorate journal backup DIRECTORY TARGET
      Copies a journal, also while its server runs, to a new directory, and verifies the copy.
  quorate journal restore BACKUP TARGET --as-new-cluster NAME --member ID[=ADDRESS] ...
      Founds a new cluster on a backup, when the majority of the old one is lost for good: makes a journal for each
      member in TARGET/ID. WARNING: what the backup lacks is lost, though it may have been acknowledged. A backup is
      never given back to the member that it came from: that member would have forgotten what it voted and acknowledged
      since, and acknowledged commands could be lost.

  --as-new-cluster NAME   the name of the new cluster; not that of the old one
  --member ID[=ADDRESS]   a member of the new cluster and where the others reach it; repeated
  --json                  one line of JSON on standard output
  --help                  this text

Exit codes: 0 as wished, 1 the journal is damaged or the work failed, 2 the call or a path is wrong.
`;

const OPTIONS = {
  'as-new-cluster': { type: 'string' },
  member: { type: 'string', multiple: true },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

type Values = ReturnType<typeof parse>['values'];

/** Understands a command line. @throws UsageError */
export function parseCommand(args: readonly string[]): Command {
  const { values, positionals } = parse(args);
  const json = values.json ?? false;
  if (values.help === true) return { type: 'help', text: HELP, json };
  const [noun, verb, ...paths] = positionals;
  if (noun !== 'journal')
    throw wrong(noun === undefined ? 'no command is given' : `there is no command ${shown(noun)}`);
  if (verb !== 'restore' && (values['as-new-cluster'] ?? values.member) !== undefined) {
    throw wrong('--as-new-cluster and --member belong to restore');
  }
  switch (verb) {
    case 'check': {
      const [directory] = expectPaths(paths, 'DIRECTORY');
      return { type: 'check', directory, json };
    }
    case 'backup': {
      const [directory, target] = expectPaths(paths, 'DIRECTORY', 'TARGET');
      return { type: 'backup', directory, target, json };
    }
    case 'restore': {
      const [backup, target] = expectPaths(paths, 'BACKUP', 'TARGET');
      return { type: 'restore', backup, target, json, ...newClusterOf(values) };
    }
    default:
      throw wrong(verb === undefined ? 'journal needs a command' : `there is no command journal ${shown(verb)}`);
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw wrong((error as Error).message);
  }
}

function expectPaths<N extends string[]>(paths: readonly string[], ...names: N): { [K in keyof N]: string } {
  if (paths.length === names.length && !paths.includes('')) return paths as unknown as { [K in keyof N]: string };
  throw wrong(`${names.join(' and ')} must be given, found ${paths.map(shown).join(' ') || 'nothing'}`);
}

function newClusterOf(values: Values): Pick<RestoreCommand, 'cluster' | 'members'> {
  const { 'as-new-cluster': cluster, member = [] } = values;
  if (cluster === undefined) {
    const why = 'a backup never goes back to the member that it came from, which would have forgotten what it promised';
    throw wrong(`--as-new-cluster must name a new cluster: ${why}`);
  }
  if (member.length === 0) throw wrong('--member must name at least one member of the new cluster');
  const members = member.map((text): [string, string | null] => {
    const at = text.indexOf('=');
    return at < 0 ? [text, null] : [text.slice(0, at), text.slice(at + 1)];
  });
  if (new Set(members.map(([id]) => id)).size < members.length) throw wrong('--member names one member twice');
  return { cluster, members: Object.fromEntries(members) };
}

/** An argument as an error shows it: in quotes where it could not be seen, or would look like several. */
function shown(argument: string): string {
  return /^[^\s\p{C}]+$/u.test(argument) ? argument : JSON.stringify(argument);
}

function wrong(what: string): UsageError {
  return new UsageError(`${what}; see quorate --help`);
}
