import type { ReadWriteSystem } from '../pairs.js';
import type { QuorumSystem } from '../system.js';
import type { MembersFigures } from './members.js';
import { minimalQuorums, type MinimalQuorumsOptions } from './minimal-quorums.js';
import { requireResilience } from './no-strategy.js';
import { Strategy, type WeightedQuorums } from './strategy.js';

/** What {@link uniformStrategy} needs to know. */
export interface UniformStrategyOptions extends MinimalQuorumsOptions {
  readonly system: QuorumSystem | ReadWriteSystem;
  /** What the members can do. @defaultValue a capacity of 1 for each, and no latency */
  readonly members?: MembersFigures;
}

/**
 * The strategy that picks each minimal quorum equally often. Where members are alike, as in a majority or a grid, no other
 * one has less load; elsewhere see `optimalStrategy`.
 *
 * @throws InvalidOptionError; {@link NoStrategyError} when no quorum is that resilient; QuorateError with code
 * `quorums-too-many`
 */
export function uniformStrategy({ system, members = {}, ...options }: UniformStrategyOptions): Strategy {
  requireResilience(system, options.resilience ?? 0);
  const all = (of: QuorumSystem): WeightedQuorums => minimalQuorums(of, options).map((quorum) => [quorum, 1]);
  if ('read' in system) return new Strategy({ system, reads: all(system.read), writes: all(system.write), members });
  return new Strategy({ system, reads: all(system), members });
}
