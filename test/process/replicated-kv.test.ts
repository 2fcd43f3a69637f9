import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkLinearizability, keyValueModel, parseKeyValueHistory } from '../../src/testing/index.js';
import { bundleExample } from './bundle.js';
import { startDemo, type Running } from './demo-process.js';

const TIMEOUT_MS = 60_000;

let work: string;

beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'quorate-demo-'));
  await bundleExample(work, 'replicated-kv', 'server');
});

afterAll(() => {
  rmSync(work, { recursive: true, force: true });
});

let started = 0;

/** Starts the demo as it is; each time with a folder of its own, so that several can run at a time. */
function start(...args: readonly string[]): Running {
  return startIn(work, args);
}

/** Starts the demo that is bundled in a folder. */
function startIn(folder: string, args: readonly string[]): Running {
  const temporary = join(work, `run-${++started}`);
  mkdirSync(temporary);
  return startDemo(folder, temporary, args);
}

function file(name: string, content: string | Uint8Array): string {
  const path = join(work, name);
  writeFileSync(path, content);
  return path;
}

describe.concurrent('the replicated key-value example', () => {
  it(
    'survives two kills without losing anything, and says so in one line of JSON',
    { timeout: TIMEOUT_MS },
    async () => {
      const { ended, temporary } = start('--ops', '600', '--seed', '1', '--json');
      const { code, stdout, stderr } = await ended;
      expect({ code, stderr }).toEqual({
        code: 0,
        stderr: expect.stringMatching(/SIGKILL to (n\d)[^]*SIGKILL to (n\d)/),
      });
      expect(stdout).toMatch(/^\{.*\}\n$/);
      const positive = expect.toSatisfy((value: unknown) => typeof value === 'number' && value > 0);
      expect(JSON.parse(stdout)).toEqual({
        engine: 'raft',
        nodes: 3,
        operations: 600,
        opsPerSecond: positive,
        p50Ms: positive,
        p99Ms: positive,
        failoverMs: [positive, positive],
        lost: 0,
        replicasEqual: true,
        linearizable: true,
      });
      expect(readdirSync(temporary)).toEqual([]);
    },
  );

  it('stores records of the user, prints a table, and notes every call', { timeout: TIMEOUT_MS }, async () => {
    const input = file('input.jsonl', '{"key":"a","value":{"b":[1,null]}}\r\n\n{"key":"c","value":"d"}');
    const history = join(work, 'history.jsonl');
    const { ended } = start('--nodes', '1', '--ops', '30', '--input', input, '--history', history);
    const { code, stdout, stderr } = await ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('no kill is survived here') });
    expect(stdout).toMatch(/acknowledged writes lost +│ 0 /);
    expect(stdout).toMatch(/replicas equal +│ yes /);
    expect(stdout).toMatch(/history linearizable +│ yes /);

    const lines = readFileSync(history, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as HistoryLine);
    const all = lines.filter((line) => line.type === 'call');
    const calls = all.filter(({ key }) => !key!.startsWith('contended/'));
    const contended = all.filter(({ key }) => key!.startsWith('contended/'));
    const returns = new Map(lines.filter((line) => line.type === 'return').map((line) => [line.id, line]));
    expect(returns.size).toBe(all.length);
    expect(new Set(contended.map(({ key }) => key)).size).toBe(3);
    expect(
      checkLinearizability(parseKeyValueHistory(lines.map((line) => JSON.stringify(line))), keyValueModel()).verdict,
    ).toBe('ok');
    const puts = calls.filter(({ op }) => op === 'put');
    expect(puts).toHaveLength(30);
    expect(puts[3]).toMatchObject({ key: 'c#2', value: 'd' });
    const finalReads = calls.filter(({ replica }) => replica === 'n1');
    expect(finalReads.map(({ key }) => key)).toEqual(puts.map(({ key }) => key));
    for (const { id, timeNs } of calls) {
      expect(returns.get(id)).toMatchObject({ outcome: 'ok' });
      expect(returns.get(id)!.timeNs).toBeGreaterThanOrEqual(timeNs);
    }
    expect(returns.get(finalReads[0]!.id)).toMatchObject({ found: true, value: { b: [1, null] } });
  });
});

describe.concurrent('the replicated key-value example with a planted bug', () => {
  /** Runs a demo whose map differs from the real one in one statement. */
  async function runWith(bug: { readonly find: string; readonly replace: string }, ...args: readonly string[]) {
    const bundle = mkdtempSync(join(work, 'bug-'));
    const change = (source: string, path: string): string => {
      if (!path.endsWith('/kv-state-machine.ts')) return source;
      expect(source.split(bug.find)).toHaveLength(2);
      return source.replace(bug.find, () => bug.replace);
    };
    await bundleExample(bundle, 'replicated-kv', 'server', { change });
    const { child, ended, temporary } = startIn(bundle, ['--ops', '300', '--seed', '1', '--json', ...args]);
    return { ...(await ended), pid: child.pid, left: readdirSync(temporary), temporary };
  }

  it(
    'that never overwrites a value exits with 1, though nothing is lost: only the history shows it, on a page of its own',
    { timeout: TIMEOUT_MS },
    async () => {
      const { code, stdout, stderr, pid, left, temporary } = await runWith({
        find: 'this.#values.set(key, value);',
        replace: 'if (!this.#values.has(key)) this.#values.set(key, value);',
      });
      expect({ code, ...(JSON.parse(stdout) as object) }).toMatchObject({
        code: 1,
        lost: 0,
        replicasEqual: true,
        linearizable: false,
      });
      expect(stderr).toMatch(/^1 key with a history that is not linearizable: "contended\/[123]"$/m);
      const page = `quorate-violation-${pid}.html`;
      expect(stderr).toContain(`a timeline of the violation: ${join(temporary, page)}\n`);
      expect(left).toEqual([page]);
      expect(readFileSync(join(temporary, page), 'utf8')).toMatch(/^<!doctype html>[^]*get → [^]*<\/html>\s*$/i);
    },
  );

  it(
    'that forgets some writes exits with 1, names them, and leaves the page beside the history',
    { timeout: TIMEOUT_MS },
    async () => {
      const history = join(work, 'forgetful.jsonl');
      const bug = { find: 'this.#put(command);', replace: 'if (this.#keys.length !== 9) this.#put(command);' };
      const { code, stdout, stderr, left } = await runWith(bug, '--history', history);
      expect(code).toBe(1);
      const result = JSON.parse(stdout) as { readonly lost: number };
      expect(result).toMatchObject({ replicasEqual: true, linearizable: false });
      expect(result.lost).toBeGreaterThan(0);
      expect(stderr).toMatch(new RegExp(`^${result.lost} keys acknowledged and lost: "[^"]+#1", .* more$`, 'm'));
      expect(stderr).toContain(`a timeline of the violation: ${history}.html\n`);
      // Of a key that was there already a get finds an old value.
      expect(readFileSync(`${history}.html`, 'utf8')).toMatch(/id="culprit".*get → /);
      expect(left).toEqual([]);
    },
  );
});

interface HistoryLine {
  readonly type: 'call' | 'return';
  readonly id: number;
  readonly timeNs: number;
  readonly op?: string;
  readonly key?: string;
  readonly replica?: string;
}

describe.concurrent('a call that is wrong', () => {
  const wrong: readonly (readonly [string, () => readonly string[], RegExp])[] = [
    ['an unknown option', () => ['--speed', '3'], /unknown option '--speed'/],
    ['an argument too many', () => ['all'], /too many arguments/],
    ['too many nodes', () => ['--nodes', '10'], /--nodes.*whole number from 1 to 9/],
    ['no operations', () => ['--ops', '0'], /--ops.*whole number from 10/],
    ['a seed that is no number', () => ['--seed', 'x'], /--seed.*whole number from 0/],
    ['an input that does not exist', () => ['--input', join(work, 'none')], /cannot read .*none: it does not exist/],
    ['an empty input', () => ['--input', file('empty', '\n')], /empty: it needs a line/],
    [
      'a broken line',
      () => ['--input', file('broken', '{"key":"a","value":1}\n{"key":"b","value"')],
      /broken, line 2 is not JSON/,
    ],
    ['a line without value', () => ['--input', file('bare', '{"key":"a"}')], /bare, line 1 has no "value"/],
    ['an input of bytes', () => ['--input', file('bytes', Uint8Array.of(0xff, 0xfe))], /bytes: it is no UTF-8 text/],
    ['a history that cannot be written', () => ['--history', work], /cannot write the history to .*directory/],
  ];

  it('says what and how to mend it in one line, and exits with 2', { timeout: TIMEOUT_MS }, async () => {
    for (const [name, args, message] of wrong) {
      const { ended, temporary } = start(...args());
      const { code, stdout, stderr } = await ended;
      expect
        .soft({ name, code, stdout, stderr })
        .toEqual({ name, code: 2, stdout: '', stderr: expect.stringMatching(message) });
      expect.soft(stderr, name).toMatch(/^[^\n]+\n$/);
      expect.soft(readdirSync(temporary), name).toEqual([]);
    }
  });
});

describe.concurrent('an interruption', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)(
    'by %s ends all processes and leaves nothing behind',
    { timeout: TIMEOUT_MS },
    async (signal, exitCode) => {
      const { child, said, ended, temporary } = start('--ops', '1000000');
      await said('are up');
      expect(readdirSync(temporary)).toHaveLength(1);
      child.kill(signal);
      const { code, stdout } = await ended;
      expect({ code, stdout }).toEqual({ code: exitCode, stdout: '' });
      expect(readdirSync(temporary)).toEqual([]);
    },
  );

  it('by SIGKILL of the demo ends its servers too', { timeout: TIMEOUT_MS }, async () => {
    const { child, said, ended } = start('--ops', '1000000');
    await said('are up');
    child.kill('SIGKILL');
    expect((await ended).code).toBe('SIGKILL');
  });
});
