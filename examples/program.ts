import { UsageError } from './errors.js';

/** Signals that end an example, with the exit codes that shells give them. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

let code: number | null = null;

/** Rejects when a signal comes. From then on further ones change nothing: everything is being ended already. */
export const interrupted = new Promise<never>((_, reject) => {
  for (const [signal, exitCode] of Object.entries(SIGNALS)) {
    process.on(signal, () => {
      code ??= exitCode;
      reject(new Error(signal));
    });
  }
});

interrupted.catch(() => {}); // it may come when nobody waits for it

/**
 * Runs a program and ends the process: with the exit code that it returns, with that of a signal, with 2 for a wrong call,
 * with 1 for whatever else it throws, of which the first line is printed.
 */
export async function runProgram(main: () => Promise<number>): Promise<never> {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', () => {}); // whoever read it has left; the exit code still tells
  }
  process.exit(await main().catch(exitCodeOf));
}

function exitCodeOf(error: unknown): number {
  if (code !== null) return code;
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${message.split('\n', 1)[0]}\n`);
  return error instanceof UsageError ? 2 : 1;
}
