import { describe, expect, it } from 'vitest';
import {
  ConsistentHashing,
  LeastConnections,
  NoNodeError,
  PeakEwma,
  RoundRobin,
  WeightedRandom,
} from 'quorate/balancer';
import { HealthGate, LayerOrderError, OutlierEjection, SlowStart } from 'quorate/balancer/layers';
import { seededRandom } from 'quorate/core';
import type { OutlierDetectorOptions } from 'quorate/health';
import { sequence } from '../active-nodes.js';

/** Nodes in turn, and a clock that is set by hand. */
function setUp(nodes: string, options: OutlierDetectorOptions = {}) {
  const time = { now: 0 };
  const balancer = new OutlierEjection(new RoundRobin(), { now: () => time.now, ...options });
  for (const node of nodes) balancer.add(node);
  /** Requests to a node that fail. */
  const fail = (node: string, times = 5): void => {
    for (let i = 0; i < times; i++) balancer.pickNode(node)?.done({ failed: true });
  };
  return { time, balancer, fail };
}

describe('OutlierEjection', () => {
  it('picks a node no more that failed five times in a row, until its time is over', () => {
    const { time, balancer, fail } = setUp('abc');
    fail('b', 4);
    expect(sequence(balancer, 3)).toBe('abc');
    fail('b', 1);
    expect(balancer.isEjected('b')).toBe(true);
    expect(sequence(balancer, 4)).toBe('acac');
    expect(balancer.pickNode('b')).toBeUndefined();
    time.now = 29_999;
    expect(sequence(balancer, 2)).toBe('ac');
    time.now = 30_000;
    expect(sequence(balancer, 3)).toBe('abc');
  });

  it('sees at a request for a given node, too, that its time is over', () => {
    const { time, balancer, fail } = setUp('abc');
    fail('b');
    time.now = 30_000;
    expect(balancer.pickNode('b')?.node).toBe('b');
  });

  it('counts what is said to have failed, of leases that are done, once each', () => {
    const { balancer } = setUp('ab');
    const picked = ['a', 'b'].map((node) => balancer.pickNode(node)!);
    for (let i = 0; i < 10; i++) picked[0]!.done({ failed: true });
    picked[1]!.done();
    balancer.pickNode('b')!.done({ failed: false });
    expect(balancer.status()).toMatchObject([
      { node: 'a', requests: 1, failures: 1 },
      { node: 'b', requests: 2, failures: 0 },
    ]);
  });

  it('passes on to the balancer inside that a request is done', () => {
    const balancer = new OutlierEjection(new LeastConnections(), { now: () => 0 });
    for (const node of 'ab') balancer.add(node);
    const [, second] = [balancer.pick(), balancer.pick()];
    second.done();
    expect([second.node, balancer.pick().node]).toEqual(['b', 'b']);
  });

  it('passes on how a request ended, so that a quick failure does not look like a quick node', () => {
    const time = { now: 0 };
    const now = (): number => time.now;
    const latency = new PeakEwma([], { now, random: () => 0, failureLatencyMs: 1000 });
    const balancer = new OutlierEjection(latency, { now });
    for (const node of 'ab') balancer.add(node);
    for (const failed of [true, false]) {
      const { done } = balancer.pickNode(failed ? 'a' : 'b')!;
      time.now += failed ? 1 : 100;
      done({ failed });
    }
    expect(balancer.pick().node).toBe('b');
  });

  it('keeps an ejected node unavailable that was said to be available, and the other way round', () => {
    const { time, balancer, fail } = setUp('abc');
    fail('b');
    balancer.setAvailable('b', false);
    balancer.setAvailable('b', true);
    expect(sequence(balancer, 4)).not.toContain('b');
    balancer.setAvailable('b', false);
    time.now = 30_000;
    expect(sequence(balancer, 4)).not.toContain('b');
    expect(balancer.isEjected('b')).toBe(false);
    balancer.setAvailable('b', true);
    expect(sequence(balancer, 3)).toContain('b');
  });

  it('ejects no more than a part of all nodes, of which what is down for other reasons is none', () => {
    const { balancer, fail } = setUp('abcdefghijk'); // 11: two
    for (const node of 'ab') balancer.setAvailable(node, false);
    for (const node of 'cdef') fail(node);
    expect(balancer.status().map(({ ejectedUntil }) => ejectedUntil !== null)).toEqual(
      Array.from('abcdefghijk', (node) => 'cd'.includes(node)),
    );
  });

  it('never ejects the last node: there is no other', () => {
    const { balancer, fail } = setUp('a');
    fail('a', 100);
    expect(balancer.pick().node).toBe('a');
  });

  it('forgets a node that is removed; its late results harm nobody of the same name', () => {
    const { balancer, fail } = setUp('abc');
    const late = Array.from({ length: 9 }, () => balancer.pickNode('a')!);
    fail('a');
    balancer.remove('a');
    balancer.add('a');
    for (const { done } of late) done({ failed: true });
    expect(balancer.status().at(-1)).toMatchObject({ node: 'a', requests: 0, multiplier: 0, ejectedUntil: null });
    expect(sequence(balancer, 3)).toContain('a');
  });

  it('tells operators of ejections and returns, when the balancer knows them already', () => {
    const told: string[] = [];
    const { time, balancer, fail } = setUp('abc', {
      onEjection: (node, reason, forMs) => told.push(`${node} ${reason} ${forMs} ${sequence(balancer, 2)}`),
      onReturn: (node) => told.push(`${node} ${sequence(balancer, 3)}`),
    });
    fail('c');
    time.now = 30_000;
    balancer.pick();
    expect(told).toEqual(['c consecutive-failures 30000 ab', 'c cab']);
  });

  it('fails no request because of a listener that throws, and ejects all the same', () => {
    const onEjection = (): never => {
      throw new Error('listener');
    };
    const { balancer, fail } = setUp('abc', { onEjection });
    fail('a');
    expect(sequence(balancer, 2)).toBe('bc');
  });

  it('has nodes that return start slowly, where slow start is inside', () => {
    const time = { now: 0 };
    const now = (): number => time.now;
    const slowStart = new SlowStart(new WeightedRandom([], { random: seededRandom(1) }), { now });
    const balancer = new OutlierEjection(slowStart, { now });
    for (const node of 'abc') balancer.add(node);
    for (let i = 0; i < 5; i++) balancer.pickNode('b')!.done({ failed: true });
    expect(slowStart.starting).toEqual([]);
    time.now = 30_000;
    balancer.pick();
    expect(slowStart.starting).toEqual(['b']);
  });

  it('sends keys of an ejected node elsewhere and back', () => {
    const time = { now: 0 };
    const hashing = new ConsistentHashing<string>([], { key: (key) => key });
    const balancer = new OutlierEjection(hashing, { now: () => time.now });
    for (const node of 'abc') balancer.add(node);
    const home = balancer.pick('key').node;
    for (let i = 0; i < 5; i++) balancer.pick('key').done({ failed: true });
    expect(balancer.pick('key').node).not.toBe(home);
    time.now = 30_000;
    expect(balancer.pick('key').node).toBe(home);
  });

  it('has no panic of its own: what is left may be down', () => {
    const { balancer, fail } = setUp('ab');
    fail('a');
    balancer.setAvailable('b', false);
    expect(() => balancer.pick()).toThrow(NoNodeError);
  });

  it('refuses itself inside, also deeper, but goes around health checks and within them', () => {
    const deep = new HealthGate(new OutlierEjection(new RoundRobin()));
    expect(() => new OutlierEjection(deep)).toThrow(LayerOrderError);
    expect(() => new OutlierEjection(deep)).toThrow('both would count the same failures');
    expect(() => new OutlierEjection(new HealthGate(new RoundRobin()))).not.toThrow();
    expect(() => new SlowStart(new OutlierEjection(new LeastConnections()))).toThrow('put SlowStart inside');
  });

  it.each([1, 2, 3])('finds one of ten nodes that fails a third of its requests, and no other; seed %d', (seed) => {
    const random = seededRandom(seed);
    const ejections: string[] = [];
    const { time, balancer } = setUp('abcdefghij', {
      consecutiveFailures: 20, // not what is looked for here
      onEjection: (node, reason) => ejections.push(`${node} ${reason}`),
    });
    for (; time.now <= 120_000; time.now += 5) {
      const { node, done } = balancer.pick();
      done({ failed: random() < (node === 'd' ? 1 / 3 : 0.01) });
    }
    // From 10 to 40 s, from 50 to 110 s, and from 120 s on.
    expect(ejections).toEqual(['d success-rate', 'd success-rate', 'd success-rate']);
  });
});
