import { describe, expect, it } from 'vitest';
import { ExponentialPhi, LogisticPhi, NormalPhi, type DeviationPhiOptions } from 'quorate/detector';

type Phi = new (options: DeviationPhiOptions) => LogisticPhi | NormalPhi;

/** The phi after a silence, when the mean interval is 1000 ms with a standard deviation of 100 ms. */
function phiAt(Phi: Phi, silence: number): number {
  const detector = new Phi({ windowSize: 2, minStandardDeviationMs: 1, acceptablePauseMs: 0, threshold: 300 });
  for (const at of [0, 900, 2000]) detector.heartbeat(at);
  return detector.suspicion(2000 + silence);
}

describe('LogisticPhi has the values that tests of Akka pin', () => {
  it.each([
    [0, 0.5],
    [6, 0.7257],
    [20, 0.97725],
  ])('%d ms of silence with mean 0 and deviation 10: the distribution is %d', (silence, distribution) => {
    const detector = new LogisticPhi({ windowSize: 1, minStandardDeviationMs: 10, acceptablePauseMs: 0 });
    detector.heartbeat(0);
    detector.heartbeat(0); // an interval of 0
    expect(1 - 10 ** -detector.suspicion(silence)).toBeCloseTo(distribution, 3);
  });

  it.each([
    [0, 0],
    [500, 0.1],
    [1000, 0.3],
    [1200, 1.6],
    [1400, 4.7],
    [1600, 10.8],
    [1700, 15.3],
  ])('%d ms of silence with mean 1000 and deviation 100: %d', (silence, phi) => {
    expect(Math.abs(phiAt(LogisticPhi, silence) - phi)).toBeLessThan(0.1);
  });

  it('is 1.6428279 after 1200 ms, mean 1000, deviation 100', () => {
    expect(phiAt(LogisticPhi, 1200)).toBeCloseTo(1.6428279, 7);
  });

  it('reaches 8 after the mean, the pause and 5.226 deviations', () => {
    const detector = new LogisticPhi();
    detector.heartbeat(0);
    expect(detector.deadline()).toBeCloseTo(1000 + 3000 + 5.226 * 250, 0); // two assumed intervals of 750 and 1250
  });
});

describe('NormalPhi is exact', () => {
  // -log10 of the upper tail of the normal distribution, from tables and by other programs.
  it.each([
    [-10, 3.309_260_121e-24],
    [-1, 0.075_026_013],
    [0, 0.301_029_995_664],
    [1, 0.799_545_541],
    [1.999_999_999, 1.643_016_079],
    [2, 1.643_016_080],
    [4, 4.499_334_908],
    [6, 9.005_864_327],
    [8, 15.206_142_551],
    [20, 88.560_095_345],
    [37, 299.242_181_179],
  ])('%d deviations above the mean: %d', (deviations, phi) => {
    expect(phiAt(NormalPhi, 1000 + 100 * deviations) / phi).toBeCloseTo(1, 8);
  });

  it('agrees with a sum over the density everywhere', () => {
    for (let y = -3; y < 9; y += 0.37) {
      const tail = integral((x) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI), y, y + 12);
      expect(phiAt(NormalPhi, 1000 + 100 * y)).toBeCloseTo(-Math.log10(tail), 8);
    }
  });

  it('is that of the logistic approximation near the mean, and parts from it beyond', () => {
    const pairs = [2, 4, 6, 8].map((y) => [LogisticPhi, NormalPhi].map((Phi) => phiAt(Phi, 1000 + 100 * y)));
    const expected = [
      [1.64, 1.64],
      [4.74, 4.5],
      [10.78, 9.01],
      [21.24, 15.21],
    ];
    pairs.forEach((pair, i) => pair.forEach((phi, j) => expect(phi).toBeCloseTo(expected[i]![j]!, 2)));
  });
});

describe('ExponentialPhi has the values that tests of Cassandra pin', () => {
  it('a window of 4, heartbeats every 111 ms: after 111 ms the silence is one mean interval', () => {
    const detector = new ExponentialPhi({ windowSize: 4 });
    for (const at of [111, 222, 333, 444, 555]) detector.heartbeat(at);
    expect(detector.suspicion(666) * Math.LN10).toBeCloseTo(1, 12);
  });

  it('reaches 8 after 18.42 mean intervals', () => {
    const detector = new ExponentialPhi({ windowSize: 4 });
    for (let i = 0; i < 6; i++) detector.heartbeat(i * 1000);
    expect((detector.deadline() - 5000) / 1000).toBeCloseTo(18.42, 2);
  });

  it('begins with an interval of two seconds, and forgets it when the window is full', () => {
    const detector = new ExponentialPhi({ windowSize: 2 });
    detector.heartbeat(0);
    expect(detector.suspicion(2000) * Math.LN10).toBeCloseTo(1, 12);
    detector.heartbeat(500);
    detector.heartbeat(1000);
    expect(detector.suspicion(1500) * Math.LN10).toBeCloseTo(1, 12);
  });

  it('ignores intervals longer than two seconds', () => {
    const detector = new ExponentialPhi({ windowSize: 1 });
    for (const at of [0, 1000, 3001]) detector.heartbeat(at);
    expect(detector.suspicion(4001) * Math.LN10).toBeCloseTo(1, 12);
  });
});

it('an interval that ends a suspicion is not learned', () => {
  const detector = new LogisticPhi({ acceptablePauseMs: 0, windowSize: 10 });
  for (let i = 0; i < 20; i++) detector.heartbeat(i * 1000);
  const patience = detector.deadline() - 19_000;
  detector.heartbeat(40_000);
  expect(detector.deadline() - 40_000).toBe(patience);
});

/** Simpson's rule. */
function integral(f: (x: number) => number, from: number, to: number, steps = 4000): number {
  const step = (to - from) / steps;
  let sum = f(from) + f(to);
  for (let i = 1; i < steps; i++) sum += (i % 2 === 1 ? 4 : 2) * f(from + i * step);
  return (sum * step) / 3;
}
