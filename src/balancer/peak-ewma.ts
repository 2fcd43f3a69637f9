import type { Nodes } from './balancer.js';
import { LatencyChoices, LatencyMember, type LatencyOptions } from './latency-choices.js';

/** Options of {@link PeakEwma}. */
export type PeakEwmaOptions = LatencyOptions;

/**
 * Peak EWMA, as Finagle has it: of two different nodes at random the one with the lower cost, which is an average of its
 * latency times its requests in flight and one more, by its weight. The average is sensitive to peaks: a latency above it
 * becomes the average at once; any other counts with a weight of 1 - exp(-t / `decayMs`), t after the one before. While no
 * request ends the cost falls by exp(-t / `decayMs`), so that a node that was slow is tried again. A node of which nothing
 * is known is tried first, with a single request until that has ended. Unlike Finagle's, an average depends only on what was
 * measured, not on how often it was looked at in between.
 *
 * For nodes whose latencies differ or change: a slow one is left after one request. Not where some requests take a hundred
 * times as long as others on any node: each of these keeps others from its node for long; `LatencyQuantile` bears them, and
 * `PowerOfTwoChoices`. Not for requests without a timeout: what hangs counts as in flight only.
 *
 * O(1); the lease is all that is allocated. The clock is read at each pick and at each end.
 */
export class PeakEwma extends LatencyChoices<LatencyMember> {
  /** @throws InvalidOptionError */
  constructor(nodes: Nodes = [], options: PeakEwmaOptions = {}) {
    super(options);
    this.addAll(nodes);
  }

  /** @internal */
  protected member(node: string, order: number): LatencyMember {
    return new LatencyMember(node, order, this);
  }

  /** @internal */
  protected learn(member: LatencyMember, latency: number, remembered: number): void {
    member.latency = latency + Math.max(0, member.latency - latency) * remembered;
  }
}
