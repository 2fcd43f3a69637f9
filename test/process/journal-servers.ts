import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { bundledForTests } from './bundle.js';
import type { ServerOptions } from './journal-server.js';

const program = bundledForTests(['test/process/journal-server.ts', 'src/cli/main.ts']);

type Line = Readonly<Record<string, unknown>>;

/** A Raft server in a process of its own; killed when the test ends. */
export class Server {
  readonly lines: Line[] = [];
  readonly #process: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #watchers = new Set<() => void>();

  constructor(options: ServerOptions) {
    const args = [program('journal-server'), JSON.stringify(options)];
    this.#process = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#ended = new Promise((resolve) => this.#process.once('close', resolve));
    createInterface({ input: this.#process.stdout! }).on('line', (line) => {
      this.lines.push(JSON.parse(line) as Line);
      for (const look of this.#watchers) look();
    });
    onTestFinished(() => this.kill());
  }

  /** The first line from now or before, from `from` on, that fits. Bounded by the time of the test. */
  async line(fits: (line: Line) => boolean, from = 0): Promise<Line> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const found = this.lines.slice(from).find(fits);
        if (found === undefined) return;
        this.#watchers.delete(look);
        resolve(found);
      };
      this.#watchers.add(look);
      void this.#ended.then(() => reject(new Error(`the server ended; it said ${JSON.stringify(this.lines)}`)));
      look();
    });
  }

  /** Resolves to who leads, once somebody does. */
  async leader(): Promise<string> {
    return (await this.line(({ leader }) => typeof leader === 'string')).leader as string;
  }

  /** Sends a line and resolves to the answer. One at a time. */
  async ask(text: string): Promise<Line> {
    const from = this.lines.length;
    this.#process.stdin!.write(`${text}\n`);
    return this.line((line) => 'stored' in line || 'lines' in line || 'error' in line, from);
  }

  /** Ends it as it should, and resolves when it has. */
  async stop(): Promise<void> {
    this.#process.stdin!.end();
    await this.#ended;
  }

  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#ended;
  }
}

/** How a run of the command `quorate` ended. */
export interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

/** Runs the command `quorate` as a process. */
export function quorate(...args: readonly string[]): Promise<Run> {
  const child = spawn(process.execPath, [program('main'), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let [out, error] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (error += chunk.toString()));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, out, error })));
}
