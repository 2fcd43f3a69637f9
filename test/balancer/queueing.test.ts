import { describe, expect, it } from 'vitest';
import {
  LatencyQuantile,
  LeastConnections,
  LeastOutstanding,
  NginxLeastConnections,
  PeakEwma,
  PowerOfTwoChoices,
  RoundRobin,
  type Balancer,
} from 'quorate/balancer';
import { simulate, type Means, type Queueing, type Waits } from './queueing.js';

const strategies: Readonly<Record<string, (nodes: readonly string[], means: Means) => Balancer>> = {
  'round robin': (nodes, means) => new RoundRobin(nodes, means),
  'least connections': (nodes) => new LeastConnections(nodes),
  'least connections of nginx': (nodes) => new NginxLeastConnections(nodes),
  'least outstanding': (nodes, means) => new LeastOutstanding(nodes, means),
  'power of two choices': (nodes, means) => new PowerOfTwoChoices(nodes, means),
  'peak EWMA': (nodes, means) => new PeakEwma(nodes, means),
  'latency quantile': (nodes, means) => new LatencyQuantile(nodes, means),
};

/** Ten servers of 100 requests a second, but one that is so many times as slow. */
function withOneSlow(times: number): Record<string, number> {
  return Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`server ${i}`, i === 0 ? 10 * times : 10]));
}

function waitsOf(given: Queueing): Record<string, Waits> {
  return Object.fromEntries(Object.entries(strategies).map(([name, make]) => [name, simulate(given, make)]));
}

/** What is printed when one is not better than another. */
function show(waits: Record<string, Waits>): string {
  return Object.entries(waits)
    .map(([name, { mean, p99 }]) => `${name} ${mean.toFixed(1)} ms, 99% within ${p99.toFixed(0)} ms`)
    .join('; ');
}

const seeds = [1, 2, 3];

describe('ten servers, of which one is three times as slow and busy by its turn nine tenths of the time, and one client', () => {
  it.each(seeds)('seed %d: all that look wait less than two thirds of what round robin does', (seed) => {
    const { 'round robin': turns, ...others } = waitsOf({
      serviceMs: withOneSlow(3),
      clients: 1,
      requestsPerSecond: 300,
      requests: 10_000,
      seed,
    });
    for (const [name, { mean, p99 }] of Object.entries(others)) {
      expect(mean, `${name}: ${show({ 'round robin': turns!, ...others })}`).toBeLessThan((turns!.mean * 2) / 3);
      expect(p99, `${name}: ${show({ 'round robin': turns!, ...others })}`).toBeLessThan((turns!.p99 * 2) / 3);
    }
  });
});

describe('ten servers, of which one is ten times as slow and cannot do its part, and 20 clients', () => {
  it.each(seeds)('seed %d: all that look go around it, those by latency best', (seed) => {
    const waits = waitsOf({
      serviceMs: withOneSlow(10),
      clients: 20,
      requestsPerSecond: 300,
      requests: 10_000,
      seed,
    });
    const { 'round robin': turns, 'peak EWMA': average, 'latency quantile': quantile, ...counting } = waits;
    for (const { mean, p99 } of Object.values(counting)) {
      expect(mean, show(waits)).toBeLessThan(turns!.mean / 10);
      expect(p99, show(waits)).toBeLessThan(turns!.p99 / 10);
      for (const byLatency of [average!, quantile!]) {
        expect(byLatency.mean, show(waits)).toBeLessThan(mean / 2);
        expect(byLatency.p99, show(waits)).toBeLessThan(p99 / 2);
      }
    }
  });
});
