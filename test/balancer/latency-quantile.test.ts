import { describe, expect, it } from 'vitest';
import { seededRandom } from 'quorate/core';
import { LatencyQuantile, PeakEwma, type Balancer } from 'quorate/balancer';
import { VirtualClock } from 'quorate/testing';
import { learnQuantile } from '../../src/balancer/quantile-estimate.js';
import { latencySuite } from './latency-suite.js';

latencySuite(
  'LatencyQuantile',
  (nodes, options) => new LatencyQuantile(nodes, options),
  (known, latency, elapsed, decayMs) => learnQuantile(known, latency, Math.exp(-elapsed / decayMs), 0.95),
);

/** By the inverse of the distribution function. */
const distributions: readonly { name: string; inverse: (p: number) => number }[] = [
  { name: 'uniform', inverse: (p) => p },
  { name: 'exponential', inverse: (p) => -Math.log(1 - p) },
  { name: 'exponential in microseconds', inverse: (p) => -Math.log(1 - p) / 1000 },
  { name: 'Pareto with infinite variance', inverse: (p) => (1 - p) ** (-1 / 1.5) },
  { name: 'log-logistic', inverse: (p) => Math.sqrt(p / (1 - p)) },
  { name: 'one in ten ten times as slow', inverse: (p) => (p < 0.9 ? 1 + p / 5 : 10 + 20 * (p - 0.9)) },
];

describe('the estimate of a quantile', () => {
  const cases = distributions.flatMap((distribution) =>
    [0.5, 0.9, 0.95, 0.99].map((quantile) => ({ ...distribution, quantile })),
  );

  it.each(cases)(
    'converges to the $quantile of $name: a twentieth off on average, a quarter in 19 of 20 times',
    (given) => {
      const { quantile, inverse } = given;
      const errors: number[] = [];
      for (let seed = 1; seed <= 20; seed++) {
        const random = seededRandom(seed);
        const estimate = { latency: 0, requests: 0 };
        for (let i = 0; i < 5000; i++) {
          learnQuantile(estimate, inverse(random()), 1, quantile);
          if (i >= 3000 && i % 20 === 0) errors.push(Math.log(estimate.latency / inverse(quantile)));
        }
      }
      const off = errors.map(Math.abs).sort((a, b) => a - b);
      const mean = errors.reduce((a, b) => a + b) / errors.length;
      // The 0.9 quantile of the last one lies in a gap: anything from 1.2 to 10 is one.
      if (given.name.startsWith('one') && quantile === 0.9) return;
      expect(Math.abs(mean)).toBeLessThan(0.05);
      expect(off[Math.floor(off.length * 0.95)]).toBeLessThan(0.28);
    },
  );

  it('makes no difference between scales', () => {
    const random = seededRandom(1);
    const small = { latency: 0, requests: 0 };
    const large = { latency: 0, requests: 0 };
    for (let i = 0; i < 1000; i++) {
      const latency = -Math.log(1 - random());
      learnQuantile(small, latency, 1, 0.95);
      learnQuantile(large, latency * 2 ** 20, 1, 0.95);
      expect(large.latency).toBe(small.latency * 2 ** 20);
    }
  });

  it('is the latency where all are the same', () => {
    const estimate = { latency: 0, requests: 0 };
    for (let i = 0; i < 1000; i++) {
      learnQuantile(estimate, 7, 1, 0.95);
      expect(estimate.latency).toBe(7);
    }
  });

  it.each([1, 2, 3])('seed %d: follows a rise to ten times within 60 requests, and a fall within 1000', (seed) => {
    const random = seededRandom(seed);
    const estimate = { latency: 0, requests: 0 };
    const latency = (): number => 0.5 + random();
    const requestsUntil = (scale: number, reached: () => boolean): number => {
      for (let i = 0; ; i++) {
        if (reached()) return i;
        learnQuantile(estimate, scale * latency(), 1, 0.95);
      }
    };
    for (let i = 0; i < 2000; i++) learnQuantile(estimate, latency(), 1, 0.95);
    expect(requestsUntil(10, () => estimate.latency > 10)).toBeLessThan(60);
    for (let i = 0; i < 2000; i++) learnQuantile(estimate, 10 * latency(), 1, 0.95);
    expect(requestsUntil(1, () => estimate.latency < 2)).toBeLessThan(1000);
  });

  it('follows at once what comes after it has forgotten', () => {
    const estimate = { latency: 0, requests: 0 };
    for (let i = 0; i < 1000; i++) learnQuantile(estimate, 1000, 1, 0.95);
    learnQuantile(estimate, 10, 1e-4, 0.95);
    expect(estimate.latency).toBe(10);
  });
});

describe('LatencyQuantile', () => {
  /** Means are 10; one in ten requests of `tail` takes 70, the others 10 / 3. */
  const latencyOf = (node: string, random: () => number): number => {
    const shape = -Math.log(1 - random()) / 4 + 0.75; // mean 1
    if (node !== 'tail') return 10 * shape;
    return (random() < 0.1 ? 70 : 10 / 3) * shape;
  };
  /** Which part of requests goes to the node with the tail. */
  const shareOfTail = (balancer: Balancer, clock: VirtualClock, random: () => number): number => {
    let picked = 0;
    for (let i = 0; i < 20_000; i++) {
      const { node, done } = balancer.pick();
      if (node === 'tail' && i >= 10_000) picked++;
      clock.after(latencyOf(node, random), done);
      clock.advance(4);
    }
    return picked / 10_000;
  };

  it.each([1, 2, 3])('seed %d: prefers nodes with the same mean and a better tail', (seed) => {
    const clock = new VirtualClock();
    const options = { random: seededRandom(seed, 1), now: () => clock.now() };
    const nodes = ['tail', 'steady', 'steady too'];
    expect(shareOfTail(new LatencyQuantile(nodes, options), clock, seededRandom(seed, 2))).toBeLessThan(0.15);
    // By its median it is the quickest.
    const median = new LatencyQuantile(nodes, { ...options, quantile: 0.5 });
    expect(shareOfTail(median, clock, seededRandom(seed, 2))).toBeGreaterThan(0.4);
  });

  it('is not moved by a rare slow answer, which makes peak EWMA leave a node', () => {
    const run = (make: (options: { random: () => number; now: () => number }) => Balancer): number => {
      const clock = new VirtualClock();
      const balancer = make({ random: seededRandom(1), now: () => clock.now() });
      let picked = 0;
      for (let i = 0; i < 5000; i++) {
        const { node, done } = balancer.pick();
        if (i > 2500 && node === 'a') picked++;
        clock.after(i === 2500 ? 5000 : node === 'a' ? 9 : 10, done);
        clock.advance(5);
      }
      return picked / 2500;
    };
    expect(run((options) => new LatencyQuantile(['a', 'b'], options))).toBeGreaterThan(0.3);
    expect(run((options) => new PeakEwma(['a', 'b'], options))).toBeLessThan(1);
  });

  it.each([0, 1, NaN])('refuses a quantile of %d', (quantile) => {
    expect(() => new LatencyQuantile([], { quantile })).toThrow(
      `quantile is ${quantile}; it must be a number from 0.01 to 0.9999`,
    );
  });
});
