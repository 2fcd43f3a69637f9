import type { Nodes } from './balancer.js';
import { LatencyChoices, LatencyMember, type LatencyOptions } from './latency-choices.js';

/** Options of {@link PeakEwma}. */
export type PeakEwmaOptions = LatencyOptions;

/**
 * Of two different nodes at random the one with the lower cost: an average of its latency that is sensitive to peaks, times the
 * requests in flight and one, by its weight (Finagle's `PeakEwma`). A latency above the average becomes the average at once;
 * others draw it down with a weight of 1 - exp(-t / `decayMs`), t after the one before. While nothing ends, the cost falls
 * by exp(-t / `decayMs`), so that a node that was slow is tried again. One of which nothing is known is tried at once, with a
 * single request. Unlike Finagle's, an average depends on what was measured only, not on how often it was looked at.
 *
 * For nodes whose latencies differ, or change: it leaves a slow one after one request. Not where one request takes a hundred times
 * as long as another whatever its node: a single one of these keeps its node from others for long; see `LatencyQuantile`, and
 * `PowerOfTwoChoices`, which needs no clock. Not without a timeout for requests: one that hangs says nothing until it ends.
 *
 * O(1); the lease is all that is allocated.
 */
export class PeakEwma extends LatencyChoices<LatencyMember> {
  /** @throws InvalidOptionError */
  constructor(nodes: Nodes = [], options: PeakEwmaOptions = {}) {
    super(options);
    this.addAll(nodes);
  }

  /** @internal */
  protected member(node: string, order: number): LatencyMember {
    return new LatencyMember(node, order);
  }

  /** @internal */
  protected learn(member: LatencyMember, latency: number, remembered: number): void {
    member.latency = latency + Math.max(0, member.latency - latency) * remembered;
  }
}
