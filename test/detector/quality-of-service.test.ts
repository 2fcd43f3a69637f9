import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/core/index.js';
import { empiricalDelay, exponentialDelay, qualityOfNfdE, qualityOfNfdS } from '../../src/detector/index.js';
import {
  alike,
  discrete,
  exponential,
  exponentialIntegral,
  midpointSum,
  qZero,
  smooth,
  steppedIntegral,
  theorem5,
  u,
  uniform,
  type Setting,
} from './naive-quality.js';

const relative = (found: number, expected: number): number => Math.abs(found / expected - 1);

/** The quality is what theorem 5 says with this integral of u. */
function agrees(setting: Setting, integral: number, error: number): void {
  const found = qualityOfNfdS(setting);
  const expected = theorem5(setting, integral);
  expect(relative(found.mistakeRecurrenceMs, expected.recurrence)).toBeLessThan(error);
  expect(relative(found.mistakeDurationMs, expected.duration)).toBeLessThan(error);
  expect(Math.abs(found.queryAccuracy - expected.accuracy)).toBeLessThan(error);
}

describe('qualityOfNfdS', () => {
  // Interval 1 s, loss 1 %, exponential delays of 20 ms on average.
  const table = [
    [1.1, '60.592', '0.56593'],
    [1.25, '100.973', '0.77982'],
    [1.5, '101.010', '0.53010'],
    [2, '101.010', '0.03010'],
    [2.25, '10097.3', '0.77982'],
    [2.5, '10101.0', '0.53010'],
    [3.25, '1009728', '0.77982'],
    [3.5, '1010101', '0.53010'],
  ] as const;
  const setting = (detectionTime: number): Setting => {
    const shiftMs = Math.round(1000 * detectionTime) - 1000;
    return { intervalMs: 1000, shiftMs, loss: 0.01, delay: exponential(20) };
  };

  it.each(table)(
    'published: detection within %d s has mistakes every %s s, of %s s',
    (detection, recurrence, duration) => {
      const found = qualityOfNfdS({ ...setting(detection), delay: exponentialDelay(20) });
      const digits = (of: string): number => of.split('.')[1]?.length ?? 0;
      expect(found.detectionTimeMs).toBeCloseTo(1000 * detection, 9);
      expect((found.mistakeRecurrenceMs / 1000).toFixed(digits(recurrence))).toBe(recurrence);
      expect((found.mistakeDurationMs / 1000).toFixed(digits(duration))).toBe(duration);
    },
  );

  it.each(table)('is what the closed form says at %d s', (detection) => {
    agrees(setting(detection), exponentialIntegral(setting(detection), 20), 1e-10);
  });

  it('is what the closed form says for exponential delays of any kind', () => {
    const arbitrary = fc.record({
      intervalMs: fc.double({ min: 1, max: 5000, noNaN: true }),
      intervals: fc.double({ min: 0, max: 12, noNaN: true }),
      loss: fc.oneof(fc.constant(0), fc.double({ min: 1e-4, max: 0.99, noNaN: true })),
      scale: fc.double({ min: -5, max: 1, noNaN: true }),
    });
    const property = fc.property(arbitrary, ({ intervalMs, intervals, loss, scale }) => {
      const meanMs = intervalMs * 10 ** scale;
      const any = { intervalMs, shiftMs: intervals * intervalMs, loss, delay: exponential(meanMs) };
      fc.pre(u(0, any) > 1e-200);
      agrees(any, exponentialIntegral(any, meanMs), 1e-9);
    });
    fc.assert(property, { numRuns: 500 });
  });

  it('is what a fine sum says for other delays', () => {
    const logLogistic = smooth((ms) => (ms <= 0 ? 1 : 1 / (1 + (ms / 30) ** 3)));
    const late = smooth((ms) => 1 / (1 + Math.exp((ms - 437) / 0.05)));
    const twoHumps = smooth((ms) => 0.5 / (1 + Math.exp((ms - 250) / 2)) + 0.5 / (1 + Math.exp((ms - 750) / 2)));
    for (const delay of [logLogistic, uniform(0, 900), uniform(300, 310), late, twoHumps]) {
      for (const shiftMs of [0, 250, 1000, 2300]) {
        for (const loss of [0, 0.02]) {
          const any = { intervalMs: 1000, shiftMs, loss, delay };
          if (u(0, any) > 1e-300) agrees(any, midpointSum(any, 400_000), 1e-6);
        }
      }
    }
  });

  it('is exact where delays have steps, also at freshness points', () => {
    // Lost 0.1, else 100 ms or 700 ms. At a freshness point heartbeat i was sent 600 ms ago and the next 100 ms ago, which
    // is not there in less than that: each is missing with 0.1 + 0.9 x 0.4. From 100 ms later on the first is only if lost.
    const delay = discrete([
      [100, 0.6],
      [700, 0.4],
    ]);
    const any = { intervalMs: 500, shiftMs: 600, loss: 0.1, delay };
    const found = qualityOfNfdS(any);
    expect(found.mistakeRecurrenceMs).toBeCloseTo(500 / (0.9 * 0.46 * 0.46), 9);
    expect(found.mistakeDurationMs).toBeCloseTo((100 * 0.46 * 0.46 + 400 * 0.1 * 0.46) / (0.9 * 0.46 * 0.46), 9);
    // One that takes as long as detection has not come in time.
    expect(qualityOfNfdS({ ...any, shiftMs: 200 }).mistakeRecurrenceMs).toBeCloseTo(500 / (0.9 * 0.6 * 0.46), 9);
  });

  it('without delays is that of losses alone', () => {
    const delay = discrete([
      [0, 0.75],
      [300, 0.25],
    ]);
    // The heartbeat that was sent at the freshness point is there unless it is lost or late.
    const any = { intervalMs: 100, shiftMs: 200, loss: 0.2, delay };
    const found = qualityOfNfdS(any);
    expect(found.mistakeRecurrenceMs).toBeCloseTo(100 / (0.8 * 0.75 * 0.4 ** 3), 9);
    expect(found.mistakeDurationMs).toBeCloseTo(100 / (0.8 * 0.75), 9);
  });

  it('of samples is that of delays with steps', () => {
    const samples = [700, 100, 100, 700, 100];
    const few = { intervalMs: 500, shiftMs: 600, loss: 0.1, delay: empiricalDelay(samples) };
    expect(qualityOfNfdS(few).mistakeRecurrenceMs).toBeCloseTo(500 / (0.9 * 0.46 * 0.46), 9);

    const random = seededRandom(3);
    const many = Array.from({ length: 300 }, () => -300 * Math.log(1 - random()));
    const delay = discrete(many.map((ms) => [ms, 1 / many.length]));
    const any = { intervalMs: 1000, shiftMs: 1250, loss: 0.05, delay };
    const expected = theorem5(any, steppedIntegral(any)).duration;
    let asked = 0;
    const { exceeds, breaks } = empiricalDelay(many);
    const counted = (ms: number): number => {
      asked++;
      return exceeds(ms);
    };
    const found = qualityOfNfdS({ ...any, delay: { exceeds: counted, breaks: breaks! } });
    expect(relative(found.mistakeDurationMs, expected)).toBeLessThan(1e-11);
    expect(asked).toBeLessThan(2000); // at both ends of each part, for each heartbeat that is under way
    const silent = qualityOfNfdS({ ...any, delay: { exceeds } });
    expect(relative(silent.mistakeDurationMs, expected)).toBeLessThan(1e-6);
  });

  it('is what a simulation shows', () => {
    const random = seededRandom(1);
    const [intervalMs, shiftMs, loss, heartbeats] = [100, 130, 0.2, 300_000];
    const arrivals = Array.from({ length: heartbeats + 3 }, (_, i) =>
      random() < loss ? Infinity : i * intervalMs - 60 * Math.log(1 - random()),
    );
    const freshFrom = (i: number): number => Math.min(...arrivals.slice(i, i + 4));
    let mistakes = 0;
    let suspected = 0;
    for (let i = 1; i < heartbeats; i++) {
      const freshness = i * intervalMs + shiftMs;
      const until = Math.min(freshFrom(i), freshness + intervalMs);
      if (until <= freshness) continue;
      suspected += until - freshness;
      if (freshFrom(i - 1) < freshness) mistakes++;
    }
    const found = qualityOfNfdS({ intervalMs, shiftMs, loss, delay: exponentialDelay(60) });
    expect(relative((heartbeats * intervalMs) / mistakes, found.mistakeRecurrenceMs)).toBeLessThan(0.02);
    expect(relative(suspected / mistakes, found.mistakeDurationMs)).toBeLessThan(0.02);
  });

  it('relates its metrics as the paper does', () => {
    const found = qualityOfNfdS(setting(1.25));
    expect(relative(found.mistakesPerSecond, 1000 / found.mistakeRecurrenceMs)).toBeLessThan(1e-12);
    expect(relative(found.goodPeriodMs, found.mistakeRecurrenceMs - found.mistakeDurationMs)).toBeLessThan(1e-12);
    expect(relative(found.queryAccuracy, found.goodPeriodMs / found.mistakeRecurrenceMs)).toBeLessThan(1e-12);
  });

  it('has no mistakes where messages are never late and never lost', () => {
    const delay = uniform(0, 100);
    const found = qualityOfNfdS({ intervalMs: 50, shiftMs: 100, loss: 0, delay });
    const none = { mistakesPerSecond: 0, goodPeriodMs: Infinity, queryAccuracy: 1, detectionTimeMs: 150 };
    expect(found).toEqual({ mistakeRecurrenceMs: Infinity, mistakeDurationMs: 0, ...none });
  });

  it.each([
    ['all messages are lost', 1, 0],
    ['none comes in time', 0.1, 200],
  ])('has one mistake that never ends when %s', (_, loss, ms) => {
    const found = qualityOfNfdS({ intervalMs: 100, shiftMs: 100, loss, delay: discrete([[ms, 1]]) });
    const always = { mistakesPerSecond: 0, goodPeriodMs: 0, queryAccuracy: 0, detectionTimeMs: 200 };
    expect(found).toEqual({ mistakeRecurrenceMs: Infinity, mistakeDurationMs: Infinity, ...always });
  });

  it('works without a shift', () => {
    const any = { intervalMs: 100, shiftMs: 0, loss: 0.25, delay: exponential(10) };
    agrees(any, 0.25 * 100 + 0.75 * 10 * (1 - Math.exp(-10)), 1e-10);
    expect(qZero(any)).toBeCloseTo(0.75, 4);
  });

  it('gives durations also where mistakes are rarer than numbers can say', () => {
    const any = { intervalMs: 1000, loss: 0.01, delay: exponentialDelay(20) };
    const found = qualityOfNfdS({ ...any, shiftMs: 400_250 });
    expect(found.mistakeRecurrenceMs).toBe(Infinity);
    expect(found.queryAccuracy).toBe(1);
    const same = qualityOfNfdS({ ...any, shiftMs: 20_250 }); // loss to the power of 22 is still a number
    expect(same.mistakeRecurrenceMs).toBeLessThan(Infinity);
    expect(relative(found.mistakeDurationMs, same.mistakeDurationMs)).toBeLessThan(1e-9);
  });

  it('refuses what makes no sense', () => {
    const any = { intervalMs: 100, shiftMs: 100, loss: 0.1, delay: exponentialDelay(10) };
    expect(() => qualityOfNfdS({ ...any, intervalMs: 0 })).toThrow('intervalMs is 0');
    expect(() => qualityOfNfdS({ ...any, shiftMs: -1 })).toThrow('shiftMs is -1');
    expect(() => qualityOfNfdS({ ...any, shiftMs: 100_000_001 })).toThrow('from 0 to 100000000');
    expect(() => qualityOfNfdS({ ...any, loss: 1.1 })).toThrow('loss is 1.1; it must be a number from 0 to 1');
    expect(() => qualityOfNfdS({ ...any, delay: { exceeds: (ms) => ms } })).toThrow('is 199.9');
    expect(() => qualityOfNfdS({ ...any, delay: { exceeds: (ms) => 1 - Math.exp(-ms) } })).toThrow(
      'the probability of more, 0 or less as for 0',
    );
    expect(() => qualityOfNfdS({ ...any, delay: { meanMs: -1, varianceMs2: 1 } })).toThrow('delay.meanMs is -1');
    expect(() => exponentialDelay(0)).toThrow('meanMs is 0');
    expect(() => empiricalDelay([])).toThrow('samples is an array; it must be at least one delay');
    expect(() => empiricalDelay([1, -1])).toThrow('sample is -1');
  });
});

describe('guarantees for any distribution', () => {
  it('are met by each of them', () => {
    const arbitrary = fc.record({
      intervalMs: fc.double({ min: 5, max: 500, noNaN: true }),
      intervals: fc.double({ min: 0, max: 5, noNaN: true }),
      loss: fc.double({ min: 0, max: 0.9, noNaN: true }),
      meanMs: fc.double({ min: 1, max: 300, noNaN: true }),
      spread: fc.double({ min: 0.01, max: 2, noNaN: true }),
    });
    const property = fc.property(arbitrary, ({ intervalMs, intervals, loss, meanMs, spread }) => {
      const shiftMs = intervalMs * intervals;
      const deviationMs = meanMs * spread;
      const bound = qualityOfNfdS({ intervalMs, shiftMs, loss, delay: { meanMs, varianceMs2: deviationMs ** 2 } });
      for (const delay of alike(meanMs, deviationMs)) {
        const found = qualityOfNfdS({ intervalMs, shiftMs, loss, delay });
        expect(found.detectionTimeMs).toBe(bound.detectionTimeMs);
        expect(found.mistakeRecurrenceMs).toBeGreaterThanOrEqual(bound.mistakeRecurrenceMs * (1 - 1e-9));
        expect(found.mistakeDurationMs).toBeLessThanOrEqual(bound.mistakeDurationMs * (1 + 1e-9));
        expect(found.queryAccuracy).toBeGreaterThanOrEqual(bound.queryAccuracy - 1e-9);
        expect(found.goodPeriodMs).toBeGreaterThanOrEqual(bound.goodPeriodMs * (1 - 1e-9));
        expect(found.mistakesPerSecond).toBeLessThanOrEqual(bound.mistakesPerSecond * (1 + 1e-9));
      }
    });
    fc.assert(property, { numRuns: 300 });
  });

  it('of NFD-E are those of NFD-S with delays that count from their mean', () => {
    const [intervalMs, loss, varianceMs2] = [1000, 0.01, 400];
    const { detectionBeyondDelayMs, ...ofE } = qualityOfNfdE({
      intervalMs,
      marginMs: 1480,
      loss,
      delay: { varianceMs2 },
    });
    const delay = { meanMs: 20, varianceMs2 };
    const { detectionTimeMs, ...ofS } = qualityOfNfdS({ intervalMs, shiftMs: 1500, loss, delay });
    expect([detectionBeyondDelayMs, detectionTimeMs]).toEqual([2480, 2500]);
    expect(ofE).toEqual(ofS);
  });

  it('are none where only the mean is certain', () => {
    const found = qualityOfNfdS({ intervalMs: 10, shiftMs: 10, loss: 0, delay: { meanMs: 30, varianceMs2: 1 } });
    expect(found).toMatchObject({
      mistakeRecurrenceMs: 10,
      mistakeDurationMs: Infinity,
      queryAccuracy: 0,
      goodPeriodMs: 0,
    });
  });

  it('refuse what is not known', () => {
    const any = { intervalMs: 100, marginMs: 100, loss: 0.1, delay: { varianceMs2: NaN } };
    expect(() => qualityOfNfdE(any)).toThrow(
      'delay.varianceMs2 is NaN; it must be a number from 0; measured it is known',
    );
    expect(() => qualityOfNfdE({ ...any, marginMs: NaN })).toThrow('marginMs is NaN');
    const moments = { meanMs: NaN, varianceMs2: 1 };
    expect(() => qualityOfNfdS({ ...any, shiftMs: 1, delay: moments })).toThrow('only when clocks are synchronised');
  });
});
