import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quorate-count-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function count(passed: number, failed: number, files: readonly (readonly [string, string[]])[]): unknown {
  const report = {
    numPassedTests: passed,
    numFailedTests: failed,
    testResults: files.map(([status, tests]) => ({
      status,
      assertionResults: tests.map((test) => ({ status: test })),
    })),
  };
  writeFileSync(join(folder, 'report.json'), JSON.stringify(report));
  return outcome(join(folder, 'report.json'));
}

function outcome(file: string): unknown {
  const { stdout, status } = spawnSync(process.execPath, ['scripts/count-tests.js', file], { encoding: 'utf8' });
  return [stdout, status];
}

describe('the count of tests', () => {
  it('is that of the report', () => {
    expect(count(3, 0, [['passed', ['passed', 'passed', 'passed']]])).toEqual(['3 passed, 0 failed\n', 0]);
    expect(count(1, 1, [['failed', ['passed', 'failed']]])).toEqual(['1 passed, 1 failed\n', 1]);
  });

  it('has files that failed outside their tests', () => {
    const files = [
      ['failed', []],
      ['failed', ['skipped']],
      ['passed', ['passed']],
    ] as const;
    expect(
      count(
        1,
        0,
        files.map(([status, tests]) => [status, [...tests]]),
      ),
    ).toEqual(['1 passed, 2 failed\n', 1]);
  });

  it('is a failure when there is no report or no test', () => {
    expect(outcome(join(folder, 'none.json'))).toEqual(['0 passed, 1 failed\n', 1]);
    expect(count(0, 0, [])).toEqual(['0 passed, 0 failed\n', 1]);
  });
});
