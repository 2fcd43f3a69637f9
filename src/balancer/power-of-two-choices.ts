import { systemRandom } from '../core/index.js';
import type { Lease, Nodes } from './balancer.js';
import { CountedMember } from './counted-member.js';
import { TwoChoices } from './two-choices.js';

/** Options of {@link PowerOfTwoChoices}. */
export interface PowerOfTwoChoicesOptions {
  /** Uniform in [0, 1). @defaultValue that of the platform, so that clients draw independently of each other */
  readonly random?: () => number;
}

/**
 * Of two different nodes at random the one that would have fewer requests in flight, relative to its weight, with one more;
 * the first that was drawn if they tie (Mitzenmacher 2001, "The Power of Two Choices in Randomized Load Balancing"). Of n
 * requests on n nodes the fullest has about log2 ln n, against ln n / ln ln n by one random choice.
 *
 * The one to begin with: nearly as even as the least of all nodes, and many balancers that know nothing of each other do not
 * all choose the same one. Not for nodes of unequal weight under little load: of two idle nodes the heavier is taken, so that
 * the lightest of all gets nothing until others are busy. Nor for a node that fails quickly and so has little in flight: eject
 * it by its health, or take `PeakEwma`.
 *
 * O(1); the lease is all that is allocated.
 */
export class PowerOfTwoChoices extends TwoChoices<CountedMember> {
  /** @throws InvalidOptionError */
  constructor(nodes: Nodes = [], options: PowerOfTwoChoicesOptions = {}) {
    super(options.random ?? systemRandom);
    this.addAll(nodes);
  }

  pick(): Lease {
    return this.choose().lease();
  }

  /** @internal */
  protected member(node: string, order: number): CountedMember {
    return new CountedMember(node, order);
  }

  /** @internal */
  protected better(second: CountedMember, first: CountedMember): boolean {
    return (second.inFlight + 1) * first.weight < (first.inFlight + 1) * second.weight;
  }
}
