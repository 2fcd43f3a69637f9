import type { Balancer } from '../../balancer.js';
import { Members } from '../../members.js';
import { withAllInside } from '../layer.js';

/**
 * Says whether a node drains: `pick` does not choose it any more, `pickNode` still gives it, so that it keeps its sessions and
 * gets no new ones; what a weight of 0 is for HAProxy. For layers it is as available as before. Of groups of nodes, one in which
 * all drain is passed over as if it were down.
 *
 * It ends when it is said so, or the node is removed, or moves to another group. O(balancers inside), and one rebuild of what
 * the strategy knows at the next pick. Not for a node that is down: `setAvailable`. Balancers that are none of this library's
 * are not told.
 *
 * @returns whether the node is there
 */
export function setDraining<Context>(balancer: Balancer<Context>, node: string, draining: boolean): boolean {
  let known = false;
  for (const inside of withAllInside(balancer))
    if (inside instanceof Members && inside.setDraining(node, draining)) known = true;
  return known;
}
