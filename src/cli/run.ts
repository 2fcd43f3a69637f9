import { isQuorateError } from '../core/index.js';
import { parseCommand, UsageError } from './arguments.js';
import { JournalCommands } from './journal.js';

/** Where a command writes. */
export interface Streams {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
}

/** Errors that say that the call is wrong, and not what it looked at. */
const WRONG_CALL = new Set(['invalid-option', 'journal-directory', 'journal-permission', 'journal-mismatch']);

/**
 * Runs one command and resolves to its exit code: 0 as wished, 1 what was checked does not hold or could not be done,
 * 2 the call or its input is wrong.
 */
export async function runCommand(args: readonly string[], streams: Streams): Promise<number> {
  try {
    const command = parseCommand(args);
    const commands = new JournalCommands(streams.out, command.json);
    switch (command.type) {
      case 'help':
        streams.out(command.text);
        return 0;
      case 'check':
        await commands.check(command.directory);
        return 0;
      case 'backup':
        await commands.backup(command.directory, command.target);
        return 0;
      case 'restore':
        await commands.restore(command);
        return 0;
    }
  } catch (error) {
    return fail(error, args.includes('--json'), streams);
  }
}

function fail(error: unknown, json: boolean, { out, error: tell }: Streams): number {
  const { code, message, path, offset } = describe(error);
  tell(`quorate: ${message}\n`);
  if (json) out(`${JSON.stringify({ ok: false, code, path, offset, message })}\n`);
  return error instanceof UsageError || WRONG_CALL.has(code) ? 2 : 1;
}

function describe(error: unknown): { code: string; message: string; path: string | null; offset: number | null } {
  const message = error instanceof Error ? error.message : String(error);
  const code = isQuorateError(error) ? error.code : error instanceof UsageError ? 'usage' : 'error';
  const { path, offset } = Object(error) as { path?: unknown; offset?: unknown };
  return {
    code,
    message: isQuorateError(error) ? `${message} [${code}]` : message,
    path: typeof path === 'string' ? path : null,
    offset: typeof offset === 'number' ? offset : null,
  };
}
