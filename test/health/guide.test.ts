import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { HealthChecks, type HealthChecksOptions } from 'quorate/health';
import { VirtualClock } from 'quorate/testing';

const guide = readFileSync(new URL('../../docs/guide/health.md', import.meta.url), 'utf8');
const section = guide.split('## When it is known')[1]!.split('\n## ')[0]!;
const rows = [...section.matchAll(/^\| `(.*)` +\| (.*) to (.*) +\| (.*) to (.*) +\| (.*) to (.*) +\|$/gm)].map(
  ([, options, ...seconds]) => ({ options: options!, seconds: seconds.map(Number) }),
);

/** How long after it came a change is known, in seconds: one that comes right before a check, and one right after. */
async function known(options: object, change: 'refuses' | 'hangs' | 'is back'): Promise<number[]> {
  const { intervalMs = 2000 } = options as HealthChecksOptions;
  const found: number[] = [];
  for (const phase of [intervalMs - 1, 1]) {
    const clock = new VirtualClock();
    let state = change === 'is back' ? 'refuses' : 'well';
    let begun = 0;
    const check = async (): Promise<void> => {
      begun++;
      if (state === 'refuses') throw new Error('refused');
      if (state === 'hangs') await new Promise(() => {});
    };
    const checks = new HealthChecks({ ...options, check, clock, jitter: 0, firstCheckWithinMs: 0 });
    checks.add('a');
    await clock.run(20 * intervalMs);
    for (const before = begun; begun === before;) await clock.run(1);
    await clock.run(phase);
    state = change === 'is back' ? 'well' : change;
    const at = clock.now();
    const heard = new Promise<number>((resolve) => checks.subscribe(() => resolve(clock.now())));
    await clock.run(100_000);
    await checks.close();
    found.push(Math.round(((await heard) - at) / 100) / 10);
  }
  return found;
}

describe('the table of when changes are known', () => {
  it('has rows', () => {
    expect(rows.length).toBeGreaterThan(3);
  });

  it.each(rows)('with $options', async ({ options, seconds }) => {
    const parsed = JSON.parse(options) as object;
    const found: number[] = [];
    for (const change of ['refuses', 'hangs', 'is back'] as const) found.push(...(await known(parsed, change)));
    expect(found).toEqual(seconds);
  });
});
