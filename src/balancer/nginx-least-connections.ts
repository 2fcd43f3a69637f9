import type { Lease, Nodes } from './balancer.js';
import { CountedMember, countedLease } from './counted-member.js';
import { Members } from './members.js';

class SmoothMember extends CountedMember {
  /** What it is owed, in units of weight. */
  current = 0;
}

/**
 * The node with the fewest requests in flight relative to its weight, as `least_conn` of nginx chooses it. Among all that
 * tie a smooth weighted round robin: what each is owed grows by its weight, and who is owed most is picked and owes the sum of
 * their weights. With 5, 1 and 1, and requests that end at once: a a b a c a a.
 *
 * For requests that take long, or unequally long, and one balancer that sees all of them; also under little load nodes have
 * shares by weight, which `LeastConnections` does not give. Not where many clients balance each for itself (see
 * `LeastOutstanding`), nor for thousands of nodes.
 *
 * O(nodes); the lease is all that is allocated. When weights or availability change, nobody is owed or owes more than one
 * round, so that no node is left out, or gets all, for what was.
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
    return countedLease(ties > 1 ? smoothly(active, best) : best, noMore);
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

function noMore(): void {}
