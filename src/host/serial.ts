/**
 * Runs jobs one after the other. A job that returns no promise is done when it returns, so that a chain of synchronous
 * jobs costs no turn of the event loop.
 */
export class Serial {
  readonly #jobs: (() => void | Promise<void>)[] = [];
  readonly #failed: (error: unknown) => void;
  #running = false;
  #over = false;

  /** @param failed - called with what the first failing job threw; no further job runs */
  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  /** Runs `job` after all jobs before it. */
  run(job: () => void | Promise<void>): void {
    if (this.#over) return;
    this.#jobs.push(job);
    if (!this.#running) this.#next();
  }

  /** Drops the jobs that have not begun. */
  close(): void {
    this.#over = true;
    this.#jobs.length = 0;
  }

  #next(): void {
    this.#running = true;
    try {
      for (let job = this.#jobs.shift(); job !== undefined; job = this.#jobs.shift()) {
        const result = job();
        if (!(result instanceof Promise)) continue;
        result.then(
          () => this.#next(),
          (error: unknown) => this.#fail(error),
        );
        return;
      }
      this.#running = false;
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (this.#over) return;
    this.close();
    this.#failed(error);
  }
}
