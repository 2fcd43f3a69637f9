import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Children } from '../../scripts/matrix/children.js';
import { runEntry, type Outcome } from '../../scripts/matrix/entry.js';
import { complaints, isGood, table } from '../../scripts/matrix/report.js';
import { runtimes } from '../../scripts/matrix/runtimes.js';

const TIMEOUT_MS = 180_000;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quorate-matrix-test-'));
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

/** What stands in for a runtime answers to each file that it is to run. */
interface Answers {
  readonly version?: string;
  readonly loads?: Readonly<Record<string, unknown>>;
  readonly smoke?: Readonly<Record<string, string | null>>;
  readonly report?: object | null;
}

/** A script that behaves as a runtime in which the programs and the tests end in a certain way. */
function runtimeThat({ version = 'v22.1.2', loads = { quorate: 9 }, smoke = { hash: null }, report }: Answers): string {
  const path = join(folder, 'runtime');
  const lines = [
    '#!/bin/sh',
    'case "$*" in',
    `*--version) echo '${version}' ;;`,
    `*import.mjs*|*require.cjs*) printf '%s\\n' '${JSON.stringify(loads)}' ;;`,
    `*smoke.mjs*) printf '%s\\n' '${JSON.stringify(smoke)}' ;;`,
    `*vitest*) for last; do :; done; ${report === null ? 'exit 1' : `printf '%s\\n' '${JSON.stringify(report)}' > "\${last#*=}"`} ;;`,
    'esac',
  ];
  writeFileSync(path, lines.join('\n'));
  chmodSync(path, 0o755);
  return path;
}

async function outcomeOf(name: string, path: string, quick = false): Promise<Outcome> {
  const runtime = runtimes.find((candidate) => candidate.name === name)!;
  vi.stubEnv(runtime.variable, path);
  const [checkout, project, temporary] = ['c', 'p', 't'].map((each) => join(folder, each)) as [string, string, string];
  for (const each of [checkout, project, temporary]) mkdirSync(each);
  const children = new Children(new AbortController().signal, folder);
  return runEntry(runtime, { checkout, project, temporary, children, quick, say: () => {}, tested: () => {} });
}

const passed = { numPassedTests: 7, numFailedTests: 0, testResults: [] };
const all = { import: true, require: true, smoke: true };

describe('an entry of the matrix', () => {
  it('has the version, the count of tests, and that all is well', async () => {
    const outcome = await outcomeOf('node22', runtimeThat({ report: passed }));
    const row = { runtime: 'node22', version: '22.1.2', tests: { passed: 7, failed: 0 }, ...all };
    expect(outcome).toEqual({ row, problems: [], missing: null });
    expect(isGood([outcome], false)).toBe(true);
  });

  it('has no tests where they are left out, and none in bun', async () => {
    const outcome = await outcomeOf('bun', runtimeThat({ version: '1.4.5', report: null }));
    expect(outcome.row).toEqual({ runtime: 'bun', version: '1.4.5', tests: null, ...all });
  });

  it('names the entry that cannot be loaded', async () => {
    const loads = { quorate: 9, 'quorate/raft': 'SyntaxError: no such thing\n    at a place' };
    const outcome = await outcomeOf('node22', runtimeThat({ loads }), true);
    expect(outcome.row).toMatchObject({ tests: null, import: false, require: false, smoke: true });
    expect(outcome.problems[0]).toMatch(/^node22 22\.1\.2: import of quorate\/raft: SyntaxError: no such thing/);
    expect(isGood([outcome], true)).toBe(false);
  });

  it('names the check that fails', async () => {
    const outcome = await outcomeOf(
      'deno',
      runtimeThat({ version: 'deno 2.9.6 (x)', smoke: { hash: null, tcp: 'late' } }),
    );
    expect(outcome.row).toEqual({ runtime: 'deno', version: '2.9.6', tests: null, ...all, smoke: false });
    expect(complaints(outcome)).toBe('deno 2.9.6: smoke of tcp: late\n');
  });

  it('names the tests that fail, and files that do', async () => {
    const assertion = { status: 'failed', fullName: 'a b', failureMessages: ['Error: c\n at d'] };
    const testResults = [
      { status: 'failed', name: 'x.test.ts', message: 'no such file', assertionResults: [] },
      { status: 'failed', name: 'y.test.ts', message: '', assertionResults: [assertion] },
    ];
    const report = { numPassedTests: 5, numFailedTests: 1, testResults };
    const outcome = await outcomeOf('node22', runtimeThat({ report }));
    expect(outcome.row.tests).toEqual({ passed: 5, failed: 2 });
    expect(complaints(outcome)).toBe(
      'node22 22.1.2: test x.test.ts: no such file\nnode22 22.1.2: test a b: Error: c\n',
    );
  });

  it('has a failed test where the tests leave no report', async () => {
    const outcome = await outcomeOf('node22', runtimeThat({ report: null }));
    expect(outcome.row.tests).toEqual({ passed: 0, failed: 1 });
    expect(outcome.problems).toEqual(['node22 22.1.2: tests: no report; it ended with 1']);
  });
});

describe('a runtime that cannot be had', () => {
  it('is not run, and it is said how to provide it', async () => {
    const outcome = await outcomeOf('deno', join(folder, 'nowhere'));
    const none = { tests: null, import: null, require: null, smoke: null };
    expect(outcome.row).toEqual({ runtime: 'deno', version: null, ...none });
    expect(complaints(outcome)).toMatch(/^deno: not run: .*nowhere cannot be run: .*; set DENO to the path .*\n$/);
    expect(table([outcome])).toMatch(/deno +│ +│ not run/);
  });

  it('is one of another version than its name says', async () => {
    const { missing } = await outcomeOf('node24', runtimeThat({ version: 'v22.1.2' }));
    expect(missing).toMatch(/runtime is version 22\.1\.2; set NODE24 to/);
  });

  it('is not good, unless that is allowed and another one was run', async () => {
    const [good, missing] = [await outcomeOf('bun', runtimeThat({ version: '1.0.0' })), gone()];
    expect([isGood([good, missing], false), isGood([good, missing], true), isGood([missing], true)]).toEqual([
      false,
      true,
      false,
    ]);
  });

  function gone(): Outcome {
    const row = { runtime: 'deno', version: null, tests: null, import: null, require: null, smoke: null };
    return { row, problems: [], missing: 'why' };
  }
});

describe('a process of the matrix', () => {
  it('is killed with what it started when it takes too long', { timeout: TIMEOUT_MS }, async () => {
    const children = new Children(new AbortController().signal, folder);
    const ended = await children.run('sh', ['-c', 'sleep 1000 & wait'], { cwd: folder, timeoutMs: 100 });
    expect(ended).toMatchObject({ code: null, how: 'it did not end within 0.1 s' }); // both held its standard output
  });
});

describe('npm run matrix', () => {
  function start(...args: readonly string[]): { child: ChildProcess; ended: Promise<Record<string, unknown>> } {
    const env = { ...process.env, TMPDIR: folder, TSX_DISABLE_CACHE: '1' };
    const child = spawn(process.execPath, ['--import', 'tsx', 'scripts/matrix.ts', ...args], { env });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
    child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
    return { child, ended: once(child, 'close').then(([code]) => ({ code, stdout, stderr })) };
  }

  it('packs the checkout and tries it out in the Node that runs it', { timeout: TIMEOUT_MS }, async () => {
    const runtime = `node${Number.parseInt(process.versions.node)}`;
    const { code, stdout, stderr } = await start('--only', runtime, '--quick', '--json').ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('the packed tarball') });
    expect(JSON.parse(stdout as string)).toEqual({ runtime, version: process.versions.node, tests: null, ...all });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('ends everything and leaves nothing behind when it is interrupted', { timeout: TIMEOUT_MS }, async () => {
    const { child, ended } = start('--quick');
    await once(createInterface({ input: child.stderr! }), 'line');
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ code: 130, stdout: '' });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('exits with 2 on a call that is wrong, and says what there is', { timeout: TIMEOUT_MS }, async () => {
    const [unknown, option] = await Promise.all([start('--only', 'node18').ended, start('--fast').ended]);
    expect(unknown).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('node26, bun, deno') });
    expect(option).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('--fast') });
  });
});
