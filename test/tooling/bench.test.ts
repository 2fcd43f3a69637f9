import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { runSuite, type MeasuredCase } from '../../bench/harness.js';

/** A case whose rounds give these values, and which notes when it is called. */
function measured(name: string, values: readonly number[], calls: string[], peer?: string): MeasuredCase {
  let round = 0;
  return {
    name,
    unit: 'ms',
    ...(peer === undefined ? {} : { peer }),
    measure: () => {
      calls.push(name);
      return values[round++]!;
    },
    close: () => void calls.push(`close ${name}`),
  };
}

describe('runSuite', () => {
  it('takes turns, returns the medians, and closes what it ran', async () => {
    const calls: string[] = [];
    const cases = [measured('a', [1, 9, 2], calls), measured('b', [5, 4, 6], calls, 'other@1.0.0')];
    expect(await runSuite('some', cases, { rounds: 3, seconds: 1 })).toEqual([
      { suite: 'some', case: 'a', unit: 'ms', value: 2, peer: null },
      { suite: 'some', case: 'b', unit: 'ms', value: 5, peer: 'other@1.0.0' },
    ]);
    expect(calls).toEqual(['a', 'b', 'a', 'b', 'a', 'b', 'close a', 'close b']);
  });

  it('takes the mean of the two in the middle of an even number of rounds', async () => {
    const [result] = await runSuite('some', [measured('a', [1, 10, 3, 2], [])], { rounds: 4, seconds: 1 });
    expect(result!.value).toBe(2.5);
  });

  it('takes what all rounds say together where a case knows that', async () => {
    const one: MeasuredCase = { ...measured('a', [1, 10, 3], []), total: () => 14 };
    const [result] = await runSuite('some', [one], { rounds: 3, seconds: 1 });
    expect(result!.value).toBe(14);
  });

  it.each(['ns/op', 'ops/s'] as const)('times a case in %s', async (unit) => {
    let iterations = 0;
    const run = async (n: number): Promise<void> => {
      for (let i = 0; i < n; i++) await Promise.resolve();
      iterations += n;
    };
    const [result] = await runSuite('some', [{ name: 'a', unit, run }], { rounds: 2, seconds: 0.01 });
    expect(iterations).toBeGreaterThan(1);
    expect(unit === 'ns/op' ? result!.value : 1e9 / result!.value).toBeGreaterThan(0);
    expect(unit === 'ns/op' ? result!.value : 1e9 / result!.value).toBeLessThan(1e6);
  });
});

describe('npm run bench', () => {
  it.each([[['no-such-suite']], [[]], [['id', '--rounds', '0']], [['id', '--seconds', 'x']], [['id', '--nonsense']]])(
    'exits with 2 on %j, and prints nothing on standard output',
    (args) => {
      const { status, stdout, stderr } = bench(args);
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(stderr).not.toBe('');
    },
  );

  it('lists the suites when it does not know one', () => {
    expect(bench(['no-such-suite']).stderr).toContain('The suites are: ');
  });
});

function bench(args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, ['--import', 'tsx', 'scripts/bench.ts', ...args], { encoding: 'utf8' });
}
