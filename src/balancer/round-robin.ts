import type { Lease, Nodes } from './balancer.js';
import type { Member } from './members.js';
import { Members } from './members.js';
import { UncountedMember } from './uncounted-member.js';

/** Options of {@link RoundRobin}. */
export interface RoundRobinOptions {
  /**
   * Draws where to begin, from 0 to 1: so that clients that make few requests each do not all begin with the same node.
   *
   * @defaultValue none: at the first node
   */
  readonly random?: () => number;
}

/**
 * One node after the other, in the order in which they were added. Weights other than 0 make no difference.
 *
 * For equal nodes and requests that cost about the same. Not where some requests take far longer than others: they pile up
 * on whom they meet, where `LeastOutstanding` and `PowerOfTwoChoices` go around it.
 *
 * O(1), nothing is allocated. When nodes come and go it goes on behind the one that was picked last.
 */
export class RoundRobin extends Members<UncountedMember> {
  /** {@inheritDoc Balancer.weighting} */
  readonly weighting = 'ignored';
  readonly #random: (() => number) | undefined;
  #last = -1;
  #next = 0;

  /** @throws InvalidOptionError */
  constructor(nodes: Nodes = [], options: RoundRobinOptions = {}) {
    super();
    this.#random = options.random;
    this.addAll(nodes);
  }

  pick(): Lease {
    const active = this.active();
    const member = active[this.#next]!;
    this.#next = this.#next + 1 === active.length ? 0 : this.#next + 1;
    this.#last = member.order;
    return member.lease();
  }

  /** @internal */
  protected member(node: string, order: number): UncountedMember {
    return new UncountedMember(node, order);
  }

  /** @internal */
  protected override changed(active: readonly Member[]): void {
    if (this.#last === -1 && this.#random !== undefined) this.#next = Math.floor(this.#random() * active.length);
    else
      this.#next = Math.max(
        0,
        active.findIndex(({ order }) => order > this.#last),
      );
  }
}
