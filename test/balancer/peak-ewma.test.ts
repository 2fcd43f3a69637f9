import { describe, expect, it } from 'vitest';
import { seededRandom } from 'quorate/core';
import { PeakEwma } from 'quorate/balancer';
import { latencySuite } from './latency-suite.js';

latencySuite(
  'PeakEwma',
  (nodes, options) => new PeakEwma(nodes, options),
  (known, latency, elapsed, decayMs) => {
    const weight = Math.exp(-elapsed / decayMs);
    if (latency > known.latency) known.latency = latency;
    else known.latency = known.latency * weight + latency * (1 - weight);
  },
);

describe('PeakEwma', () => {
  /** Sends requests one at a time, of which b takes 10 ms each; returns how many went to a. */
  const serve = (balancer: PeakEwma, wait: (ms: number) => void, count: number, latency: number): number => {
    let picked = 0;
    for (let i = 0; i < count; i++) {
      const { node, done } = balancer.pick();
      if (node === 'a') picked++;
      wait(node === 'a' ? latency : 10);
      done();
    }
    return picked;
  };

  it('leaves a node after a single slow answer, and trusts it again as its average falls', () => {
    let now = 0;
    const balancer = new PeakEwma(['a', 'b'], { random: seededRandom(1), now: () => now });
    const toA = (count: number, latency: number): number => serve(balancer, (ms) => (now += ms), count, latency);
    toA(20, 5);
    expect(toA(20, 5)).toBe(20);
    expect(toA(50, 2000)).toBe(1);
    expect(toA(5000, 5)).toBe(0); // b takes 10, and 10 s x ln 200 are 53 s
    expect(toA(2000, 5)).toBeGreaterThan(500);
  });

  it('decays within 10 s and counts failures as 10 s unless it is told otherwise', () => {
    let now = 0;
    const balancer = new PeakEwma(['a', 'b'], { random: seededRandom(1), now: () => now });
    const [a, b] = [balancer.pick(), balancer.pick()];
    a.done({ failed: true });
    now += 100;
    b.done();
    // As 10 s, which take 46 s to fall to as little as 100 ms.
    now += 45_000;
    let pick = balancer.pick();
    expect(pick.node).toBe(b.node);
    now += 100;
    pick.done();
    now += 900;
    pick = balancer.pick();
    expect(pick.node).toBe(b.node);
  });
});
