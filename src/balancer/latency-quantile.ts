import { checkNumber } from '../core/index.js';
import type { Nodes } from './balancer.js';
import { LatencyChoices, LatencyMember, type LatencyOptions } from './latency-choices.js';
import { learnQuantile, type QuantileEstimate } from './quantile-estimate.js';

/** Options of {@link LatencyQuantile}. */
export interface LatencyQuantileOptions extends LatencyOptions {
  /**
   * Which latency counts: the one that this part of requests stays below.
   *
   * @defaultValue 0.95: the tail that users notice. More needs more requests to know: about 20 / (1 - `quantile`) a node.
   */
  readonly quantile?: number;
}

class QuantileMember extends LatencyMember implements QuantileEstimate {
  requests = 0;
}

/**
 * Of two different nodes at random the one with the lower cost: a running estimate of a quantile of its latency, times the
 * requests in flight and one, by its weight.
 *
 * The estimate is a stochastic approximation (Robbins & Monro 1951; as in frugal streaming, Ma, Muthukrishnan & Sandler 2013,
 * but with no random numbers) of the logarithm: each latency above raises it by a factor, each one below lowers it
 * by a smaller one, so that both balance where a part of `quantile` is below; never beyond the latency itself. The factors are
 * larger while little is known of the node: the steps are of the last 20 / (1 - `quantile`) requests, or of those within about
 * `decayMs` if these are fewer. Two numbers a node, and it makes no difference whether latencies are of microseconds or of minutes.
 * While nothing ends, the cost falls by exp(-t / `decayMs`), so that a node that was slow is tried again.
 *
 * For nodes that differ in their tails, such as one that pauses now and then, which a mean hides and which costs all
 * who wait for several nodes. Not where a node must be left after a single slow answer: see `PeakEwma`; nor for a few
 * requests a minute, of which no quantile can be known.
 *
 * O(1); the lease is all that is allocated.
 */
export class LatencyQuantile extends LatencyChoices<QuantileMember> {
  readonly #quantile: number;

  /** @throws InvalidOptionError */
  constructor(nodes: Nodes = [], options: LatencyQuantileOptions = {}) {
    super(options);
    const { quantile = 0.95 } = options;
    this.#quantile = checkNumber('quantile', quantile, { min: 0.01, max: 0.9999, integer: false });
    this.addAll(nodes);
  }

  /** @internal */
  protected member(node: string, order: number): QuantileMember {
    return new QuantileMember(node, order);
  }

  /** @internal */
  protected learn(member: QuantileMember, latency: number, remembered: number): void {
    learnQuantile(member, latency, remembered, this.#quantile);
  }
}
