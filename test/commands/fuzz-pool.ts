import { fork, type ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../src/core/index.js';
import { bundledWorker } from './bundled-worker.js';
import type { FuzzBlock, FuzzBlockResult } from './fuzz-worker.js';

const WORKER = fileURLToPath(new URL('./fuzz-worker.ts', import.meta.url));
const BLOCK = 10_000;

/** How long a block may take, in milliseconds. */
const BLOCK_TIMEOUT_MS = 300_000;

/** What to try. */
export interface FuzzRun {
  readonly decoders: readonly string[];
  readonly seed: number;
  readonly first: number;
  readonly inputs: number;
}

/** What came of one decoder. */
export interface DecoderReport {
  readonly decoder: string;
  inputs: number;
  rejected: number;
  findings: FuzzBlockResult['finding'][];
  startedAt: number;
  endedAt: number;
}

/** Tries the inputs of decoders in processes of their own, one a core. A decoder with a finding is not tried further. */
export class FuzzPool {
  readonly #blocks: FuzzBlock[] = [];
  readonly #reports = new Map<string, DecoderReport>();
  readonly #workers = new Set<ChildProcess>();
  #next = 0;

  constructor({ decoders, seed, first, inputs }: FuzzRun) {
    for (const decoder of decoders) {
      this.#reports.set(decoder, { decoder, inputs: 0, rejected: 0, findings: [], startedAt: 0, endedAt: 0 });
      for (let at = first; at < first + inputs; at += BLOCK) {
        this.#blocks.push({ decoder, seed, first: at, count: Math.min(BLOCK, first + inputs - at) });
      }
    }
  }

  /** Calls `progress` with the share of inputs that is done, about once a second. */
  async run(progress: (share: number, decoder: string) => void): Promise<DecoderReport[]> {
    const script = await bundledWorker(WORKER);
    let told = performance.now();
    const done = (block: FuzzBlock): void => {
      if (performance.now() - told < 1000) return;
      told = performance.now();
      progress(this.#next / this.#blocks.length, block.decoder);
    };
    const count = Math.min(availableParallelism(), this.#blocks.length);
    try {
      await Promise.all(Array.from({ length: count }, () => this.#work(script, done)));
    } finally {
      for (const worker of this.#workers) worker.kill('SIGKILL');
    }
    return [...this.#reports.values()];
  }

  async #work(script: string, done: (block: FuzzBlock) => void): Promise<void> {
    let worker = this.#start(script);
    while (this.#next < this.#blocks.length) {
      const block = this.#blocks[this.#next++]!;
      const report = this.#reports.get(block.decoder)!;
      if (report.findings.length > 0) continue;
      report.startedAt ||= performance.now();
      const result = await ask(worker, block);
      report.endedAt = performance.now();
      if (typeof result === 'string') {
        report.findings.push({
          input: '',
          message: `inputs ${block.first} to ${block.first + block.count - 1}: ${result}`,
        });
        worker.kill('SIGKILL');
        worker = this.#start(script);
        continue;
      }
      report.inputs += result.inputs;
      report.rejected += result.rejected;
      if (result.finding !== null) report.findings.push(result.finding);
      done(block);
    }
  }

  #start(script: string): ChildProcess {
    const worker = fork(script, {
      execArgv: ['--max-old-space-size=768'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#workers.add(worker);
    worker.once('exit', () => this.#workers.delete(worker));
    return worker;
  }
}

/** What a worker makes of a block, or why it made nothing of it. */
function ask(worker: ChildProcess, block: FuzzBlock): Promise<FuzzBlockResult | string> {
  return new Promise((resolve) => {
    const settle = (result: FuzzBlockResult | string): void => {
      cancel();
      worker.off('message', onMessage);
      worker.off('exit', onExit);
      resolve(result);
    };
    const onMessage = (result: unknown): void => settle(result as FuzzBlockResult);
    const onExit = (code: number | null): void => settle(`the process ended with exit code ${code}`);
    const cancel = systemClock.after(BLOCK_TIMEOUT_MS, () => settle(`not done within ${BLOCK_TIMEOUT_MS} ms`));
    worker.once('message', onMessage);
    worker.once('exit', onExit);
    worker.send(block);
  });
}
