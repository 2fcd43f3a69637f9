/**
 * What a quorum system is worth, before it is used: its minimal quorums, how many failures it survives and how likely they
 * are, the load on its members, strategies to pick quorums by, and how stale partial quorums may be.
 *
 * @module quorum/analysis
 */
export { failureProbability, resilience } from './availability.js';
export { minimalQuorums } from './minimal-quorums.js';
export type { MinimalQuorumsOptions } from './minimal-quorums.js';
export { quorumLatencyMs } from './members.js';
export type { MemberFigures, MembersFigures } from './members.js';
export type { ReadFraction } from './read-fraction.js';
export { Strategy } from './strategy.js';
export type { PickedQuorum, StrategyOptions, WeightedQuorums } from './strategy.js';
export { uniformStrategy } from './uniform-strategy.js';
export type { UniformStrategyOptions } from './uniform-strategy.js';
export { capacity, load, optimalStrategy } from './optimal-strategy.js';
export type { OptimalStrategyOptions, StrategyLimits } from './optimal-strategy.js';
export { NoStrategyError } from './no-strategy.js';
export type { Measure } from './no-strategy.js';
export { exponential, mixture, pareto } from './distributions.js';
export type { Distribution } from './distributions.js';
export { linkedInDisk, linkedInSsd, sampleStaleness, staleProbability, yammer } from './staleness.js';
export type { MessageDelays, PartialQuorums, Staleness, StalenessOptions } from './staleness.js';
