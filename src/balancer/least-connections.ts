import type { Lease, Nodes } from './balancer.js';
import { loadOf } from './load.js';
import { Members } from './members.js';
import { PlacedMember } from './placed-member.js';

class QueuedMember extends PlacedMember {
  /** When it was last given or freed a request, or added, as a count of such events. */
  turn = 0;
}

/**
 * Weighted least connections, as `leastconn` of HAProxy: the node that would have the fewest requests in flight, relative to
 * its weight, with one more; but idle nodes come first, whatever their weight. Of those that tie it is the one that was given
 * or freed a request longest ago, so that ties rotate. (HAProxy rounds what it compares.)
 *
 * For requests that take long, or unequally long, and one balancer that sees all of them. Not where many clients balance each
 * for itself: `LeastOutstanding`. Not where idle nodes are to be used by weight, as this is a round robin without weights
 * while fewer requests are in flight than there are nodes: `NginxLeastConnections`. A node that is added gets all that comes
 * until it has as much as the others, unless its weight grows slowly; one that fails quickly, too, unless it is ejected.
 *
 * O(log nodes), by a tournament of the nodes in typed arrays, of which the matches of one node are replayed; the lease is all
 * that is allocated. O(nodes) at the first pick after a change of nodes, weights or availability.
 */
export class LeastConnections extends Members<QueuedMember> {
  #turn = 0;
  #places: readonly QueuedMember[] = [];
  /** Of each place. */
  #loads = new Float64Array(0);
  #turns = new Float64Array(0);
  /** The place that wins among those at 2 i and 2 i + 1 is at i; the n places themselves are from n on. */
  #winners = new Uint32Array(0);

  /** @throws InvalidOptionError */
  constructor(nodes: Nodes = []) {
    super();
    this.addAll(nodes);
  }

  pick(): Lease {
    return this.active()[this.#winners[1]!]!.lease();
  }

  /** @internal */
  protected member(node: string, order: number): QueuedMember {
    const member = new QueuedMember(node, order, this);
    member.turn = ++this.#turn;
    return member;
  }

  /** @internal */
  protected override changed(active: readonly QueuedMember[]): void {
    const { length } = active;
    this.#places = active;
    this.#loads = Float64Array.from(active, loadOf);
    this.#turns = Float64Array.from(active, ({ turn }) => turn);
    const winners = (this.#winners = new Uint32Array(2 * length));
    active.forEach((member, place) => (member.place = winners[length + place] = place));
    for (let i = length - 1; i > 0; i--) {
      winners[i] = first(winners[2 * i]!, winners[2 * i + 1]!, this.#loads, this.#turns);
    }
  }

  /** @internal */
  loadChanged(member: QueuedMember): void {
    const { place } = member;
    member.turn = ++this.#turn;
    if (this.#places[place] !== member) return; // removed, or not available
    const winners = this.#winners;
    const [loads, turns] = [this.#loads, this.#turns];
    loads[place] = loadOf(member);
    turns[place] = member.turn;
    let winner = place;
    for (let i = loads.length + place; i > 1;) {
      winner = first(winner, winners[i ^ 1]!, loads, turns);
      i >>= 1;
      // When it neither was the winner nor is, the winner is who it was, and so are all above.
      if (winner !== place && winners[i] !== place) return;
      winners[i] = winner;
    }
  }
}

/** Which of two places comes first. Who that is cannot be foretold, and a wrong guess costs more than the rest: no branch. */
function first(a: number, b: number, loads: Float64Array, turns: Float64Array): number {
  const lead = loads[b]! - loads[a]! || turns[b]! - turns[a]!;
  return a ^ ((a ^ b) & -Number(lead < 0));
}
