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
export { configureNfdE, configureNfdS } from './configure.js';
export type {
  MistakeRequirements,
  NfdEConfiguration,
  NfdERequirements,
  NfdSConfiguration,
  NfdSRequirements,
} from './configure.js';
export { empiricalDelay, exponentialDelay } from './delay-distribution.js';
export type { DelayDistribution, DelayMoments } from './delay-distribution.js';
export type { DeviationPhiOptions } from './deviation-phi.js';
export type { ExpectedArrivalOptions } from './expected-arrival.js';
export { ExponentialPhi } from './exponential-phi.js';
export type { ExponentialPhiOptions } from './exponential-phi.js';
export type { FailureDetector } from './failure-detector.js';
export { FixedTimeout } from './fixed-timeout.js';
export type { FixedTimeoutOptions } from './fixed-timeout.js';
export type { LinkBehaviour, UnsynchronisedLink } from './link.js';
export { LinkStatistics } from './link-statistics.js';
export type { LinkEstimate, LinkStatisticsOptions } from './link-statistics.js';
export { LogisticPhi } from './logistic-phi.js';
export { MissedChecks } from './missed-checks.js';
export type { MissedChecksOptions } from './missed-checks.js';
export { NormalPhi } from './normal-phi.js';
export type { PhiAccrualOptions } from './phi-accrual.js';
export { qualityOfNfdE, qualityOfNfdS } from './quality-of-service.js';
export type {
  MistakeQuality,
  NfdEQuality,
  NfdEQualityOptions,
  NfdSQuality,
  NfdSQualityOptions,
} from './quality-of-service.js';
export { TwoWindow } from './two-window.js';
export type { TwoWindowOptions } from './two-window.js';
export { UnattainableQualityError } from './unattainable-quality.js';
export type { QualityRequirement } from './unattainable-quality.js';
