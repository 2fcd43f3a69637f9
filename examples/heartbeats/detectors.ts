import {
  Bertier,
  ChenNfdE,
  ExponentialPhi,
  FixedTimeout,
  LogisticPhi,
  NormalPhi,
  TwoWindow,
  type FailureDetector,
} from 'quorate/detector';

/** Makes a detector for heartbeats of that interval that suspects after so much silence, both in milliseconds. */
export type MakeDetector = (intervalMs: number, timeoutMs: number) => FailureDetector;

/** Phi 8 is so many standard deviations. */
const LOGISTIC_DEVIATIONS = 5.23;
const NORMAL_DEVIATIONS = 5.61;

/** The detectors to choose from, with options that make each suspect after about the same silence, so that they compare. */
export const detectors: Readonly<Record<string, MakeDetector>> = {
  fixed: (_intervalMs, timeoutMs) => new FixedTimeout({ timeoutMs }),
  chen: (intervalMs, timeoutMs) => new ChenNfdE({ intervalMs, marginMs: timeoutMs - intervalMs }),
  'two-window': (intervalMs, timeoutMs) => new TwoWindow({ intervalMs, marginMs: timeoutMs - intervalMs }),
  logistic: (intervalMs, timeoutMs) =>
    new LogisticPhi({
      intervalMs,
      acceptablePauseMs: 0,
      minStandardDeviationMs: (timeoutMs - intervalMs) / LOGISTIC_DEVIATIONS,
    }),
  normal: (intervalMs, timeoutMs) =>
    new NormalPhi({
      intervalMs,
      acceptablePauseMs: 0,
      minStandardDeviationMs: (timeoutMs - intervalMs) / NORMAL_DEVIATIONS,
    }),
  exponential: (intervalMs, timeoutMs) =>
    new ExponentialPhi({ intervalMs, threshold: timeoutMs / (intervalMs * Math.LN10) }),
  // The margin is what it learns: of regular heartbeats a short one, so it makes mistakes.
  bertier: (intervalMs) => new Bertier({ intervalMs }),
};
