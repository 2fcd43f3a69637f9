import { describe, expect, it } from 'vitest';
import { nextRandom, seedRandom } from 'quorate/core';
import { Bertier, ChenNfdE, ExponentialPhi, LogisticPhi, TwoWindow, type FailureDetector } from 'quorate/detector';
import { deviation, mean } from './naive.js';

const WINDOW = 1000;
const SEED = 20;

/** Intervals in sixteenths of a millisecond, so that times are exact, most of about a second and at times of an hour. */
function intervals(count: number, longOnes: number): number[] {
  const random = seedRandom(SEED);
  return Array.from({ length: count }, (_, i) => {
    const long = i % 50_000 < longOnes;
    return Math.floor(nextRandom(random) * 16_000 * (long ? 3600 : 0.1)) / 16 + 900;
  });
}

function play(detector: FailureDetector, list: readonly number[]): number {
  let at = 0;
  detector.heartbeat(at);
  for (const interval of list) detector.heartbeat((at += interval));
  return at;
}

describe(`after two million heartbeats (seed ${SEED})`, () => {
  // The long ones have left the window at the end, but not the sums that they were in.
  const list = intervals(2_000_000, 700);
  const last = list.slice(-WINDOW);

  it('the mean is that of the window', () => {
    const detector = new ExponentialPhi({ threshold: 1, windowSize: WINDOW, maxIntervalMs: 1e9 });
    const at = play(detector, list);
    expect((detector.deadline() - at) / Math.LN10 / mean(last)).toBeCloseTo(1, 8);
  });

  it('the standard deviation is that of the window', () => {
    const options = { windowSize: WINDOW, acceptablePauseMs: 1e9, minStandardDeviationMs: 0.001 };
    // What is between the deadlines of two thresholds is a number of deviations.
    const [one, eight] = [1, 8].map((threshold) => {
      const detector = new LogisticPhi({ ...options, threshold });
      play(detector, list);
      return detector.deadline();
    }) as [number, number];
    expect((eight - one) / (logisticRoot(8) - logisticRoot(1)) / deviation(last)).toBeCloseTo(1, 6);
  });
});

describe('a day of heartbeats every 10 ms', () => {
  it.each<[string, FailureDetector]>([
    ['ChenNfdE', new ChenNfdE({ intervalMs: 10, marginMs: 20 })],
    ['TwoWindow', new TwoWindow({ intervalMs: 10, marginMs: 20 })],
  ])('%s expects the next one when it comes', (_, detector) => {
    const count = 100 * 86_400;
    for (let i = 0; i < count; i++) detector.heartbeat(i * 10 + 3, i);
    expect(detector.deadline()).toBeCloseTo(count * 10 + 3 + 20, 6);
  });

  it('Bertier has hardly any margin left', () => {
    const detector = new Bertier({ intervalMs: 10 });
    for (let i = 0; i < 1_000_000; i++) detector.heartbeat(i * 10 + 3, i);
    expect(detector.deadline()).toBeCloseTo(10_000_003, 3);
  });
});

/** How many deviations above the mean the logistic phi has a value. */
function logisticRoot(phi: number): number {
  let [low, high] = [-10, 10];
  for (let i = 0; i < 100; i++) {
    const y = (low + high) / 2;
    if (Math.log10(1 + Math.exp(y * (1.5976 + 0.070566 * y * y))) < phi) low = y;
    else high = y;
  }
  return high;
}
