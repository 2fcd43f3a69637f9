import type { Lease, Nodes } from './balancer.js';
import { CountedMember } from './counted-member.js';
import { Members } from './members.js';

class SmoothMember extends CountedMember {
  /** Its current weight. */
  current = 0;
}

/**
 * Weighted least connections, as `least_conn` of nginx: the node with the fewest requests in flight relative to its weight.
 * Those that tie take turns by smooth weighted round robin among just them: the current weight of each grows by its weight;
 * the one with the highest, the first of equals, is picked and loses the sum of their weights. With 5/1/1, and requests that
 * end at once, `aabacaa`.
 *
 * For requests that take long, or unequally long, and one balancer that sees all of them; with shares by weight also under
 * little load, which `LeastConnections` does not give. Not where many clients balance each for itself: `LeastOutstanding`.
 * Not for thousands of nodes. A node that is added gets all that comes until it has as much as the others; one that fails
 * quickly, too, unless it is ejected.
 *
 * O(nodes); the lease is all that is allocated. After changes of nodes, weights or availability no current weight is further
 * from 0 than the sum of all weights: no node gets, or waits for, more than about a round for what was before. (nginx begins
 * anew with each configuration.)
 */
export class NginxLeastConnections extends Members<SmoothMember> {
  /** @throws InvalidOptionError */
  constructor(nodes: Nodes = []) {
    super();
    this.addAll(nodes);
  }

  pick(): Lease {
    const active = this.active();
    let best = active[0]!;
    let ties = 0;
    for (const member of active) {
      const excess = member.inFlight * best.weight - best.inFlight * member.weight;
      if (excess < 0) {
        best = member;
        ties = 1;
      } else if (excess === 0) ties++;
    }
    return (ties > 1 ? smoothly(active, best) : best).lease();
  }

  /** @internal */
  protected member(node: string, order: number): SmoothMember {
    return new SmoothMember(node, order);
  }

  /** @internal */
  protected override changed(active: readonly SmoothMember[]): void {
    const total = active.reduce((sum, { weight }) => sum + weight, 0);
    for (const member of active) member.current = Math.max(-total, Math.min(member.current, total));
  }
}

/** The next of those that tie with one, itself among them. */
function smoothly(active: readonly SmoothMember[], { inFlight, weight }: SmoothMember): SmoothMember {
  let total = 0;
  let best: SmoothMember | undefined;
  for (const member of active) {
    if (member.inFlight * weight !== inFlight * member.weight) continue;
    total += member.weight;
    member.current += member.weight;
    if (best === undefined || member.current > best.current) best = member;
  }
  best!.current -= total;
  return best!;
}
