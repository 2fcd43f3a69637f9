import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isQuorateError } from '../../src/core/index.js';
import {
  ChenNfdE,
  ChenNfdS,
  configureNfdE,
  configureNfdS,
  empiricalDelay,
  exponentialDelay,
  qualityOfNfdE,
  qualityOfNfdS,
  UnattainableQualityError,
  type DelayDistribution,
  type NfdERequirements,
  type NfdSRequirements,
} from '../../src/detector/index.js';
import { alike, exponential, smooth, uniform, type Delay } from './naive-quality.js';

const day = 86_400_000;
/** The worked example of the paper. */
const wanted = { mistakeRecurrenceMs: 30 * day, mistakeDurationMs: 60_000, loss: 0.01 };
/** 0.02 square seconds. */
const varianceMs2 = 20_000;

/** f of section 4, by its definition. */
function knownRecurrence(intervalMs: number, { detectionTimeMs, loss }: NfdSRequirements, delay: Delay): number {
  let product = (1 - loss) * (1 - delay.reaches(detectionTimeMs));
  for (let j = 1; j <= Math.ceil(detectionTimeMs / intervalMs) - 1; j++) {
    product *= loss + (1 - loss) * delay.exceeds(detectionTimeMs - j * intervalMs);
  }
  return intervalMs / product;
}

/** f of sections 5 and 6, by its definition; times are less the mean delay. */
function worstRecurrence(intervalMs: number, timeMs: number, loss: number, variance: number): number {
  let product = intervalMs;
  for (let j = 1; j <= Math.ceil(timeMs / intervalMs) - 1; j++) {
    const square = (timeMs - j * intervalMs) ** 2;
    product *= (variance + square) / (variance + loss * square);
  }
  return product;
}

/** What the configuration throws. */
function refusal(requirements: NfdSRequirements): UnattainableQualityError | undefined {
  try {
    configureNfdS(requirements);
    return undefined;
  } catch (error) {
    if (isQuorateError(error, 'unattainable-quality')) return error as UnattainableQualityError;
    throw error;
  }
}

const requirements = fc.record({
  detectionTimeMs: fc.double({ min: 20, max: 2000, noNaN: true }),
  mistakeRecurrenceMs: fc.double({ min: 0, max: 12, noNaN: true }).map((digits) => 10 ** digits),
  mistakeDurationMs: fc.double({ min: 0.5, max: 5, noNaN: true }).map((digits) => 10 ** digits),
  loss: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 0.8, noNaN: true })),
  minIntervalMs: fc.constantFrom(5, 10, 20),
});

describe('configureNfdS', () => {
  it('published: 9.97 s for the example of the paper, 9.71 s when only mean and variance are known', () => {
    const known = configureNfdS({ ...wanted, detectionTimeMs: 30_000, delay: exponentialDelay(20) });
    expect(known.intervalMs / 1000).toBeCloseTo(9.976, 3);
    expect(known.intervalMs + known.shiftMs).toBe(30_000);
    const unknown = configureNfdS({ ...wanted, detectionTimeMs: 30_000, delay: { meanMs: 20, varianceMs2 } });
    expect(unknown.intervalMs / 1000).toBeCloseTo(9.71, 2);
    expect(Math.floor(unknown.intervalMs)).toBe(9709);
    expect(unknown.shiftMs / 1000).toBeCloseTo(20.29, 2);
  });

  it('gives what fits into a detector, and what that is worth', () => {
    const needed = { ...wanted, detectionTimeMs: 30_000, delay: exponentialDelay(20) };
    const { quality, ...options } = configureNfdS(needed);
    const detector = new ChenNfdS({ firstSentAt: 0, ...options });
    detector.heartbeat(5, 0);
    expect(detector.deadline()).toBe(30_000);
    expect(quality).toEqual(qualityOfNfdS({ ...needed, ...options }));
  });

  const distributions: [string, (scaleMs: number) => Delay][] = [
    ['exponential', exponential],
    ['uniform', (scaleMs) => uniform(scaleMs / 2, 2 * scaleMs)],
    ['heavy', (scaleMs) => smooth((ms) => (ms <= 0 ? 1 : 1 / (1 + ms / scaleMs)))],
    ['stepwise', (scaleMs) => {
      const empirical = empiricalDelay([0.3, 0.5, 0.7, 1, 1.5, 4].map((factor) => factor * scaleMs));
      return { ...empirical, reaches: empirical.exceeds } as Delay;
    }], // prettier-ignore
  ];
  it.each(distributions)('meets what is wanted with the longest interval: %s delays', (_, of) => {
    const property = fc.property(requirements, fc.double({ min: 1, max: 200, noNaN: true }), (any, scaleMs) => {
      const delay = of(scaleMs);
      const needed = { ...any, delay };
      const arrives = (1 - any.loss) * (1 - delay.reaches(any.detectionTimeMs));
      const longest = Math.min(any.detectionTimeMs - 0.001, arrives * any.mistakeDurationMs);
      const works = (interval: number): boolean =>
        knownRecurrence(interval, needed, delay) >= any.mistakeRecurrenceMs * (1 + 1e-6);
      let from = any.minIntervalMs;
      if (refusal(needed) === undefined) {
        const { intervalMs, shiftMs, quality } = configureNfdS(needed);
        expect(quality).toEqual(qualityOfNfdS({ ...needed, intervalMs, shiftMs }));
        expect(intervalMs).toBeGreaterThanOrEqual(any.minIntervalMs);
        expect(quality.detectionTimeMs).toBeLessThanOrEqual(any.detectionTimeMs);
        expect(quality.mistakeRecurrenceMs).toBeGreaterThanOrEqual(any.mistakeRecurrenceMs);
        expect(quality.mistakeDurationMs).toBeLessThanOrEqual(any.mistakeDurationMs);
        from = intervalMs * 1.001;
      }
      for (let interval = from; interval <= longest; interval *= 1.001) expect(works(interval)).toBe(false);
    });
    fc.assert(property, { numRuns: 150 });
  });

  it('meets what is wanted with the longest interval, whatever the distribution is', () => {
    const spread = fc.double({ min: 0.01, max: 2, noNaN: true });
    const property = fc.property(
      requirements,
      fc.double({ min: 1, max: 200, noNaN: true }),
      spread,
      (any, meanMs, of) => {
        const deviationMs = of * meanMs;
        const needed = { ...any, delay: { meanMs, varianceMs2: deviationMs ** 2 } };
        const time = any.detectionTimeMs - meanMs;
        const arrives = ((1 - any.loss) * time ** 2) / (deviationMs ** 2 + time ** 2);
        let from = any.minIntervalMs;
        if (refusal(needed) === undefined) {
          const { quality, ...options } = configureNfdS(needed);
          for (const delay of [needed.delay, ...alike(meanMs, deviationMs)]) {
            const found = qualityOfNfdS({ ...options, loss: any.loss, delay });
            expect(found.detectionTimeMs).toBeLessThanOrEqual(any.detectionTimeMs);
            expect(found.mistakeRecurrenceMs).toBeGreaterThanOrEqual(any.mistakeRecurrenceMs * (1 - 1e-12));
            expect(found.mistakeDurationMs).toBeLessThanOrEqual(any.mistakeDurationMs * (1 + 1e-12));
          }
          expect(quality.mistakeRecurrenceMs).toBeGreaterThanOrEqual(any.mistakeRecurrenceMs);
          expect(quality.mistakeDurationMs).toBeLessThanOrEqual(any.mistakeDurationMs);
          from = options.intervalMs * 1.001;
        }
        const longest = Math.min(time, arrives * any.mistakeDurationMs);
        for (let interval = from; interval <= longest; interval *= 1.001) {
          const recurrence = worstRecurrence(interval, time, any.loss, deviationMs ** 2);
          expect(recurrence).toBeLessThan(any.mistakeRecurrenceMs * (1 + 1e-6));
        }
      },
    );
    fc.assert(property, { numRuns: 200 });
  });

  it('says what cannot be met, and the best that can', () => {
    const property = fc.property(requirements, fc.double({ min: 1, max: 200, noNaN: true }), fc.boolean(), (any, meanMs, known) => {
      const delay = known ? exponentialDelay(meanMs) : { meanMs, varianceMs2: meanMs ** 2 };
      const error = refusal({ ...any, delay });
      fc.pre(error !== undefined);
      const { requirement, best } = error;
      expect(best).not.toBeNull();
      const reached = requirement === 'mistakeRecurrenceMs' ? best! / 1.0001 : best! * 1.0001;
      const again = refusal({ ...any, delay, [requirement]: reached });
      expect(again?.requirement).not.toBe(requirement);
      if (requirement === 'mistakeRecurrenceMs') expect(again).toBeUndefined();
      const tooMuch = requirement === 'mistakeRecurrenceMs' ? best! * 1.002 : best! / 1.0001;
      expect(refusal({ ...any, delay, [requirement]: tooMuch })?.requirement).toBe(requirement);
    }); // prettier-ignore
    fc.assert(property, { numRuns: 100 });
  });

  const strict: [string, Partial<NfdSRequirements>, string][] = [
    ['too seldom', { loss: 0.5, detectionTimeMs: 50 }, 'mistakeRecurrenceMs is 2592000000; over this link it must be at most 646'],
    ['too short', { mistakeDurationMs: 0.9 }, 'mistakeDurationMs is 0.9; over this link it must be at least 1.01'],
    ['too soon', { detectionTimeMs: 0.5 }, 'detectionTimeMs is 0.5; over this link it must be at least 1.001'],
    ['too soon for the mean', { detectionTimeMs: 20, delay: { meanMs: 20, varianceMs2: 1 } }, 'must be at least 21'],
    ['all lost', { loss: 1 }, 'mistakeDurationMs is 60000; over this link it must be at least Infinity'],
    ['too soon for all', { detectionTimeMs: 5, delay: empiricalDelay([6]) }, 'detectionTimeMs is 5; no message arrives so soon'],
  ]; // prettier-ignore
  it.each(strict)('says what cannot be met: %s', (_, strictly, message) => {
    const needed = { ...wanted, detectionTimeMs: 30_000, delay: exponentialDelay(20), ...strictly };
    expect(() => configureNfdS(needed)).toThrow(message);
    expect(refusal(needed)).toBeInstanceOf(UnattainableQualityError);
  });

  it('sends no heartbeats more often than allowed', () => {
    const needed = { mistakeRecurrenceMs: day, mistakeDurationMs: 1000, detectionTimeMs: 10, loss: 0.1 };
    const any = { ...needed, delay: exponentialDelay(2) };
    expect(refusal(any)?.requirement).toBe('mistakeRecurrenceMs');
    const { intervalMs } = configureNfdS({ ...any, minIntervalMs: 0.1 });
    expect(intervalMs).toBeLessThan(1);
    expect(refusal({ ...any, minIntervalMs: intervalMs * 1.001 })?.requirement).toBe('mistakeRecurrenceMs');
    expect(configureNfdS({ ...any, minIntervalMs: intervalMs * 0.999 }).intervalMs).toBeCloseTo(intervalMs, 9);
  });

  it('finds the longest interval on a saw, though longer ones fail and shorter ones too', () => {
    // With no delays worth speaking of mistakes recur after interval / loss ^ (heartbeats in time): the longest interval that
    // leaves 3 of them is nearly a third; a longer one leaves 2, and one of 0.26 leaves 3 but recurs too soon.
    const delay: DelayDistribution = { exceeds: (ms) => (ms < 1e-9 ? 1 : 0), breaks: [1e-9] };
    const needed = { mistakeDurationMs: 1e6, detectionTimeMs: 1000, loss: 0.1, delay };
    const { intervalMs } = configureNfdS({ ...needed, mistakeRecurrenceMs: 300_000 });
    expect(intervalMs).toBeCloseTo(1000 / 3, 6);
    expect(qualityOfNfdS({ ...needed, intervalMs: 260, shiftMs: 740 }).mistakeRecurrenceMs).toBeLessThan(300_000);
    expect(qualityOfNfdS({ ...needed, intervalMs: 240, shiftMs: 760 }).mistakeRecurrenceMs).toBeGreaterThan(300_000);
    // The best with at least 260 ms are the 3 that a third leaves; neither end of the range is as good.
    const { best } = refusal({ ...needed, minIntervalMs: 260, mistakeRecurrenceMs: 1e6 })!;
    expect(Math.abs(best! / (1000 / 3 / (0.1 ** 3 * 0.9)) - 1)).toBeLessThan(0.001);
  });

  it('ends soon where all intervals just fail', () => {
    // Delays for which mistakes recur after as long whatever the interval is, as long as one heartbeat is in time.
    const flat = { exceeds: (ms: number) => Math.min(1, Math.max(0, (1000 - ms) / 1000)) };
    const needed = { detectionTimeMs: 1000, mistakeDurationMs: 1e6, loss: 0, delay: flat };
    const { quality } = configureNfdS({ ...needed, mistakeRecurrenceMs: 1000 * (1 - 1e-12) });
    expect(quality.mistakeRecurrenceMs).toBeCloseTo(1000, 6);
    const found = configureNfdS({ ...needed, mistakeRecurrenceMs: 1000 * (1 + 1e-12) });
    expect(found.quality.mistakeRecurrenceMs).toBeGreaterThan(1000);
    expect(found.intervalMs).toBeGreaterThan(499);
  });

  it('refuses what makes no sense', () => {
    const needed = { ...wanted, detectionTimeMs: 30_000, delay: exponentialDelay(20) };
    const names = ['detectionTimeMs', 'mistakeRecurrenceMs', 'mistakeDurationMs', 'minIntervalMs', 'loss'] as const;
    for (const name of names) expect(() => configureNfdS({ ...needed, [name]: -1 })).toThrow(`${name} is -1`);
    expect(() => configureNfdS({ ...needed, delay: { exceeds: (ms) => 1 - Math.exp(-ms) } })).toThrow(
      'the probability of more, 0 or less as for 0',
    );
  });
});

describe('configureNfdE', () => {
  const example: NfdERequirements = { ...wanted, detectionBeyondDelayMs: 30_000, delay: { varianceMs2 } };

  it('chooses the interval that NFD-S would, with delays that count from their mean', () => {
    const { intervalMs, marginMs, quality } = configureNfdE({ ...example, detectionBeyondDelayMs: 29_980 });
    expect(Math.floor(intervalMs)).toBe(9709);
    expect(intervalMs + marginMs).toBe(29_980);
    const needed = { ...wanted, detectionTimeMs: 30_000, delay: { meanMs: 20, varianceMs2 } };
    expect(Math.abs(intervalMs - configureNfdS(needed).intervalMs)).toBeLessThan(1e-4);
    expect(quality.detectionBeyondDelayMs).toBe(29_980);
    expect(quality.mistakeRecurrenceMs).toBeGreaterThanOrEqual(30 * day);
  });

  it('meets what is wanted with the longest interval', () => {
    const property = fc.property(requirements, fc.double({ min: 0, max: 200, noNaN: true }), (any, deviationMs) => {
      const { detectionTimeMs: detectionBeyondDelayMs, loss } = any;
      const needed = { ...any, detectionBeyondDelayMs, delay: { varianceMs2: deviationMs ** 2 } };
      const arrives = ((1 - loss) * detectionBeyondDelayMs ** 2) / (deviationMs ** 2 + detectionBeyondDelayMs ** 2);
      let from = any.minIntervalMs;
      try {
        const { quality, ...options } = configureNfdE(needed);
        expect(quality).toEqual(qualityOfNfdE({ ...needed, ...options }));
        expect(quality.detectionBeyondDelayMs).toBeLessThanOrEqual(detectionBeyondDelayMs);
        expect(quality.mistakeRecurrenceMs).toBeGreaterThanOrEqual(any.mistakeRecurrenceMs);
        expect(quality.mistakeDurationMs).toBeLessThanOrEqual(any.mistakeDurationMs);
        from = options.intervalMs * 1.001;
      } catch (error) {
        if (!isQuorateError(error, 'unattainable-quality')) throw error;
      }
      const longest = Math.min(detectionBeyondDelayMs - 0.001, arrives * any.mistakeDurationMs);
      for (let interval = from; interval <= longest; interval *= 1.001) {
        const recurrence = worstRecurrence(interval, detectionBeyondDelayMs, loss, deviationMs ** 2);
        expect(recurrence).toBeLessThan(any.mistakeRecurrenceMs * (1 + 1e-6));
      }
    });
    fc.assert(property, { numRuns: 200 });
  });

  it('gives what fits into a detector', () => {
    const detector = new ChenNfdE({ ...configureNfdE(example), windowSize: 8 });
    for (const i of [0, 1, 2]) detector.heartbeat(i * configureNfdE(example).intervalMs, i);
    expect(detector.deadline()).toBeCloseTo(2 * configureNfdE(example).intervalMs + 30_000, 6);
  });

  it('says what cannot be met', () => {
    expect(() => configureNfdE({ ...example, detectionBeyondDelayMs: 1 })).toThrow(
      'detectionBeyondDelayMs is 1; over this link it must be at least 1.001',
    );
    expect(() => configureNfdE({ ...example, detectionBeyondDelayMs: NaN })).toThrow('detectionBeyondDelayMs is NaN');
    expect(() => configureNfdE({ ...example, delay: { varianceMs2: NaN } })).toThrow('from the second heartbeat on');
    expect(() => configureNfdE({ ...example, mistakeDurationMs: 0.1 })).toThrow('mistakeDurationMs is 0.1');
  });
});
