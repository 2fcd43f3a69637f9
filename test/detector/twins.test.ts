import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FailureDetector } from 'quorate/detector';
import { detectors } from './all-detectors.js';
import { chen, deviation, fixedTimeout, jacobson, mean, missedChecks, nfdS, phi } from './naive.js';
import { traces, type Event } from './traces.js';

const INTERVAL = 100;

/** Where phi is 8: roots of the two definitions, found with other programs. */
const LOGISTIC_AT_8 = 5.225_986_644_093_56;
const NORMAL_AT_8 = 5.612_001_244_174_789;

const deviationPhi = (root: number) => (events: readonly Event[]) =>
  phi(events, {
    assumed: [75, 125],
    windowSize: 6,
    limit: (intervals) => mean(intervals) + root * Math.max(deviation(intervals), 10),
    counts: (_, suspect) => !suspect,
  });

/** The deadlines of the detectors of `all-detectors.ts`, from the whole history. */
const twins: Readonly<Record<string, (events: readonly Event[]) => number>> = {
  FixedTimeout: (events) => fixedTimeout(events, 250),
  MissedChecks: (events) => missedChecks(events, INTERVAL, 2),
  ChenNfdS: (events) => nfdS(events, INTERVAL, 150),
  ChenNfdE: (events) => chen(events, INTERVAL, [5], () => 150),
  Bertier: (events) => chen(events, INTERVAL, [6], (errors) => jacobson(errors, INTERVAL)),
  TwoWindow: (events) => chen(events, INTERVAL, [2, 7], () => INTERVAL),
  LogisticPhi: deviationPhi(LOGISTIC_AT_8),
  NormalPhi: deviationPhi(NORMAL_AT_8),
  ExponentialPhi: (events) =>
    phi(events, {
      assumed: [200],
      windowSize: 6,
      limit: (intervals) => 3 * Math.log(10) * mean(intervals),
      counts: (interval) => interval <= 200,
    }),
};

describe('deadlines are those of a naive twin on random traces', () => {
  it.each(Object.entries(detectors))('%s', (name, make) => {
    fc.assert(
      fc.property(traces, (events) => {
        const detector: FailureDetector = make(INTERVAL);
        events.forEach(({ type, at, sequence }, i) => {
          if (type === 'heartbeat') detector.heartbeat(at, sequence);
          else detector.expectFrom(at);
          expect(detector.deadline()).toBeCloseTo(twins[name]!(events.slice(0, i + 1)), 5);
        });
      }),
    );
  });
});
