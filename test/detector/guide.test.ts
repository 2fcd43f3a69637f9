import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ExponentialPhi, LogisticPhi, NormalPhi, type FailureDetector } from 'quorate/detector';

const guide = readFileSync(new URL('../../docs/guide/detector.md', import.meta.url), 'utf8');
const section = guide.split('## What phi 8 means')[1]!.split('\n## ')[0]!;
const rows = section
  .split('\n')
  .filter((line) => /^\| \d/.test(line))
  .map((line) => line.split('|').slice(1, -1).map(Number));

const makers: readonly ((intervalMs: number) => FailureDetector)[] = [
  (intervalMs) => new LogisticPhi({ intervalMs }),
  (intervalMs) => new LogisticPhi({ intervalMs, acceptablePauseMs: 0 }),
  (intervalMs) => new NormalPhi({ intervalMs, acceptablePauseMs: 0 }),
  (intervalMs) => new ExponentialPhi({ intervalMs }),
];

describe('the table of what phi 8 means', () => {
  it('has rows', () => {
    expect(rows.length).toBeGreaterThan(3);
  });

  it.each(rows)('interval %d ms, deviation %d ms', (interval, deviation, ...milliseconds) => {
    const found = makers.map((make) => {
      const detector = make(interval);
      let at = 0;
      for (let i = 0; i < 3000; i++) detector.heartbeat((at += interval + (i % 2 === 0 ? deviation : -deviation)));
      return Math.round(detector.deadline() - at);
    });
    expect(found).toEqual(milliseconds);
  });
});
