import { systemRandom } from '../core/index.js';
import type { Lease, Nodes } from './balancer.js';
import { Members } from './members.js';
import { UncountedMember } from './uncounted-member.js';

/** Options of {@link Random}. */
export interface RandomOptions {
  /** Uniform in [0, 1). @defaultValue that of the platform; a seeded one for tests */
  readonly random?: () => number;
}

/**
 * Any node, all with the same chance. Weights other than 0 make no difference.
 *
 * For many clients, or clients that come and go: they need not know of one another, and there is no order in which all of
 * them could march. Not for one client that has few nodes: of n requests to n nodes, one node gets about ln n / ln ln n, and
 * `RoundRobin` gives each one; `PowerOfTwoChoices` draws as well, and looks.
 *
 * O(1), nothing is allocated, one number drawn a pick.
 */
export class Random extends Members<UncountedMember> {
  /** {@inheritDoc Balancer.weighting} */
  readonly weighting = 'ignored';
  readonly #random: () => number;

  /** @throws InvalidOptionError */
  constructor(nodes: Nodes = [], options: RandomOptions = {}) {
    super();
    this.#random = options.random ?? systemRandom;
    this.addAll(nodes);
  }

  pick(): Lease {
    const active = this.active();
    return active[Math.floor(this.#random() * active.length)]!.lease();
  }

  /** @internal */
  protected member(node: string, order: number): UncountedMember {
    return new UncountedMember(node, order);
  }
}
