import type { Balancer, Lease } from '../balancer.js';
import { Members, type Member } from '../members.js';
import { withAllInside, type Layer } from './layer.js';

/**
 * Picks a node that is none of these, for a request that failed there: as if they were not available, for this pick only. Slow
 * start and ejection do not see that, and hashing goes on to the next preferred node. O(nodes), so not for each request.
 *
 * @throws NoNodeError when no other can be picked
 */
export function pickExcept<Context>(balancer: Balancer<Context>, context: Context, except: Iterable<string>): Lease {
  const within = [...withAllInside(balancer)];
  // Layers do what is due first, for instance take back who was ejected: done in the pick, that would open what is closed now.
  for (const inside of within) (inside as Partial<Layer>).update?.();
  const closed: [Balancer<Context>, string][] = [];
  for (const inside of within) {
    if (!(inside instanceof Members)) continue;
    for (const node of except)
      if ((inside as Members<Member, Context>).memberOf(node)?.available) closed.push([inside, node]);
  }
  for (const [strategy, node] of closed) strategy.setAvailable(node, false);
  try {
    return balancer.pick(context);
  } finally {
    for (const [strategy, node] of closed) strategy.setAvailable(node, true);
  }
}
