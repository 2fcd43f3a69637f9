import { expect, it } from 'vitest';
import { InvariantViolation, nemesis, shrink, type TimedFault, type TraceEvent } from '../../../src/testing/index.js';
import { Probes } from './probe.js';

const nodes = ['a', 'b', 'c'];
const NOISY = { loss: 0.1, duplication: 0.1, delayed: 0.1, delayMs: [1, 50], clockDrift: 0.05 } as const;

function busyRun(seed: number, onEvent?: (event: TraceEvent) => void): Probes {
  const faults = nemesis({ seed, nodes, durationMs: 5000 });
  const probes = new Probes({ seed, faults, ...(onEvent === undefined ? {} : { onEvent }) }, NOISY);
  for (let at = 0; at < 5000; at += 10) {
    probes.simulation.after(at, () => {
      if (probes.host('a').up) probes.send('a', 'b', `${at}`);
      if (probes.host('c').up) probes.command('c', { type: 'write', values: [at] });
    });
  }
  probes.simulation.run(5000);
  return probes;
}

it('does the same for the same seed, and something else for another', () => {
  const traces = [1, 1, 2, 3].map((seed) => busyRun(seed).simulation.trace);
  expect(traces[0]).toBe(traces[1]);
  expect(new Set(traces).size).toBe(3);
});

it('tells of every step and fault as it happens', () => {
  const events: TraceEvent[] = [];
  const { simulation } = busyRun(1, (event) => events.push(event));
  const inputs = ['message', 'command', 'stored', 'peer', 'wake'];
  expect(events.filter(({ what }) => inputs.includes(what.type))).toHaveLength(simulation.steps);
  for (const type of ['crash', 'pause', 'stall', 'start']) expect(events.map(({ what }) => what.type)).toContain(type);
});

it('describes the last hundred events, oldest first', () => {
  const events: TraceEvent[] = [];
  const { simulation } = busyRun(1, (event) => events.push(event));
  const lines = simulation.describeRecent().split('\n');
  expect(lines).toHaveLength(100);
  const last = events.slice(-100);
  expect(lines.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual(
    last.map(({ at, node }) => `${at.toFixed(3)} ${node}`),
  );
});

it('stops at the step after which something does not hold', () => {
  const probes = new Probes();
  probes.checked = (host) => {
    if (host.state().inputs.length === 3) throw new InvariantViolation('three are too many');
  };
  for (let i = 0; i < 5; i++) probes.command('a', { type: 'wakeAt', at: Infinity });
  expect(() => probes.simulation.run(10)).toThrow('three are too many');
  expect(probes.simulation.steps).toBe(3);
});

it('finds a machine that never comes to rest', () => {
  const probes = new Probes();
  probes.command('a', { type: 'spin' });
  expect(() => probes.simulation.run(10)).toThrow('a does not come to rest');
});

it('lets no fault happen after healing, and starts what is down', () => {
  const fault = { type: 'crash', node: 'a', downMs: 10 } as const;
  const probes = new Probes({ faults: [{ at: 50, fault }] });
  probes.simulation.fault({ type: 'crash', node: 'b', downMs: 10_000 });
  probes.simulation.run(10);
  probes.simulation.heal();
  probes.simulation.run(100);
  expect([probes.starts.get('a'), probes.starts.get('b')]).toEqual([1, 2]);
});

it('gives half of the peers a hint that a node came or went', () => {
  let hints = 0;
  for (let seed = 1; seed <= 200; seed++) {
    const probes = new Probes({ seed });
    probes.simulation.run(100);
    const before = probes.times('b', 'peer').length;
    probes.simulation.fault({ type: 'crash', node: 'a', downMs: Infinity });
    probes.simulation.run(100);
    hints += probes.times('b', 'peer').length - before;
  }
  expect(hints).toBeGreaterThan(70);
  expect(hints).toBeLessThan(130);
});

it('refuses a seed below zero, by name', () => {
  expect(() => new Probes({ seed: -1 })).toThrow(/seed/);
});

it('shrinks a list to the elements that a failure needs', () => {
  const items = Array.from({ length: 100 }, (_, i) => i);
  expect(shrink(items, (some) => some.includes(13) && some.includes(77))).toEqual([13, 77]);
});

it('gives up shrinking when the budget is used, with a list that fails', () => {
  const items = Array.from({ length: 100 }, (_, i) => i);
  let calls = 0;
  const fails = (some: readonly number[]): boolean => {
    calls++;
    return some.includes(13) && some.includes(77);
  };
  expect(fails(shrink(items, fails, 5))).toBe(true);
  expect(calls).toBe(6);
});

it('reproduces a failure from faults that went through JSON', () => {
  const faults = nemesis({ seed: 7, nodes, durationMs: 5000, weights: { lostDiskEveryMs: Infinity } });
  const again = JSON.parse(JSON.stringify(faults)) as TimedFault[];
  const traces = [faults, again].map((list) => {
    const probes = new Probes({ faults: list }, NOISY);
    for (let i = 0; i < 50; i++) probes.send('a', 'b', `${i}`);
    probes.simulation.run(5000);
    return probes.simulation.trace;
  });
  expect(traces[0]).toBe(traces[1]);
});
