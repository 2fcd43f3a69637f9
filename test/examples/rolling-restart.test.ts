import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RestartProgress } from 'quorate/health';
import { parseOptions } from '../../examples/rolling-restart/options.js';
import { bundleExample } from '../process/bundle.js';
import { startDemo, type Running } from '../process/demo-process.js';

const TIMEOUT_MS = 90_000;

interface Summary {
  readonly event: 'summary';
  readonly requests: number;
  readonly failures: number;
  readonly answers: Readonly<Record<string, number>>;
  readonly restarted: readonly string[];
  readonly rolledBack: readonly string[];
}

type Line = Summary | ({ readonly event: 'step' } & RestartProgress);

let work: string;
let started = 0;

beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'quorate-rolling-restart-'));
  await bundleExample(work, 'rolling-restart', 'server');
});

afterAll(() => {
  rmSync(work, { recursive: true, force: true });
});

function start(...args: readonly string[]): Running {
  const temporary = join(work, `run-${++started}`);
  mkdirSync(temporary);
  return startDemo(work, temporary, args);
}

async function linesOf({ ended }: Running): Promise<{ summary: Summary; steps: RestartProgress[] }> {
  const { code, stdout, stderr } = await ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
  const steps = lines.filter((line) => line.event === 'step');
  return { summary: lines.find((line) => line.event === 'summary')!, steps };
}

describe.concurrent('the example of a rolling restart', () => {
  // `ended` resolves when all processes that hold its standard error have ended: that is, all its children.
  it('restarts three servers under load, and no request fails', { timeout: TIMEOUT_MS }, async () => {
    const running = start('--json', '--rate', '100');
    const { summary, steps } = await linesOf(running);
    expect(summary).toMatchObject({ failures: 0, rolledBack: [] });
    expect(summary.restarted).toHaveLength(3);
    expect(Object.keys(summary.answers).sort()).toEqual(['1.0', '2.0']);
    expect(summary.requests).toBeGreaterThan(100);
    expect(steps.filter(({ step }) => step === 'done').map(({ done }) => done)).toEqual([1, 2, 3]);
    expect(readdirSync(running.temporary)).toEqual([]);
  });

  it('goes back when the last server does not get well, and no request fails', { timeout: TIMEOUT_MS }, async () => {
    const { summary, steps } = await linesOf(start('--json', '--rate', '100', '--break-last'));
    expect(summary).toMatchObject({ failures: 0, restarted: [] });
    const order = steps.filter(({ step, rollingBack }) => step === 'done' && !rollingBack).map(({ node }) => node);
    expect(summary.rolledBack.slice(1)).toEqual(order.toReversed());
    expect(summary.rolledBack).toHaveLength(3);
  });

  it('ends with all its servers at Ctrl-C', { timeout: TIMEOUT_MS }, async () => {
    const { child, ended } = start();
    await new Promise<void>((resolve) => {
      child.stdout!.on('data', (chunk: Buffer) => {
        if (chunk.toString().includes('stop')) resolve();
      });
    });
    child.kill('SIGINT');
    expect((await ended).code).toBe(130);
  });

  it.each([
    [['--rate', '0'], "option '--rate <n>' argument '0' is invalid. It must be a whole number from 1 to 1000."],
    [['--rat'], "unknown option '--rat'"],
    [['now'], 'too many arguments'],
  ])('refuses %j', (args, message) => {
    expect(() => parseOptions(args)).toThrow(message);
  });
});
