import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** How a process is to be run. */
export interface RunOptions {
  readonly cwd: string;
  /** After so long it is killed. */
  readonly timeoutMs: number;
  /** In place of those of this process, where they differ. */
  readonly env?: Readonly<Record<string, string>>;
  /** Called with each line of its standard output. */
  readonly onLine?: (line: string) => void;
}

/** How a process ended. */
export interface Ended {
  /** `null` when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** What to tell when that was not as wished. */
  readonly how: string;
}

/**
 * Runs processes, each in a process group of its own, so that it ends with all that it started: when it takes too long,
 * and when the signal aborts.
 */
export class Children {
  readonly #aborted: AbortSignal;
  readonly #temporary: string;

  /** @param temporary - their folder for temporary files: npm leaves some there, depending on the version of Node */
  constructor(aborted: AbortSignal, temporary: string) {
    this.#aborted = aborted;
    this.#temporary = temporary;
  }

  /** Rejects only when the signal aborts; a program that cannot be started ends with code 127. */
  async run(command: string, args: readonly string[], options: RunOptions): Promise<Ended> {
    this.#aborted.throwIfAborted();
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, TMPDIR: this.#temporary, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const output = { stdout: '', stderr: '' };
    child.stdout.on('data', (data: Buffer) => (output.stdout += data.toString()));
    child.stderr.on('data', (data: Buffer) => (output.stderr += data.toString()));
    if (options.onLine !== undefined) createInterface({ input: child.stdout }).on('line', options.onLine);
    const ended = new Promise<Ended>((resolve) => {
      child.once('error', ({ message }) => resolve({ code: 127, ...output, how: message }));
      child.once('close', (code, signal) => resolve({ code, ...output, how: `it ended with ${code ?? signal}` }));
    });
    return await this.#bounded(child.pid, ended, options.timeoutMs);
  }

  async #bounded(group: number | undefined, ended: Promise<Ended>, timeoutMs: number): Promise<Ended> {
    let late = false;
    const kill = (): void => killGroup(group);
    const timer = setTimeout(() => {
      late = true;
      kill();
    }, timeoutMs);
    this.#aborted.addEventListener('abort', kill);
    try {
      const end = await ended;
      this.#aborted.throwIfAborted();
      return late ? { ...end, code: null, how: `it did not end within ${timeoutMs / 1000} s` } : end;
    } finally {
      clearTimeout(timer);
      this.#aborted.removeEventListener('abort', kill);
    }
  }
}

function killGroup(group: number | undefined): void {
  if (group === undefined) return;
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // nobody is left in it
  }
}
