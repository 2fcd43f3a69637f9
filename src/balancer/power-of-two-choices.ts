import { systemRandom } from '../core/index.js';
import type { Lease, Nodes } from './balancer.js';
import { CountedMember, countedLease } from './counted-member.js';
import { TwoChoices } from './two-choices.js';

/** Options of {@link PowerOfTwoChoices}. */
export interface PowerOfTwoChoicesOptions {
  /** Draws the nodes, from 0 to 1. @defaultValue `systemRandom`, so that clients draw independently of each other */
  readonly random?: () => number;
}

/**
 * Two different nodes at random; of these the one that would have fewer requests in flight relative to its weight with one more,
 * the first that was drawn if they tie (Mitzenmacher 2001, "The Power of Two Choices in Randomized Load Balancing"). With n
 * requests on n nodes the fullest has about log log n instead of log n / log log n by one random choice.
 *
 * For most: nearly as even as the least of all nodes, and many balancers that know nothing of each other do not all choose
 * the same one. Not where order matters to the request, nor for weights under little load: of two idle nodes the heavier is
 * taken, so that the lightest of all gets nothing until others are busy.
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
    return countedLease(this.choose(), noMore);
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

function noMore(): void {}
