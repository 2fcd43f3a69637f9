import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const read = (path: string): string => readFileSync(resolve(path), 'utf8');
const machine = read('examples/own-protocol/highest.ts');
const program = read('examples/own-protocol/main.ts');

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quorate-own-protocol-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Runs the program on a copy of the machine, outside of the project as a user would. */
function test(changed: string): { status: number | null; stdout: string; stderr: string } {
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  writeFileSync(join(folder, 'highest.ts'), changed);
  writeFileSync(join(folder, 'main.ts'), program);
  const env = { ...process.env, TSX_TSCONFIG_PATH: resolve('tsconfig.json') };
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const args = ['--import', tsx, join(folder, 'main.ts')];
  return spawnSync(process.execPath, args, { cwd: folder, env, encoding: 'utf8', timeout: 19_000 });
}

describe('the test of a protocol of one’s own', () => {
  it('has thirty lines at most', () => {
    expect(program.split('\n').filter((line) => line.trim() !== '').length).toBeLessThanOrEqual(30);
  });

  it('is the one that the guide shows', () => {
    expect(read('docs/guide/testing.md')).toContain(`\`\`\`ts\n${program}\`\`\`\n`);
  });

  it('tests the machine that the core guide shows', () => {
    expect(read('docs/guide/core.md')).toContain(`\`\`\`ts\n${machine}\`\`\`\n`);
  });

  it('finds nothing in 100 runs in which much happens', () => {
    const { status, stdout } = test(machine);
    expect(status).toBe(0);
    const [, commands, steps] = /^100 runs, (\d+) commands, (\d+) steps: nothing was violated\n$/.exec(stdout) ?? [];
    expect(Number(commands)).toBeGreaterThan(5000);
    expect(Number(steps)).toBeGreaterThan(50_000);
  });

  it('finds the mistake that the guide plants, and says what leads to it', () => {
    const hasty = machine.replace('after: this.#state.writeCount });', 'after: 0 });');
    expect(hasty).not.toBe(machine);
    const { status, stderr } = test(hasty);
    expect(status).toBe(1);
    expect(stderr).toMatch(/SimulationError: seed \d+: n\d forgot \d+, after step \d+, at [\d.]+ ms\n/);
    expect(stderr).toMatch(/needs [1-4] of the \d+ faults:\n {2}\{.*type: "(crash|diskFailure)"/);
    expect(stderr).toMatch(/last events:\n( {2}.*\n)* {2}[\d.]+ n\d \{"type":"start"\}\n/);
  });
});
