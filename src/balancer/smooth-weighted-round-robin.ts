import type { Lease, Nodes } from './balancer.js';
import { Members } from './members.js';
import { UncountedMember } from './uncounted-member.js';

/**
 * Smooth weighted round robin, as nginx has it: at each pick the current weight of every node grows by its weight; the node
 * with the highest, the first of equals, is picked and loses the total of all weights. 5/1/1 gives `aabacaa`, 4/3/2 gives
 * `abcabacba`.
 *
 * For few nodes of different size: a heavy node's picks lie as far apart as they can. Not for thousands of nodes, nor where
 * many clients make few requests each, since all begin with the heaviest: `EarliestDeadlineFirst`. Not where some requests
 * take far longer than others: `LeastConnections`.
 *
 * O(nodes), nothing is allocated. The current weights always have a sum of zero, so that no node can be ahead or behind by
 * much: one that leaves leaves its part to all in proportion to weight, in either direction, and one that comes, or comes
 * back, begins at zero. A node that stays keeps its part, counted in picks, whatever becomes of the weights. (The rule for
 * who joins and who leaves of Stoica & Abdel-Wahab 1995, "Earliest Eligible Virtual Deadline First". nginx begins anew.)
 * Exact for whole weights.
 */
export class SmoothWeightedRoundRobin extends Members<UncountedMember> {
  #nodes: readonly UncountedMember[] = [];
  #weights = new Float64Array(0);
  #currents = new Float64Array(0);
  #total = 1;

  /** @throws InvalidOptionError */
  constructor(nodes: Nodes = []) {
    super();
    this.addAll(nodes);
  }

  pick(): Lease {
    const active = this.active();
    const weights = this.#weights;
    const currents = this.#currents;
    let picked = 0;
    let highest = -Infinity;
    for (let i = 0; i < weights.length; i++) {
      const current = currents[i]! + weights[i]!;
      currents[i] = current;
      if (current > highest) {
        highest = current;
        picked = i;
      }
    }
    currents[picked] = highest - this.#total;
    return active[picked]!.lease();
  }

  /** @internal */
  protected member(node: string, order: number): UncountedMember {
    return new UncountedMember(node, order);
  }

  /** @internal */
  protected override changed(active: readonly UncountedMember[]): void {
    const before = new Map(this.#nodes.map((member, i) => [member, this.#currents[i]! / this.#total]));
    const weights = Float64Array.from(active, ({ weight }) => weight);
    const total = sum(weights);
    const currents = Float64Array.from(active, (member) => (before.get(member) ?? 0) * total);
    const left = sum(currents) / total;
    this.#currents = currents.map((current, i) => current - left * weights[i]!);
    this.#nodes = active;
    this.#weights = weights;
    this.#total = total;
  }
}

function sum(numbers: Float64Array): number {
  return numbers.reduce((a, b) => a + b, 0);
}
