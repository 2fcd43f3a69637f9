import { readdirSync } from 'node:fs';
import { SingleBar } from 'cli-progress';

/** How many test files pass between two lines where no bar can be drawn. */
const LINE_FILES = 20;

/** Tells on standard error how far the matrix is: a line for each step, and within the tests a bar or some more lines. */
export class MatrixProgress {
  readonly #start = performance.now();
  readonly #files: number;
  #bar: SingleBar | null = null;

  constructor(root: string) {
    this.#files = readdirSync(`${root}/test`, { recursive: true, encoding: 'utf8' }).filter((path) =>
      path.endsWith('.test.ts'),
    ).length;
  }

  /** Tells what begins. */
  say(what: string): void {
    this.stop();
    const seconds = ((performance.now() - this.#start) / 1000).toFixed(1);
    process.stderr.write(`${seconds.padStart(7)} s  ${what}\n`);
  }

  /** So many test files are done. */
  tested(files: number): void {
    const done = Math.min(files, this.#files);
    if (!process.stderr.isTTY) {
      if (done > 0 && done % LINE_FILES === 0) this.#line(done);
      return;
    }
    this.#bar ??= this.#draw();
    this.#bar.update(done);
  }

  /** Takes the bar away. */
  stop(): void {
    this.#bar?.stop();
    this.#bar = null;
  }

  #line(done: number): void {
    process.stderr.write(`           ${done} of ${this.#files} test files\n`);
  }

  #draw(): SingleBar {
    const bar = new SingleBar({
      stream: process.stderr,
      format: '           {bar} {value}/{total} test files',
      barsize: 30,
      hideCursor: true,
      clearOnComplete: true,
      gracefulExit: false, // the command itself sees to Ctrl-C
    });
    bar.start(this.#files, 0);
    return bar;
  }
}
