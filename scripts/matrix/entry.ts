import { mkdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { entries } from '../entries.js';
import { countTests, failures, readReport } from '../test-report.js';
import type { Children, Ended } from './children.js';
import { findRuntime, type Found, type Runtime } from './runtimes.js';

const PROGRAM_MS = 120_000;
const TESTS_MS = 1_800_000;
const ERROR_LINES = 8;

/** What one runtime showed, as `--json` prints it; `null` is what was not run. */
export interface Row {
  readonly runtime: string;
  readonly version: string | null;
  readonly tests: { readonly passed: number; readonly failed: number } | null;
  readonly import: boolean | null;
  readonly require: boolean | null;
  readonly smoke: boolean | null;
}

/** A row, and what is to be told of it. */
export interface Outcome {
  readonly row: Row;
  /** What does not hold, a line each. */
  readonly problems: readonly string[];
  /** Why the runtime could not be had; `null` when it could. */
  readonly missing: string | null;
}

/** What all runtimes share. */
export interface Bench {
  /** The copy of the checkout, where the tests run. */
  readonly checkout: string;
  /** The project that has the packed tarball. */
  readonly project: string;
  /** For whatever else has to be written. */
  readonly temporary: string;
  readonly children: Children;
  /** Leaves the tests out. */
  readonly quick: boolean;
  /** Tells what is being done. */
  readonly say: (what: string) => void;
  /** Called with how many test files are done, from 0 on. */
  readonly tested: (files: number) => void;
}

/** Runs everything in one runtime. Rejects only when it is interrupted. */
export async function runEntry(runtime: Runtime, bench: Bench): Promise<Outcome> {
  const { name } = runtime;
  bench.say(`${name}: looking for it`);
  const found = await findRuntime(runtime, bench.temporary, bench.children);
  if ('missing' in found) {
    const row = { runtime: name, version: null, tests: null, import: null, require: null, smoke: null };
    return { row, problems: [], missing: found.missing };
  }
  return await new Entry(runtime, found, bench).run();
}

class Entry {
  readonly #runtime: Runtime;
  readonly #found: Found;
  readonly #bench: Bench;
  readonly #problems: string[] = [];

  constructor(runtime: Runtime, found: Found, bench: Bench) {
    this.#runtime = runtime;
    this.#found = found;
    this.#bench = bench;
  }

  async run(): Promise<Outcome> {
    const { name, runsTests } = this.#runtime;
    const { version } = this.#found;
    this.#bench.say(`${name}: ${version}, the packed tarball`);
    const names = entries.map((entry) => entry.name);
    const imported = await this.#program('import', 'import.mjs', names, (value) => typeof value === 'number');
    const required = await this.#program('require', 'require.cjs', names, (value) => typeof value === 'number');
    const folder = join(this.#bench.temporary, `smoke-${name}`);
    mkdirSync(folder);
    const smoke = await this.#program('smoke', 'smoke.mjs', [folder], (value) => value === null);
    const tests = runsTests && !this.#bench.quick ? await this.#tests() : null;
    const row = { runtime: name, version, tests, import: imported, require: required, smoke };
    return { row, problems: this.#problems, missing: null };
  }

  /** Runs one of the programs, which print an object of findings. Returns whether all of them are good. */
  async #program(
    step: string,
    file: string,
    args: readonly string[],
    good: (value: unknown) => boolean,
  ): Promise<boolean> {
    const { project: cwd, children } = this.#bench;
    const ended = await children.run(this.#found.path, [...this.#runtime.args, file, ...args], {
      cwd,
      timeoutMs: PROGRAM_MS,
      env: { NO_COLOR: '1' },
    });
    const findings = parseFindings(ended);
    if (findings === null) return this.#complain(`${step}: no result; ${ended.how}`, ended.stderr.trim());
    const bad = Object.entries(findings).filter(([, value]) => !good(value));
    for (const [what, value] of bad) this.#complain(`${step} of ${what}: ${shortened(String(value))}`);
    return bad.length === 0;
  }

  async #tests(): Promise<{ passed: number; failed: number }> {
    const { checkout, children, temporary } = this.#bench;
    const { name } = this.#runtime;
    this.#bench.say(`${name}: ${this.#found.version}, the tests`);
    const report = join(temporary, `tests-${name}.json`);
    const TMPDIR = join(temporary, `t-${name}`);
    mkdirSync(TMPDIR);
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    let files = 0;
    this.#bench.tested(files);
    const ended = await children.run(this.#found.path, ['node_modules/vitest/vitest.mjs', 'run', ...reporters], {
      cwd: checkout,
      timeoutMs: TESTS_MS,
      env: { TMPDIR, NO_COLOR: '1', PATH: `${this.#found.folder}${delimiter}${process.env.PATH ?? ''}` },
      onLine: (line) => void (/^ [✓❯] \S+\.test\.ts/.test(line) && this.#bench.tested(++files)),
    });
    return this.#testCount(report, ended);
  }

  #testCount(file: string, ended: Ended): { passed: number; failed: number } {
    try {
      const report = readReport(file);
      const count = countTests(report);
      for (const failure of failures(report)) this.#complain(`test ${failure}`);
      if (count.failed > 0 || ended.code === 0) return count;
      this.#complain(`tests: ${ended.how}, though none failed`, ended.stderr.trim()); // an error outside of any test
      return { ...count, failed: 1 };
    } catch {
      this.#complain(`tests: no report; ${ended.how}`, ended.stderr.trim());
      return { passed: 0, failed: 1 };
    }
  }

  #complain(...lines: readonly string[]): false {
    const text = lines.filter((line) => line !== '').join('\n');
    this.#problems.push(`${this.#runtime.name} ${this.#found.version}: ${text}`);
    return false;
  }
}

/** The first lines of an error: behind them comes the stack. */
function shortened(text: string): string {
  return text.trim().split('\n').slice(0, ERROR_LINES).join('\n');
}

/** What a program printed in its last line; `null` when it ended badly. */
function parseFindings({ code, stdout }: Ended): Readonly<Record<string, unknown>> | null {
  if (code !== 0) return null;
  try {
    return JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<string, unknown>;
  } catch {
    return null;
  }
}
