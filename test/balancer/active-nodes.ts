import fc from 'fast-check';
import { events, type play } from './balancer-suite.js';

/** Many things that happen, a few thousand at most: what is carried over a change must survive many of them. */
export const longEvents = fc.array(events, { minLength: 5, maxLength: 40 }).map((lists) => lists.flat());

/** A node as a pick finds it. */
export interface ActiveNode {
  /** The name, and when it came: one that was removed and comes again is another. */
  readonly id: string;
  readonly node: string;
  readonly weight: number;
}

/** The nodes that could be picked at each pick, in the order in which they came, by a plain list: for naive twins. */
export function activeAtPicks(list: Parameters<typeof play>[1]): ActiveNode[][] {
  const nodes: { id: string; node: string; weight: number; available: boolean }[] = [];
  const found: ActiveNode[][] = [];
  list.forEach((event, time) => {
    if (event.type === 'pick')
      found.push(nodes.filter(({ weight, available }) => available && weight > 0).map((node) => ({ ...node })));
    if (event.type === 'pick' || event.type === 'done') return;
    const at = nodes.findIndex(({ node }) => node === event.node);
    const known = nodes[at];
    if (event.type === 'add' && known === undefined)
      nodes.push({ id: `${event.node} ${time}`, node: event.node, weight: event.weight, available: true });
    else if (event.type === 'add') known!.weight = event.weight;
    else if (event.type === 'setAvailable' && known !== undefined) known.available = event.available;
    else if (event.type === 'remove' && known !== undefined) nodes.splice(at, 1);
  });
  return found;
}

/** The next picks, as a string when names are letters. */
export function sequence(balancer: { pick(): { readonly node: string } }, count: number): string {
  return Array.from({ length: count }, () => balancer.pick().node).join('');
}

/** How often each node is among the next picks. */
export function tally(balancer: { pick(): { readonly node: string } }, count: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (let i = 0; i < count; i++) {
    const { node } = balancer.pick();
    counts.set(node, (counts.get(node) ?? 0) + 1);
  }
  return counts;
}

/** A thousand nodes of weights from 1 to 100, and how much that is together. */
export const thousand = Array.from({ length: 1000 }, (_, i) => [`n${i}`, 1 + ((i * 37) % 100)] as const);
export const thousandTotal = thousand.reduce((sum, [, weight]) => sum + weight, 0);
