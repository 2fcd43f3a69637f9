import { systemRandom } from '../core/index.js';
import type { Lease, Nodes } from './balancer.js';
import { loadOf } from './load.js';
import { Members } from './members.js';
import { PlacedMember } from './placed-member.js';

/** Options of {@link LeastOutstanding}. */
export interface LeastOutstandingOptions {
  /**
   * Uniform in [0, 1); drawn before the first pick, for where to begin.
   *
   * @defaultValue that of the platform: clients that all began with the first node would surge onto it
   */
  readonly random?: () => number;
}

/**
 * The fewest requests in flight as one client of many sees it, which knows only of its own: of the nodes with the least load
 * the next one after the last pick, and the first pick is at random. Were that the first node of the list, all clients would
 * surge onto it, onto the second with their next request, and so on. Load is that of `LeastConnections`: what a node would
 * have with one more relative to its weight, but none while it is idle.
 *
 * For clients that send to nodes directly, and requests that take unequally long: it goes around a node that is slow, since
 * requests pile up there. Not where idle nodes are to be used by weight, nor for a node that fails quickly and so has little
 * in flight, unless it is ejected. A node that is added gets all that comes, from all clients that have requests in flight on
 * all others, until it has as much.
 *
 * O(log nodes), by a tree of minima in a typed array; the lease is all that is allocated. O(nodes) at the first pick after a
 * change of nodes, weights or availability.
 */
export class LeastOutstanding extends Members<PlacedMember> {
  readonly #random: () => number;
  #last = -1;
  /** Where the scan goes on. */
  #next = 0;
  #places: readonly PlacedMember[] = [];
  /** At i the least of the loads at 2 i and 2 i + 1; those of nodes are in the second half, in order. */
  #least = new Float64Array(0);

  /** @throws InvalidOptionError */
  constructor(nodes: Nodes = [], options: LeastOutstandingOptions = {}) {
    super();
    this.#random = options.random ?? systemRandom;
    this.addAll(nodes);
  }

  pick(): Lease {
    const active = this.active();
    const place = this.#find();
    const member = active[place]!;
    this.#next = place + 1 === active.length ? 0 : place + 1;
    this.#last = member.order;
    return member.lease();
  }

  /** @internal */
  protected member(node: string, order: number): PlacedMember {
    return new PlacedMember(node, order, this);
  }

  /** @internal */
  protected override changed(active: readonly PlacedMember[]): void {
    const { length } = active;
    this.#next =
      this.#last === -1
        ? Math.floor(this.#random() * length)
        : Math.max(
            0,
            active.findIndex(({ order }) => order > this.#last),
          );
    this.#places = active;
    let half = 1;
    while (half < length) half *= 2;
    const least = (this.#least = new Float64Array(2 * half).fill(Infinity));
    active.forEach((member, place) => {
      member.place = place;
      least[half + place] = loadOf(member);
    });
    for (let i = half - 1; i > 0; i--) least[i] = Math.min(least[2 * i]!, least[2 * i + 1]!);
  }

  /** The first place with the least load, from the next one on and around. */
  #find(): number {
    const least = this.#least;
    const half = least.length >> 1;
    let i = half + this.#next;
    while (least[i] !== least[1]) {
      while (i % 2 === 1) i >>= 1; // nothing up to the end of this subtree; to the right of the whole tree comes the root again
      i++;
    }
    while (i < half) {
      i *= 2;
      if (least[i] !== least[1]) i++;
    }
    return i - half;
  }

  /** @internal */
  loadChanged(member: PlacedMember): void {
    if (this.#places[member.place] !== member) return; // removed, or not available
    const least = this.#least;
    let i = (least.length >> 1) + member.place;
    least[i] = loadOf(member);
    for (i >>= 1; i > 0; i >>= 1) {
      const minimum = Math.min(least[2 * i]!, least[2 * i + 1]!);
      if (least[i] === minimum) return;
      least[i] = minimum;
    }
  }
}
