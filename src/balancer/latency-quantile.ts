import { checkNumber } from '../core/index.js';
import type { Nodes } from './balancer.js';
import { LatencyChoices, LatencyMember, type LatencyOptions } from './latency-choices.js';
import { learnQuantile, type QuantileEstimate } from './quantile-estimate.js';

/** Options of {@link LatencyQuantile}. */
export interface LatencyQuantileOptions extends LatencyOptions {
  /**
   * The part of requests that take no longer than what counts, from 0.01 to 0.9999.
   *
   * @defaultValue 0.95: the tail that users notice. Each nine more takes ten times as many requests to know.
   */
  readonly quantile?: number;
}

class QuantileMember extends LatencyMember implements QuantileEstimate {
  requests = 0;
}

/**
 * Of two different nodes at random the one with the lower cost, which is a running estimate of a quantile of its latency times
 * its requests in flight and one more, by its weight. While no request ends the cost falls by exp(-t / `decayMs`), so that a
 * node that was slow is tried again. A node of which nothing is known is tried first, with a single request until that has
 * ended.
 *
 * The estimate moves by factors, so that it makes no difference whether latencies are microseconds or minutes: a latency
 * above raises it, one below lowers it by less, such that both balance where a part of `quantile` is below; never beyond the
 * latency itself (stochastic approximation, Robbins & Monro 1951; frugal streaming, Ma, Muthukrishnan & Sandler 2013, but
 * without random numbers). The fewer requests are known, the larger the steps: it remembers 20 / (1 - `quantile`) requests,
 * or those within about `decayMs` if they are fewer. With all of them it is about a tenth off; a rise to ten times is
 * followed within 60 requests, a fall to a tenth within 1000 or some `decayMs`. Of fewer than 1 / (1 - `quantile`) within
 * `decayMs` it is a lower quantile.
 *
 * For nodes that differ in their tails, such as one that pauses now and then, which an average hides, and which delays
 * whoever waits for several nodes. Not where a node must be left after a single slow answer: `PeakEwma`. Nor for a few
 * requests a minute, of which no quantile is known.
 *
 * O(1), three numbers a node; the lease is all that is allocated. The clock is read at each pick and at each end.
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
    return new QuantileMember(node, order, this);
  }

  /** @internal */
  protected learn(member: QuantileMember, latency: number, remembered: number): void {
    learnQuantile(member, latency, remembered, this.#quantile);
  }
}
