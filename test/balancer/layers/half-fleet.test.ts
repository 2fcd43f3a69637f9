import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { DEAD_SECONDS, halfFleet, type Protection, type Slice } from './half-fleet.js';

const [DIES, BACK] = DEAD_SECONDS;
const guide = readFileSync(new URL('../../../docs/guide/layers.md', import.meta.url), 'utf8');

/** Which part of the requests from one second to another failed. */
function failedBetween(slices: readonly Slice[], from: number, to: number): number {
  const within = slices.filter(({ at }) => at >= from && at < to);
  const sum = (count: (slice: Slice) => number): number => within.reduce((total, slice) => total + count(slice), 0);
  return sum(({ failed }) => failed) / sum(({ sent }) => sent);
}

const failures = (slices: readonly Slice[]): number => slices.reduce((sum, { failed }) => sum + failed, 0);

const runs = new Map<Protection, Slice[]>();

beforeAll(async () => {
  for (const protection of ['none', 'passive', 'active', 'both'] as const)
    runs.set(protection, await halfFleet(protection, 1));
});

describe('half of a fleet of a hundred that dies at once (seed 1)', () => {
  it('fails half of all requests when nothing keeps them from it', () => {
    const slices = runs.get('none')!;
    expect(failedBetween(slices, 0, DIES)).toBe(0);
    expect(failedBetween(slices, DIES, BACK)).toBe(0.5);
    expect(failedBetween(slices, BACK, Infinity)).toBe(0);
  });

  it('is ejected by five failures of each, which is known two seconds after, and tried again in vain', () => {
    const slices = runs.get('passive')!;
    expect(failedBetween(slices, DIES + 2, DIES + 25)).toBe(0);
    expect(failedBetween(slices, DIES + 25, BACK)).toBeGreaterThan(0);
    expect(failures(slices)).toBeLessThan(2000);
  });

  it('is found by three checks of each, within eight seconds, and tried by checks only', () => {
    const slices = runs.get('active')!;
    expect(failedBetween(slices, DIES, DIES + 4)).toBeGreaterThan(0.4);
    expect(failedBetween(slices, DIES + 8, Infinity)).toBe(0);
  });

  it('fails least with both', () => {
    const [none, passive, active, both] = [...runs.values()].map(failures);
    expect(both).toBeLessThan(Math.min(none!, passive!, active!));
  });

  it('is in the guide with these numbers', () => {
    const missing = [...runs.values()]
      .map((slices) => failures(slices).toLocaleString('en'))
      .filter((n) => !guide.includes(` ${n} `));
    expect(missing).toEqual([]);
  });
});
