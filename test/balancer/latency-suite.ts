import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidOptionError, seededRandom } from 'quorate/core';
import { VirtualClock } from 'quorate/testing';
import type { Balancer, Lease, Nodes, PeakEwmaOptions } from 'quorate/balancer';
import { balancerSuite } from './balancer-suite.js';
import { heavierOfTwo, noise } from './two-choices.js';

type Make = (nodes: Nodes, options: PeakEwmaOptions) => Balancer;

/** What is known of a node, in plain numbers. */
interface Known {
  readonly node: string;
  weight: number;
  available: boolean;
  inFlight: number;
  latency: number;
  at: number;
  /** For quantiles. */
  requests: number;
}

/** Learns one latency more; `elapsed` are milliseconds since the one before. */
type Learn = (known: Known, latency: number, elapsed: number, decayMs: number) => void;

const node = fc.constantFrom('a', 'b', 'c', 'd');
const events = fc.array(
  fc.oneof(
    {
      weight: 1,
      arbitrary: fc.record({ type: fc.constant('add' as const), node, weight: fc.integer({ min: 0, max: 4 }) }),
    },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('remove' as const), node }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('setAvailable' as const), node, available: fc.boolean() }) },
    { weight: 8, arbitrary: fc.record({ type: fc.constant('pick' as const) }) },
    {
      weight: 7,
      arbitrary: fc.record({
        type: fc.constant('done' as const),
        which: fc.nat(),
        failed: fc.nat(9).map((n) => n === 0),
      }),
    },
    { weight: 5, arbitrary: fc.record({ type: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 300 }) }) },
    {
      weight: 1,
      arbitrary: fc.record({ type: fc.constant('wait' as const), ms: fc.integer({ min: 300, max: 9000 }) }),
    },
  ),
  { maxLength: 120 },
);

const decayMs = 1000;
const failureLatencyMs = 700;

/** What strategies that learn from latencies have in common. */
export function latencySuite(name: string, make: Make, learn: Learn): void {
  balancerSuite(name, {
    make: (nodes, random) => make(nodes, { random, now: () => 0 }),
    context: () => undefined,
    weighted: heavierOfTwo, // all take the same time
    lag: (picks, share) => noise(picks, share) + 5, // each new one is tried first
  });

  describe(`${name}, with latencies`, () => {
    it('takes of two the one with the lower cost, by plain numbers, whatever happens', () => {
      fc.assert(
        fc.property(events, fc.nat(), (list, seed) => compare(make, learn, list, seed)),
        { numRuns: 500 },
      );
    });

    it('takes the quicker one of two, until it has as many more requests as it is quicker', () => {
      const { balancer, serve } = twoNodes(make, { a: 10, b: 95 });
      for (let i = 0; i < 5; i++) serve();
      const picks = Array.from({ length: 10 }, () => balancer.pick().node).join('');
      expect(picks).toBe('aaaaaaaaab'); // 9 x 10 before 1 x 95, which it has been waiting for
    });

    it('tries a new node at once, with one request until that has ended', () => {
      const { clock, balancer } = twoNodes(make, { a: 10, b: 10 });
      const first = balancer.pick();
      const second = balancer.pick();
      expect([first.node, second.node].sort()).toEqual(['a', 'b']);
      clock.advance(10);
      first.done();
      for (let i = 0; i < 50; i++) expect(balancer.pick().node).toBe(first.node);
      clock.advance(10);
      second.done();
      expect(balancer.pick().node).toBe(second.node);
    });

    it('tries a node again that was slow once, when its cost has fallen to that of others, and not before', () => {
      const { clock, balancer, serve, latencies } = twoNodes(make, { a: 1000, b: 10 });
      serve(2);
      latencies.a = 10;
      let waited = 0;
      for (; serve() === 'b' && waited < 100 * decayMs; waited += 100) clock.advance(90);
      expect(waited / decayMs).toBeGreaterThan(Math.log(100) - 0.2); // 1000 / 10 times as slow
      expect(waited / decayMs).toBeLessThan(Math.log(100) + 0.2);
      for (let i = 0; i < 100; i++) {
        serve();
        clock.advance(90);
      }
      const picks = Array.from({ length: 100 }, () => balancer.pick().node);
      expect(picks.filter((picked) => picked === 'a').length).toBeGreaterThan(40);
    });

    it('tries a slow node again of many, and it does not depend on how many are better', () => {
      const names = Array.from({ length: 50 }, (_, i) => `${i}`);
      const clock = new VirtualClock();
      const balancer = make(names, { random: seededRandom(1), now: () => clock.now(), decayMs });
      const tried: number[] = [];
      for (let i = 0; i < 20_000; i++) {
        const { node, done } = balancer.pick();
        if (node === '7') tried.push(clock.now());
        clock.after(node === '7' ? 500 : 5, done);
        clock.advance(1);
      }
      // Once it is as good as another of 50, one pick in 25 sees it.
      const gaps = tried.slice(1).map((at, i) => at - tried[i]!);
      expect(gaps.length).toBeGreaterThan(2);
      expect(Math.max(...gaps)).toBeLessThan(decayMs * Math.log(100) + 2000);
      expect(tried.length).toBeLessThan(20_000 / 50 / 4);
    });

    it.each([1, 2, 3])(
      'seed %d: a node that fails at once gets a few requests only, and its share when it is well again',
      (seed) => {
        const clock = new VirtualClock();
        const balancer = make(['a', 'b', 'c'], { random: seededRandom(seed), now: () => clock.now(), decayMs });
        let broken = true;
        const count = (requests: number): number => {
          let picked = 0;
          for (let i = 0; i < requests; i++) {
            const { node, done } = balancer.pick();
            const failed = broken && node === 'a';
            if (node === 'a') picked++;
            clock.after(failed ? 1 : 50, () => done({ failed }));
            clock.advance(10);
          }
          return picked;
        };
        expect(count(2000)).toBeLessThan(60);
        broken = false;
        count(2000);
        expect(count(3000)).toBeGreaterThan(700);
      },
    );

    it('counts a failure as no less than what is known of the node', () => {
      const { clock, balancer, serve } = twoNodes(make, { a: 3000, b: 2000 }, { failureLatencyMs: 10 });
      serve(2);
      clock.advance(10_000);
      serve(2); // both known, at different times
      const { node, done } = balancer.pick();
      done({ failed: true });
      clock.advance(1);
      const other = balancer.pick();
      expect(other.node).not.toBe(node);
    });

    it('forgets a node that is removed, with what it still has to say', () => {
      const { clock, balancer, serve } = twoNodes(make, { a: 10, b: 10 });
      serve(2);
      const late = [balancer.pick(), balancer.pick()].find((lease) => lease.node === 'a')!;
      balancer.remove('a');
      balancer.add('a');
      clock.advance(100_000);
      late.done({ failed: true });
      expect(balancer.pick().node).toBe('a'); // new, and free
    });

    it.each([2, 1e3, 1e9])('bears a clock that is set back by %d times the decay', (decays) => {
      let now = 1e12;
      const balancer = make(['a', 'b'], { random: seededRandom(1), now: () => now, decayMs });
      const picks = new Set<string>();
      for (let i = 0; i < 1000; i++) {
        const { node, done } = balancer.pick();
        now += i === 500 ? -decays * decayMs : 10;
        done();
        if (i >= 800) picks.add(node);
      }
      expect(picks.size).toBe(2);
    });

    it('knows what it knew when nothing has happened for ages, and tries new nodes first', () => {
      const { clock, balancer, serve } = twoNodes(make, { a: 10, b: 1000 });
      serve(2);
      for (let i = 0; i < 5; i++) {
        clock.advance(200 * decayMs);
        balancer.pick().done(); // so that one is known anew
        clock.advance(1e6 * decayMs);
      }
      balancer.add('c');
      balancer.remove('a');
      expect(balancer.pick().node).toBe('c');
      const [second, third] = [balancer.pick(), balancer.pick()];
      clock.advance(1e6 * decayMs);
      second.done();
      expect([second.node, third.node, balancer.pick().node]).toEqual(['b', 'b', 'b']); // not c, before it has answered
    });

    it('takes the time and chance of the platform when it is given none', () => {
      const balancer = make(['a', 'b'], {});
      for (let i = 0; i < 100; i++) balancer.pick().done();
      expect(['a', 'b']).toContain(balancer.pick().node);
    });

    it.each([
      ['decayMs', 0, 'decayMs is 0; it must be a number at least 1'],
      ['failureLatencyMs', -1, 'failureLatencyMs is -1; it must be a number at least 0'],
    ])('refuses %s of %d', (option, value, message) => {
      expect(() => make([], { [option]: value })).toThrow(InvalidOptionError);
      expect(() => make([], { [option]: value })).toThrow(message);
    });
  });
}

/** Two nodes that take so long. `serve` sends requests one after the other; returns to which the last one went. */
function twoNodes(
  make: Make,
  latencies: { a: number; b: number },
  options: PeakEwmaOptions = {},
): { clock: VirtualClock; balancer: Balancer; serve: (count?: number) => string; latencies: { a: number; b: number } } {
  const clock = new VirtualClock();
  const balancer = make(['a', 'b'], { random: seededRandom(1), now: () => clock.now(), decayMs, ...options });
  const serve = (count = 1): string => {
    const { node, done } = balancer.pick();
    clock.advance(latencies[node as 'a' | 'b']);
    done();
    return count > 1 ? serve(count - 1) : node;
  };
  return { clock, balancer, serve, latencies };
}

function compare(
  make: Make,
  learn: Learn,
  list: typeof events extends fc.Arbitrary<infer L> ? L : never,
  seed: number,
): void {
  const draw = seededRandom(seed);
  let draws: number[] = [];
  const random = (): number => {
    draws.push(draw());
    return draws.at(-1)!;
  };
  let now = (seed % 2) * 299 * decayMs; // costs are set back after 300
  const balancer = make([], { random, now: () => now, decayMs, failureLatencyMs });
  const nodes = new Map<string, Known>();
  const open: { lease: Lease; known: Known; began: number }[] = [];
  const cost = ({ inFlight, latency, at, weight }: Known): number => {
    if (latency === 0) return inFlight === 0 ? 0 : Infinity;
    return (latency * Math.exp((at - now) / decayMs) * (inFlight + 1)) / weight;
  };
  const pick = (): void => {
    const candidates = [...nodes.values()].filter(({ available, weight }) => available && weight > 0);
    if (candidates.length === 0) return;
    draws = [];
    const lease = balancer.pick();
    const first = candidates[Math.floor(draws[0]! * candidates.length)]!;
    const others = candidates.filter((other) => other !== first);
    const second = others[Math.floor(((draws[0]! * candidates.length) % 1) * others.length)] ?? first;
    expect(draws).toHaveLength(1);
    const [picked, other] = lease.node === second.node ? [second, first] : [first, second];
    expect(lease.node).toBe(picked.node);
    // Rounding may decide between equals.
    expect(cost(picked) <= cost(other) * (1 + 1e-9), `${lease.node} of ${first.node} and ${second.node}`).toBe(true);
    picked.inFlight++;
    open.push({ lease, known: picked, began: now });
  };
  for (const event of list)
    switch (event.type) {
      case 'add': {
        balancer.add(event.node, event.weight);
        const fresh = { node: event.node, available: true, inFlight: 0, latency: 0, at: 0, requests: 0 };
        nodes.set(event.node, Object.assign(nodes.get(event.node) ?? fresh, { weight: event.weight }));
        break;
      }
      case 'remove':
        balancer.remove(event.node);
        nodes.delete(event.node);
        break;
      case 'setAvailable':
        balancer.setAvailable(event.node, event.available);
        Object.assign(nodes.get(event.node) ?? {}, { available: event.available });
        break;
      case 'wait':
        now += event.ms;
        break;
      case 'pick':
        pick();
        break;
      case 'done': {
        const [ended] = open.splice(event.which % Math.max(1, open.length), 1);
        if (ended === undefined) break;
        const { lease, known, began } = ended;
        lease.done({ failed: event.failed });
        known.inFlight--;
        const latency = Math.max(now - began, 0.001);
        learn(
          known,
          event.failed ? Math.max(latency, failureLatencyMs, known.latency) : latency,
          now - known.at,
          decayMs,
        );
        known.at = now;
      }
    }
}
