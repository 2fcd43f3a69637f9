import { checkNumber } from '../core/index.js';

/** Options of {@link deterministicAperture}. */
export interface ApertureOptions {
  /** Which of the clients this one is, from 0: each number once. */
  readonly client: number;
  /** How many clients there are. */
  readonly clients: number;
  /**
   * How many nodes a client uses at least, as far as there are so many.
   *
   * @defaultValue 12, as in Finagle: enough for a choice, and for the loss of some
   */
  readonly minNodes?: number;
}

/**
 * A part of a large fleet for one of its clients, chosen such that all clients together load all nodes equally (the
 * deterministic aperture of Finagle): instead of c n connections there are about c `minNodes`. Clients and nodes lie on a circle,
 * each with an equal arc; a client uses those nodes that an arc of its own covers, each with the part of it that is covered as
 * its weight. That arc is a whole number of client arcs, so that every place of the circle is covered by as many.
 *
 * For any balancer with weights. Not for few nodes, where each client can use all; nor where clients make unequally many
 * requests: their nodes then have unequal loads. When a node or client comes or goes, most arcs move a little, so connections
 * change at the edges of all apertures. O(nodes log nodes).
 *
 * @param nodes - the same for all clients, in any order
 * @returns nodes with their weights, above 0 and at most 1, for `add` of a balancer; see {@link replaceNodes}
 * @throws InvalidOptionError
 */
export function deterministicAperture(
  nodes: Iterable<string>,
  options: ApertureOptions,
): [node: string, weight: number][] {
  const { client, clients, minNodes = 12 } = options;
  checkNumber('clients', clients, { min: 1 });
  checkNumber('client', client, { min: 0, max: clients - 1 });
  checkNumber('minNodes', minNodes, { min: 1 });
  const all = [...new Set(nodes)].sort();
  const count = all.length;
  const weights = new Map<string, number>();
  // In units of 1 / (clients x nodes) of the circle all arcs are whole numbers, so that nothing is rounded before the end.
  const arcs = count === 0 ? 0 : Math.min(clients, Math.ceil((minNodes * clients) / count));
  const from = client * count;
  const to = from + arcs * count;
  for (let at = Math.floor(from / clients); at * clients < to; at++) {
    const node = all[at % count]!;
    const covered = Math.min(to, (at + 1) * clients) - Math.max(from, at * clients);
    weights.set(node, (weights.get(node) ?? 0) + covered / clients); // the first may be the last as well
  }
  return [...weights];
}
