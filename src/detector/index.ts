/**
 * Failure detectors: whether a process is still there, judged by when its heartbeats arrive, with an injected clock.
 *
 * @module detector
 */
export { Bertier } from './bertier.js';
export type { BertierOptions } from './bertier.js';
export { ChenNfdE } from './chen-nfd-e.js';
export type { ChenNfdEOptions } from './chen-nfd-e.js';
export { ChenNfdS } from './chen-nfd-s.js';
export type { ChenNfdSOptions } from './chen-nfd-s.js';
export type { DeviationPhiOptions } from './deviation-phi.js';
export type { ExpectedArrivalOptions } from './expected-arrival.js';
export { ExponentialPhi } from './exponential-phi.js';
export type { ExponentialPhiOptions } from './exponential-phi.js';
export type { FailureDetector } from './failure-detector.js';
export { FixedTimeout } from './fixed-timeout.js';
export type { FixedTimeoutOptions } from './fixed-timeout.js';
export { LogisticPhi } from './logistic-phi.js';
export { MissedChecks } from './missed-checks.js';
export type { MissedChecksOptions } from './missed-checks.js';
export { NormalPhi } from './normal-phi.js';
export type { PhiAccrualOptions } from './phi-accrual.js';
export { TwoWindow } from './two-window.js';
export type { TwoWindowOptions } from './two-window.js';
