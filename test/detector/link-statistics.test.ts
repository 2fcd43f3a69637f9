import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/core/index.js';
import { configureNfdE, configureNfdS, LinkStatistics, type LinkEstimate } from '../../src/detector/index.js';

interface Heartbeat {
  readonly at: number;
  readonly sequence: number;
  readonly sentAt: number;
}

/** What there is to know of all heartbeats that came, each time from the beginning. */
function naive(heartbeats: readonly Heartbeat[], windowSize: number): { loss: number; delays: number[] } {
  const came = new Map<number, number>();
  let highest = -1;
  for (const { at, sequence, sentAt } of heartbeats) {
    if (came.has(sequence) || sequence <= highest - windowSize) continue;
    came.set(sequence, at - sentAt);
    highest = Math.max(highest, sequence);
  }
  const expected = Math.min(windowSize, highest - Math.min(...came.keys()) + 1);
  const inWindow = [...came].filter(([sequence]) => sequence > highest - windowSize);
  const delays = inWindow.sort(([one], [other]) => one - other).map(([, delay]) => delay);
  return { loss: 1 - delays.length / expected, delays };
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const variance = (values: readonly number[]): number =>
  (mean(values.map((value) => (value - mean(values)) ** 2)) * values.length) / (values.length - 1);

describe('LinkStatistics', () => {
  it('are those of a naive twin', () => {
    const heartbeat = fc.record({
      jump: fc.oneof({ weight: 9, arbitrary: fc.integer({ min: -12, max: 4 }) }, fc.constantFrom(30, 1000, 2 ** 40)),
      delay: fc.integer({ min: 0, max: 300 }),
    });
    const property = fc.property(
      fc.integer({ min: 2, max: 20 }),
      fc.array(heartbeat, { minLength: 1, maxLength: 80 }),
      (windowSize, list) => {
        const link = new LinkStatistics({ windowSize, synchronisedClocks: true });
        const heartbeats: Heartbeat[] = [];
        let highest = 5;
        for (const { jump, delay } of list) {
          const sequence = Math.max(0, highest + jump);
          highest = Math.max(highest, sequence);
          heartbeats.push({ at: sequence + delay, sequence, sentAt: sequence });
          link.heartbeat(sequence + delay, sequence, sequence);
          const expected = naive(heartbeats, windowSize);
          const { loss, delay: found } = link.estimate();
          expect(loss).toBeCloseTo(expected.loss, 12);
          expect(link.delays()).toEqual(expected.delays);
          expect(found.meanMs).toBeCloseTo(mean(expected.delays), 6);
          if (expected.delays.length === 1) expect(found.varianceMs2).toBeNaN();
          else expect(found.varianceMs2).toBeCloseTo(variance(expected.delays), 6);
        }
      },
    );
    fc.assert(property, { numRuns: 300 });
  });

  /** Some heartbeats a second apart, of which one in so many is lost, and the others take 20 ms on average. */
  function measured(options: { offsetMs?: number; synchronisedClocks?: boolean; seed?: number } = {}): LinkEstimate {
    const { offsetMs = 0, synchronisedClocks = false, seed = 1 } = options;
    const random = seededRandom(seed);
    const link = new LinkStatistics({ windowSize: 20_000, synchronisedClocks });
    const arrivals: Heartbeat[] = [];
    for (let sequence = 0; sequence < 50_000; sequence++) {
      const sentAt = sequence * 10;
      if (random() >= 0.02) arrivals.push({ at: sentAt - 20 * Math.log(1 - random()), sequence, sentAt });
    }
    arrivals.sort((one, other) => one.at - other.at); // many are overtaken
    for (const { at, sequence, sentAt } of arrivals) link.heartbeat(at, sequence, sentAt + offsetMs);
    return link.estimate();
  }

  it('find what a link does', () => {
    const { loss, delay } = measured({ synchronisedClocks: true });
    expect(loss).toBeGreaterThan(0.017);
    expect(loss).toBeLessThan(0.023);
    expect(Math.abs(delay.meanMs / 20 - 1)).toBeLessThan(0.03);
    expect(Math.abs(delay.varianceMs2 / 400 - 1)).toBeLessThan(0.06);
  });

  it('know the variance, and not the mean, when clocks are apart', () => {
    const apart = measured({ offsetMs: -1.7e12 });
    expect(apart.delay.meanMs).toBeNaN();
    expect(apart.loss).toBe(measured().loss);
    // A number near 1.7e12 has a resolution of 0.0002.
    expect(Math.abs(apart.delay.varianceMs2 / measured().delay.varianceMs2 - 1)).toBeLessThan(1e-5);
  });

  it('go straight into a configuration', () => {
    const wanted = { mistakeRecurrenceMs: 86_400_000, mistakeDurationMs: 1000 };
    const ofE = configureNfdE({ ...wanted, detectionBeyondDelayMs: 1000, ...measured() });
    expect(ofE.quality.mistakeRecurrenceMs).toBeGreaterThan(86_400_000);
    const ofS = configureNfdS({ ...wanted, detectionTimeMs: 1000, ...measured({ synchronisedClocks: true }) });
    expect(Math.abs(ofS.intervalMs / ofE.intervalMs - 1)).toBeLessThan(0.1);
    expect(() => configureNfdS({ ...wanted, detectionTimeMs: 1000, ...measured() })).toThrow(
      'delay.meanMs is NaN; it must be a number from 0; measured it is known only when clocks are synchronised',
    );
  });

  it('know nothing before the first heartbeat, and say so', () => {
    const link = new LinkStatistics({ synchronisedClocks: true });
    const nothing = { loss: NaN, delay: { meanMs: NaN, varianceMs2: NaN } };
    expect(link.estimate()).toEqual(nothing);
    expect(link.expected).toBe(0);
    expect(link.delays()).toEqual([]);
    const wanted = { detectionBeyondDelayMs: 1000, mistakeRecurrenceMs: 1000, mistakeDurationMs: 1000 };
    expect(() => configureNfdE({ ...wanted, ...link.estimate() })).toThrow('loss is NaN');
    link.heartbeat(7, 3, 2);
    expect(link.estimate()).toEqual({ loss: 0, delay: { meanMs: 5, varianceMs2: NaN } });
    expect(() => configureNfdE({ ...wanted, ...link.estimate() })).toThrow('from the second heartbeat on');
  });

  it('count one as lost until it comes', () => {
    const link = new LinkStatistics({ windowSize: 4 });
    const after = (sequence: number): number => {
      link.heartbeat(sequence, sequence, 0);
      return link.estimate().loss;
    };
    expect([10, 12, 11, 11, 14].map(after)).toEqual([0, 1 / 3, 0, 0, 0.25]);
    expect(after(10)).toBe(0.25); // too old, and known
    expect(after(2 ** 40)).toBe(0.75);
    expect([1, 2, 3].map((more) => after(2 ** 40 + more))).toEqual([0.5, 0.25, 0]);
    expect(link.expected).toBe(4);
  });

  it('stay exact over many heartbeats, and when clocks jump', () => {
    const link = new LinkStatistics({ windowSize: 10, synchronisedClocks: true });
    for (let sequence = 0; sequence < 1_000_000; sequence++) link.heartbeat(1e12 + (sequence % 2), sequence, 0);
    for (let sequence = 1_000_000; sequence < 1_000_010; sequence++) link.heartbeat(sequence % 2, sequence, 0);
    expect(link.estimate()).toEqual({ loss: 0, delay: { meanMs: 0.5, varianceMs2: 2.5 / 9 } });
  });

  it('refuse what makes no sense', () => {
    expect(() => new LinkStatistics({ windowSize: 1 })).toThrow('windowSize is 1; it must be a whole number from 2');
    const link = new LinkStatistics();
    expect(() => link.heartbeat(NaN, 0, 0)).toThrow('at is NaN');
    expect(() => link.heartbeat(0, 0.5, 0)).toThrow('sequence is 0.5');
    expect(() => link.heartbeat(0, -1, 0)).toThrow('sequence is -1');
    expect(() => link.heartbeat(0, 0, Infinity)).toThrow('sentAt is Infinity');
  });
});
