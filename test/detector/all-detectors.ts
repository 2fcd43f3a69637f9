import type { FailureDetector } from 'quorate/detector';
import {
  Bertier,
  ChenNfdE,
  ChenNfdS,
  ExponentialPhi,
  FixedTimeout,
  LogisticPhi,
  MissedChecks,
  NormalPhi,
  TwoWindow,
} from 'quorate/detector';

/** How detectors for heartbeats of this interval are made, with windows that are soon full. */
export const detectors: Readonly<Record<string, (intervalMs: number) => FailureDetector>> = {
  FixedTimeout: (intervalMs) => new FixedTimeout({ timeoutMs: 2.5 * intervalMs }),
  MissedChecks: (intervalMs) => new MissedChecks({ intervalMs }),
  ChenNfdS: (intervalMs) => new ChenNfdS({ firstSentAt: 0, intervalMs, shiftMs: 1.5 * intervalMs }),
  ChenNfdE: (intervalMs) => new ChenNfdE({ intervalMs, marginMs: 1.5 * intervalMs, windowSize: 5 }),
  Bertier: (intervalMs) => new Bertier({ intervalMs, windowSize: 6 }),
  TwoWindow: (intervalMs) => new TwoWindow({ intervalMs, shortWindowSize: 2, windowSize: 7, marginMs: intervalMs }),
  LogisticPhi: (intervalMs) =>
    new LogisticPhi({ intervalMs, windowSize: 6, minStandardDeviationMs: intervalMs / 10, acceptablePauseMs: 0 }),
  NormalPhi: (intervalMs) =>
    new NormalPhi({ intervalMs, windowSize: 6, minStandardDeviationMs: intervalMs / 10, acceptablePauseMs: 0 }),
  ExponentialPhi: (intervalMs) => new ExponentialPhi({ intervalMs, windowSize: 6, threshold: 3 }),
};
