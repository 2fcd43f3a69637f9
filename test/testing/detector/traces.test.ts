import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { exponentialTrace, wideAreaTrace, type HeartbeatTrace } from 'quorate/testing';

/** Counts what happened to heartbeats. */
function summary({ sentAt, arrivedAt }: HeartbeatTrace) {
  const all = Array.from(arrivedAt, (at, i) => at - sentAt[i]!);
  const delays = all.filter((delay) => delay < Infinity);
  const mean = delays.reduce((a, b) => a + b, 0) / delays.length;
  const squares = delays.reduce((sum, delay) => sum + (delay - mean) ** 2, 0);
  const bursts: number[] = [];
  for (const [i, delay] of all.entries()) {
    if (delay < Infinity) continue;
    if (i > 0 && all[i - 1] === Infinity) bursts[bursts.length - 1]!++;
    else bursts.push(1);
  }
  return {
    delays,
    lost: 1 - delays.length / all.length,
    mean,
    deviation: Math.sqrt(squares / delays.length),
    least: delays.reduce((a, b) => Math.min(a, b)),
    most: delays.reduce((a, b) => Math.max(a, b)),
    bursts,
    longest: Math.max(...bursts),
    slow: delays.map((delay) => delay > 142), // calm ones take at most 6.4 ms above 135
  };
}

/** The share of those that are slow of those behind a slow one. */
function slowAgain(slow: readonly boolean[]): number {
  const behind = slow.filter((_, i) => i > 0 && slow[i - 1]!);
  return behind.filter((is) => is).length / behind.length;
}

const hashOf = ({ sentAt, arrivedAt }: HeartbeatTrace): string =>
  createHash('sha256').update(sentAt).update(arrivedAt).digest('hex').slice(0, 16);

describe('traces are the same for the same seed, to the last bit, everywhere', () => {
  it.each([
    ['exponential', () => exponentialTrace({ seed: 1, heartbeats: 10_000 }), 'd3f13e54984d81e6'],
    ['stationary', () => wideAreaTrace({ seed: 1, heartbeats: 10_000, bursts: false }), '98a1e6a9f4f3909c'],
    ['with bursts', () => wideAreaTrace({ seed: 1, heartbeats: 10_000, bursts: true }), 'd2f4e6761e78ac95'],
  ] as const)('%s', (_, make, hash) => {
    expect(hashOf(make())).toBe(hash);
  });

  it('and others for another', () => {
    expect(hashOf(exponentialTrace({ seed: 2, heartbeats: 10_000 }))).not.toBe('d3f13e54984d81e6');
  });
});

describe('exponentialTrace', () => {
  it('loses 1 % and delays the others by 20 ms, exponentially', () => {
    const heartbeats = 400_000;
    const { delays, lost, mean, deviation } = summary(exponentialTrace({ seed: 3, heartbeats }));
    expect(Math.abs(lost - 0.01)).toBeLessThan(3 * Math.sqrt((0.01 * 0.99) / heartbeats));
    expect(Math.abs(mean - 20)).toBeLessThan((3 * 20) / Math.sqrt(delays.length));
    expect(Math.abs(deviation - 20)).toBeLessThan((3 * 20 * Math.SQRT2) / Math.sqrt(delays.length));
    // Kolmogorov and Smirnov: the greatest distance of the two distributions, at one in a thousand.
    delays.sort((a, b) => a - b);
    const distance = delays.reduce((most, delay, i) => {
      const expected = 1 - Math.exp(-delay / 20);
      return Math.max(most, Math.abs(expected - i / delays.length), Math.abs(expected - (i + 1) / delays.length));
    }, 0);
    expect(distance).toBeLessThan(1.95 / Math.sqrt(delays.length));
  });

  it('takes other links', () => {
    const trace = exponentialTrace({ seed: 1, heartbeats: 1000, intervalMs: 10, loss: 0, meanDelayMs: 0 });
    expect(trace.intervalMs).toBe(10);
    expect(trace.arrivedAt).toEqual(trace.sentAt);
    expect(trace.sentAt[999]).toBe(9990);
    expect(exponentialTrace({ seed: 1, heartbeats: 10, loss: 1 }).arrivedAt.every((at) => at === Infinity)).toBe(true);
  });

  it('refuses what is no link', () => {
    expect(() => exponentialTrace({ seed: 1, heartbeats: 1 })).toThrow('heartbeats is 1');
    expect(() => exponentialTrace({ seed: 1, heartbeats: 9, intervalMs: 0 })).toThrow('intervalMs is 0');
    expect(() => exponentialTrace({ seed: 1, heartbeats: 9, loss: 1.1 })).toThrow('loss is 1.1');
    expect(() => exponentialTrace({ seed: 1, heartbeats: 9, meanDelayMs: -1 })).toThrow('meanDelayMs is -1');
    expect(() => wideAreaTrace({ seed: 1, heartbeats: 2 ** 29, bursts: true })).toThrow('heartbeats is 536870912');
  });
});

describe('wideAreaTrace', () => {
  // 0.4 % lost; half of round trips of 283 ms, with a standard deviation of 27, from 270 to 718.
  const stationary = summary(wideAreaTrace({ seed: 3, heartbeats: 400_000, bursts: false }));
  const inBursts = summary(wideAreaTrace({ seed: 3, heartbeats: 400_000, bursts: true }));

  it.each([
    ['stationary', stationary, 0.1],
    ['with bursts', inBursts, 0.5],
  ] as const)('has the delays that were measured: %s', (_, { mean, deviation, least, most }, tolerance) => {
    expect(Math.abs(mean - 141.5)).toBeLessThan(tolerance);
    expect(Math.abs(deviation - 13.5)).toBeLessThan(tolerance);
    expect(least).toBeGreaterThanOrEqual(135);
    expect(least).toBeLessThan(135.5);
    expect(most).toBeLessThanOrEqual(359);
    expect(most).toBeGreaterThan(320);
  });

  it('loses and delays by chance when it is stationary', () => {
    expect(Math.abs(stationary.lost - 0.004)).toBeLessThan(3 * Math.sqrt(0.004 / 400_000));
    expect(stationary.longest).toBeLessThanOrEqual(3);
    expect(Math.abs(slowAgain(stationary.slow) - 0.068)).toBeLessThan(0.005);
  });

  it('loses as many in bursts, of which one in n is at least n long, and delays in spells', () => {
    const { bursts } = inBursts;
    const expected = 400_000 / (1 + 249) / 7.574; // the sum of 1 / n up to 1093
    expect(Math.abs(bursts.length - expected)).toBeLessThan(3 * Math.sqrt(expected));
    for (const n of [2, 5, 20]) {
      const share = bursts.filter((length) => length >= n).length / bursts.length;
      expect(Math.abs(share - 1 / n)).toBeLessThan(3 * Math.sqrt((1 - 1 / n) / n / bursts.length));
    }
    expect(Math.abs(slowAgain(inBursts.slow) - 39 / 40)).toBeLessThan(0.005);
  });

  it('has bursts of 1093 at most, and 0.4 % lost in the long run', () => {
    let lost = 0;
    let longest = 0;
    for (let seed = 1; seed <= 6; seed++) {
      let run = 0;
      for (const at of wideAreaTrace({ seed, heartbeats: 1_000_000, bursts: true }).arrivedAt) {
        run = at === Infinity ? run + 1 : 0;
        if (run > 0) lost++;
        longest = Math.max(longest, run);
      }
    }
    expect(longest).toBe(1093);
    expect(Math.abs(lost / 6_000_000 - 0.004)).toBeLessThan(0.001);
  });
});
