import { seededRandom } from 'quorate/core';
import { VirtualClock } from 'quorate/testing';
import type { Balancer } from 'quorate/balancer';

/** Servers with a queue each, and clients that do not know of each other. */
export interface Queueing {
  /** What a request takes on average at each server, in milliseconds, once it is its turn. */
  readonly serviceMs: Readonly<Record<string, number>>;
  readonly clients: number;
  /** Of all clients together. */
  readonly requestsPerSecond: number;
  readonly requests: number;
  readonly seed: number;
}

/** What clients are given. */
export interface Means {
  readonly random: () => number;
  readonly now: () => number;
}

/** Of all requests but the first tenth, in milliseconds. */
export interface Waits {
  readonly mean: number;
  readonly p99: number;
}

/**
 * Requests come at random (Poisson) and take exponentially distributed times, one at a time at each server, in order. Equal seeds
 * give equal arrivals and equal work for the i-th request, whoever gets it.
 */
export function simulate(given: Queueing, make: (nodes: readonly string[], means: Means) => Balancer): Waits {
  const clock = new VirtualClock();
  const nodes = Object.keys(given.serviceMs);
  const work = seededRandom(given.seed);
  const exponential = (mean: number): number => -mean * Math.log(1 - work());
  const now = (): number => clock.now();
  const balancers = Array.from({ length: given.clients }, (_, client) =>
    make(nodes, { random: seededRandom(given.seed, client + 1), now }),
  );
  const freeAt = new Map(nodes.map((node) => [node, 0]));
  const waits: number[] = [];
  for (let i = 0; i < given.requests; i++) {
    clock.advance(exponential(1000 / given.requestsPerSecond));
    const balancer = balancers[Math.floor(work() * given.clients)]!;
    const amount = exponential(1);
    const { node, done } = balancer.pick();
    const end = Math.max(now(), freeAt.get(node)!) + amount * given.serviceMs[node]!;
    freeAt.set(node, end);
    clock.after(end - now(), done);
    if (i >= given.requests / 10) waits.push(end - now());
  }
  waits.sort((a, b) => a - b);
  return {
    mean: waits.reduce((a, b) => a + b) / waits.length,
    p99: waits[Math.floor(waits.length * 0.99)]!,
  };
}
