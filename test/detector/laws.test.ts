import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FailureDetector } from 'quorate/detector';
import { detectors } from './all-detectors.js';
import { traces, type Event } from './traces.js';

const INTERVAL = 100;

function play(detector: FailureDetector, events: readonly Event[]): void {
  for (const { type, at, sequence } of events)
    if (type === 'heartbeat') detector.heartbeat(at, sequence);
    else detector.expectFrom(at);
}

/** Times around the deadline, and far from it. */
function timesAfter(detector: FailureDetector, at: number): number[] {
  const deadline = detector.deadline();
  const times = [0, 1, INTERVAL, 3 * INTERVAL, 50 * INTERVAL].map((ms) => at + ms);
  if (deadline > at) times.push(deadline, deadline - 1e-6, (at + deadline) / 2);
  return times.sort((a, b) => a - b);
}

describe.each(Object.entries(detectors))('%s', (name, make) => {
  const property = (check: (detector: FailureDetector, last: number, events: readonly Event[]) => void): void =>
    fc.assert(
      fc.property(traces, (events) => {
        const detector = make(INTERVAL);
        play(detector, events);
        check(detector, events.at(-1)!.at, events);
      }),
    );

  it('suspects exactly from its deadline on', () => {
    property((detector, last) => {
      for (const time of timesAfter(detector, last)) expect(detector.isSuspect(time)).toBe(time >= detector.deadline());
    });
  });

  it('has a suspicion that is never negative, never falls, and is the threshold at the deadline', () => {
    property((detector, last) => {
      const levels = timesAfter(detector, last).map((time) => detector.suspicion(time));
      expect(levels[0]).toBeGreaterThanOrEqual(0);
      levels.forEach((level, i) => expect(level).toBeGreaterThanOrEqual(levels[i - 1] ?? 0));
      const deadline = detector.deadline();
      if (deadline > last) expect(detector.suspicion(deadline) / detector.threshold).toBeCloseTo(1, 6);
    });
  });

  it('changes nothing when it is looked at', () => {
    property((detector, last) => {
      const before = detector.state();
      for (const time of timesAfter(detector, last)) {
        detector.suspicion(time);
        detector.isSuspect(time);
      }
      expect(detector.state()).toEqual(before);
    });
  });

  it('goes on alike from its state', () => {
    fc.assert(
      fc.property(traces, fc.nat(), (events, at) => {
        const cut = at % events.length;
        const first = make(INTERVAL);
        play(first, events.slice(0, cut));
        const second = make(INTERVAL);
        second.restore(structuredClone(first.state()));
        play(first, events.slice(cut));
        play(second, events.slice(cut));
        expect(second.state()).toEqual(first.state());
        expect(second.deadline()).toBe(first.deadline());
      }),
    );
  });

  it('does not disturb others, although they share memory', () => {
    fc.assert(
      fc.property(traces, traces, (events, others) => {
        const alone = make(INTERVAL);
        play(alone, events);
        const [before, detector, after] = [make(INTERVAL), make(INTERVAL), make(INTERVAL)] as const;
        play(before, others);
        play(detector, events);
        play(after, others);
        expect(detector.state()).toEqual(alone.state());
      }),
    );
  });

  it('ignores heartbeats that were overtaken or repeated, or whose number is none', () => {
    property((detector, last, events) => {
      const highest = Math.max(...events.map(({ sequence }) => sequence));
      const before = detector.state();
      detector.heartbeat(last + 1, highest);
      detector.heartbeat(last + 1, highest - 1);
      detector.heartbeat(last + 1, NaN);
      detector.heartbeat(last + 1, Infinity);
      expect(detector.state()).toEqual(before);
    });
  });

  it('counts on from the highest number when it is given none', () => {
    const [counted, given] = [make(INTERVAL), make(INTERVAL)];
    for (let i = 0; i < 20; i++) {
      counted.heartbeat(i * INTERVAL);
      given.heartbeat(i * INTERVAL, i);
    }
    expect(counted.state()).toEqual(given.state());
  });

  it('trusts again after a heartbeat that is not late itself', () => {
    const detector = make(INTERVAL);
    for (let i = 0; i < 20; i++) detector.heartbeat(i * INTERVAL, i);
    expect(detector.isSuspect(100 * INTERVAL)).toBe(true);
    detector.heartbeat(100 * INTERVAL, 100);
    expect(detector.isSuspect(100 * INTERVAL)).toBe(false);
  });

  it('waits from a given time as after a heartbeat at least, and learns nothing from the silence before', () => {
    const usual = make(INTERVAL);
    for (let i = 0; i < 20; i++) usual.heartbeat(i * INTERVAL, i);
    const patience = usual.deadline() - 19 * INTERVAL;
    const paused = make(INTERVAL);
    for (let i = 0; i < 20; i++) paused.heartbeat(i * INTERVAL, i);
    const resumed = 600 * INTERVAL;
    paused.expectFrom(resumed);
    expect(paused.deadline() - resumed).toBeCloseTo(patience, 6);
    expect(paused.isSuspect(resumed)).toBe(false);
    paused.heartbeat(resumed, 600); // on time, which may teach a little
    expect(paused.deadline() - resumed).toBeGreaterThan(0.98 * patience);
    expect(paused.deadline() - resumed).toBeLessThan(1.000_001 * patience);
  });

  it('waits for the first heartbeat from the time it is told to', () => {
    const detector = make(INTERVAL);
    detector.expectFrom(0);
    expect(detector.isSuspect(INTERVAL)).toBe(false);
    expect(detector.isSuspect(100 * INTERVAL)).toBe(true);
    expect(detector.deadline()).toBeLessThan(100 * INTERVAL);
  });

  it('refuses times that go back, and what is no time', () => {
    const detector = make(INTERVAL);
    detector.heartbeat(500, 5);
    const before = detector.state();
    for (const at of [499.9, NaN, -Infinity, Infinity]) {
      expect(() => detector.heartbeat(at, 6)).toThrow(/^at is .*; it must be a time not before the last, 500$/);
      expect(() => detector.expectFrom(at)).toThrow(/^at is /);
    }
    expect(detector.state()).toEqual(before);
  });

  it('refuses the state of another detector', () => {
    const detector = make(INTERVAL);
    expect(() => detector.restore([...detector.state(), 1])).toThrow(/^state is an array; it must be \d+ numbers$/);
    expect(() => detector.restore([])).toThrow(/^state is/);
  });

  if (name !== 'ChenNfdS')
    it('suspects nobody before the first heartbeat', () => {
      const detector = make(INTERVAL);
      expect(detector.suspicion(1e12)).toBe(0);
      expect(detector.isSuspect(1e12)).toBe(false);
      expect(detector.deadline()).toBe(Infinity);
    });
});
