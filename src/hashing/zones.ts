import { checkNumber } from '../core/index.js';
import type { ConsistentHash } from './consistent-hash.js';
import type { Key } from './key.js';

/**
 * Where a node is: the name of its zone, or the names from the widest to the narrowest (region, zone, rack). Nodes for
 * which it gives the same are in one zone. Must give the same for a node in every process.
 */
export type ZoneOf = (node: string) => string | readonly string[];

/**
 * The nodes of a key in order of preference, each zone once before any twice, each twice before any thrice: replicas, and
 * the members of quorums, that do not fail together. The first is that of `hash.get`. With nested zones this holds for
 * regions, within the nodes of a region for its zones, and so on.
 *
 * When a node goes, the nodes of other zones keep their order among each other, as far as they do in `hash.getN`; so only
 * its zone chooses anew. Cassandra's NetworkTopologyStrategy takes the racks of a datacenter so.
 *
 * O(nodes log nodes) and the cost of `getN` for all nodes. Not for the one node of a key, nor in a loop that places
 * millions of keys: let a `ShardMap` of `quorate/hashing/sharding` place buckets, with balance besides.
 *
 * @param count - how many nodes; fewer are given when there are fewer
 * @throws InvalidOptionError for a count that is no whole number
 */
export function spreadOverZones(hash: ConsistentHash, key: Key, count: number, zoneOf: ZoneOf): string[] {
  checkNumber('count', count, { min: 0 });
  const nodes = hash.getN(key, hash.nodes.length).map((name, position) => {
    const zone = zoneOf(name);
    return { name, position, path: typeof zone === 'string' ? [zone] : zone };
  });
  return spread(nodes, 0)
    .slice(0, count)
    .map(({ name }) => name);
}

interface PlacedNode {
  readonly name: string;
  /** In the order of preference. */
  readonly position: number;
  readonly path: readonly string[];
}

/** The first of each zone at this depth in order of preference, then the second of each, and so on. */
function spread(nodes: readonly PlacedNode[], depth: number): PlacedNode[] {
  const zones = new Map<string | undefined, PlacedNode[]>();
  for (const node of nodes) {
    const zone = node.path[depth];
    const inZone = zones.get(zone);
    if (inZone === undefined) zones.set(zone, [node]);
    else inZone.push(node);
  }
  if (zones.size === 1 && nodes.every(({ path }) => path.length <= depth)) return [...nodes];
  const ranked = Array.from(zones.values(), (inZone) => spread(inZone, depth + 1)).flatMap((inZone) =>
    inZone.map((node, rank) => ({ node, rank })),
  );
  return ranked.sort((a, b) => a.rank - b.rank || a.node.position - b.node.position).map(({ node }) => node);
}
