import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleExample } from '../process/bundle.js';
import { startDemo } from '../process/demo-process.js';

type Line =
  | { readonly event: 'step'; readonly members: readonly string[]; readonly learners: readonly string[] }
  | { readonly event: 'summary'; readonly acknowledged: number; readonly counts: Readonly<Record<string, number>> };

let work: string;

beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'quorate-change-members-test-'));
  await bundleExample(work, 'change-members', null);
});

afterAll(() => {
  rmSync(work, { recursive: true, force: true });
});

function start(name: string, ...args: readonly string[]): ReturnType<typeof startDemo> {
  mkdirSync(join(work, name));
  return startDemo(work, join(work, name), args);
}

describe.concurrent('the example of changing members', () => {
  it(
    'replaces the members under load, and each of the new ones has each command once',
    { timeout: 60_000 },
    async () => {
      const { code, stdout, stderr } = await start('whole', '--json').ended;
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const lines = stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Line);
      const steps = lines.filter((line) => line.event === 'step');
      expect(steps.map(({ members, learners }) => [members.length, learners.length])).toEqual([
        [3, 1],
        [4, 0],
        [3, 0],
        [3, 0],
        [3, 0],
      ]);
      expect(steps.at(-1)!.members).toEqual(['d', 'e', 'f']);
      const { acknowledged, counts } = lines.find((line) => line.event === 'summary')!;
      expect(acknowledged).toBeGreaterThan(0);
      expect(counts).toEqual({ d: acknowledged, e: acknowledged, f: acknowledged });
      expect(readdirSync(join(work, 'whole'))).toEqual([]);
    },
  );

  it('stops on Ctrl-C and leaves nothing behind', { timeout: 60_000 }, async () => {
    const { child, ended } = start('stopped', '--json');
    await new Promise((resolve) => child.stdout!.once('data', resolve));
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ code: 130 });
    expect(readdirSync(join(work, 'stopped'))).toEqual([]);
  });

  it('refuses an option that it does not know', { timeout: 60_000 }, async () => {
    const { code, stderr } = await start('wrong', '--fast').ended;
    expect(code).toBe(2);
    expect(stderr).toContain('--fast');
  });
});
