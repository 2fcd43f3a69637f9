import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { ExploreReport, ExploreRun } from './explore-run.js';

const WORKER = fileURLToPath(new URL('./explore-worker.ts', import.meta.url));

/** Makes explorations in processes of their own, one a core at a time. */
export class ExplorePool {
  readonly #runs: readonly ExploreRun[];
  readonly #reports: (ExploreReport | undefined)[] = [];
  readonly #children = new Set<ChildProcess>();
  #next = 0;
  #ended = false;
  #told = 0;

  constructor(runs: readonly ExploreRun[]) {
    this.#runs = runs;
  }

  /** Calls `tell` with each report, in the order of the runs, as soon as those before are there. */
  async run(tell: (report: ExploreReport) => void): Promise<void> {
    const count = Math.min(availableParallelism(), this.#runs.length);
    try {
      await Promise.all(Array.from({ length: count }, () => this.#work(tell)));
    } finally {
      await this.end();
    }
  }

  /** Ends all processes. */
  async end(): Promise<void> {
    this.#ended = true;
    const running = [...this.#children].filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
    const ended = running.map((child) => once(child, 'exit'));
    for (const child of running) child.kill('SIGKILL');
    await Promise.all(ended);
  }

  async #work(tell: (report: ExploreReport) => void): Promise<void> {
    while (this.#next < this.#runs.length && !this.#ended) {
      const place = this.#next++;
      const report = await this.#explore(this.#runs[place]!);
      if (report === null) return;
      this.#reports[place] = report;
      for (let next = this.#reports[this.#told]; next !== undefined; next = this.#reports[this.#told]) {
        this.#told++;
        tell(next);
      }
    }
  }

  /** `null` when it was ended. */
  async #explore(run: ExploreRun): Promise<ExploreReport | null> {
    const child = fork(WORKER, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    this.#children.add(child);
    let report: ExploreReport | null = null;
    child.once('message', (message) => (report = message as ExploreReport));
    child.send(run);
    const [code] = (await once(child, 'exit')) as [number | null];
    this.#children.delete(child);
    if (report === null && !this.#ended)
      throw new Error(`${run.model} ${run.size} ended with exit code ${code} and no result`);
    return report;
  }
}
