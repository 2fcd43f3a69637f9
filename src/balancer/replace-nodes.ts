import type { Balancer, Nodes } from './balancer.js';

/**
 * Makes these the nodes of a balancer: adds who is new, changes weights, and removes who is missing. Those that stay keep their
 * place, and what is known of them. For lists that come from a discovery as a whole, of anything that has nodes: `HealthChecks`,
 * too. `followEndpoints` of `quorate/balancer/layers` does it with each list of a source.
 *
 * @throws InvalidOptionError as `add` does; what came before the wrong node is then done
 */
export function replaceNodes(balancer: Pick<Balancer, 'nodes' | 'add' | 'remove'>, nodes: Nodes): void {
  const wanted = new Map(Array.from(nodes, (node) => (typeof node === 'string' ? ([node, 1] as const) : node)));
  for (const [node, weight] of wanted) balancer.add(node, weight);
  for (const node of balancer.nodes) if (!wanted.has(node)) balancer.remove(node);
}
