import { describe, expect, it, vi } from 'vitest';
import { DeadlineQueue } from '../../../src/detector/heartbeats/deadline-queue.js';
import { runOf } from './any-message.js';
import { MachineRun } from './machine-run.js';

const COUNT = 100_000;
const peers = Array.from({ length: COUNT }, (_, i) => `node-${i}`);
const run = runOf(2, 1);

/** Counts the calls of a method of queues while something runs. */
function calls(work: () => void): number {
  const set = vi.spyOn(DeadlineQueue.prototype, 'set');
  try {
    work();
    return set.mock.calls.length;
  } finally {
    set.mockRestore();
  }
}

describe('a hundred thousand peers', () => {
  const monitor = new MachineRun();
  let sequence = 0;

  /** A second, in which each peer beats once, spread over it. */
  const second = (): void => {
    sequence++;
    for (let part = 0; part < 20; part++) {
      monitor.run(50);
      for (let i = part; i < COUNT; i += 20) {
        const message = { type: 'beat', run, sequence, sentAt: sequence, intervalMs: 1000 } as const;
        monitor.machine.step({ type: 'message', from: peers[i]!, message }, monitor.now);
      }
      monitor.step();
    }
  };

  it('share one queue, which heartbeats do not touch', { timeout: 60_000 }, () => {
    for (const peer of peers) monitor.watch(peer);
    second();
    // Each is looked at about once in five seconds, and not at each heartbeat.
    const touched = calls(() => {
      for (let i = 0; i < 10; i++) second();
    });
    expect(touched).toBeGreaterThan(COUNT);
    expect(touched).toBeLessThan(2.6 * COUNT);
    expect(monitor.wakes).toBeLessThanOrEqual(11 * 64);
    expect(monitor.said().filter((what) => !what.startsWith('trusted'))).toEqual([]);
    expect(monitor.machine.counters().received).toBe(11 * COUNT);
  });

  it('are suspected one by one when they fall silent, each once', { timeout: 60_000 }, () => {
    const before = monitor.wakes;
    monitor.run(6000);
    const said = monitor.said();
    expect(said).toHaveLength(COUNT);
    expect(new Set(said).size).toBe(COUNT);
    expect(said[0]).toMatch(/^suspected/);
    expect(monitor.wakes - before).toBeLessThanOrEqual(6 * 64);
    expect(monitor.machine.wakeAt).toBeLessThanOrEqual(monitor.now + 1000); // its own pauses are looked for, and nothing else
  });
});
