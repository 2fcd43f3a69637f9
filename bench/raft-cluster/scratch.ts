import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Journals belong on a disk that fsync means something on, which a folder for temporary files may not be. */
const DATA = fileURLToPath(new URL('../.data/', import.meta.url));

/**
 * A new folder for what a benchmark stores, and the processes that use it. Whatever ends the benchmark, SIGKILL included,
 * they end and the folder goes: a process of its own sees to that.
 */
export class Scratch {
  readonly directory: string;
  readonly #sweeper: ChildProcess;

  constructor(prefix: string) {
    mkdirSync(DATA, { recursive: true });
    this.directory = mkdtempSync(join(DATA, `${prefix}-`));
    // Detached: Ctrl-C in a terminal goes to all processes of the group, and this one has work left then.
    this.#sweeper = fork(fileURLToPath(new URL('./sweeper.ts', import.meta.url)), [this.directory], {
      detached: true,
      execArgv: ['--import', import.meta.resolve('tsx')], // whatever this process was started with
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
  }

  /** A process that does not notice by itself when the benchmark is over. */
  watch({ pid }: ChildProcess): void {
    if (pid !== undefined) this.#sweeper.send(pid);
  }

  /** Ends the processes and removes the folder. */
  async end(): Promise<void> {
    if (this.#sweeper.exitCode !== null) return;
    const swept = once(this.#sweeper, 'exit');
    if (this.#sweeper.connected) this.#sweeper.disconnect();
    await swept;
  }
}
