import { checkNumber, InvalidOptionError } from '../../core/index.js';
import { checkNode, type Nodes } from '../consistent-hash.js';
import { FlowNetwork } from './flow.js';
import { movesBetween, type Move } from './move.js';
import type { ShardMap } from './shard-map.js';
import { MAX_REPLICAS } from './shard-map-json.js';
import { fairShares, zoneLimits } from './shares.js';

/** The greatest product of shards and nodes: some 60 bytes of memory each while a plan is made. */
const MAX_PLACES = 2 ** 22;

/** Options of {@link rebalance}. */
export interface RebalanceOptions {
  /**
   * How many replicas each shard shall have.
   *
   * @defaultValue as many as the shard with the most has now, so that no replica is given up unasked; 1 if there are none
   */
  readonly replicas?: number;
  /**
   * The zone of a node: what fails together. Each zone then has one replica of a shard before any has two.
   *
   * @defaultValue no zones
   */
  readonly zoneOf?: (node: string) => string;
}

/**
 * The moves from one map to another with the same shards; none for a mere change of order. O(shards).
 *
 * @throws InvalidOptionError when the shards differ
 */
export function planMoves(from: ShardMap, to: ShardMap): Move[] {
  if (!from.hasSameShards(to))
    throw new InvalidOptionError('to', to, 'a map with the same shards; split or merge first');
  return from.shards.flatMap(({ id, nodes }, i) => movesBetween(id, nodes, to.shards[i]!.nodes));
}

/**
 * The moves after which every node holds floor or ceil of its fair share of all replicas, the replicas of a shard are on
 * different nodes, and in different zones as far as there are zones. No plan for that copies fewer replicas. Nodes that
 * are not given, or have weight 0, are emptied; so this is also how the first nodes are chosen (on a map without any),
 * how a node is drained, and how the number of replicas changes. Equal inputs give equal plans everywhere, in whatever
 * order nodes come.
 *
 * The fair share is in proportion to the weight, but a node holds at most one replica of a shard, and a zone no more than
 * its part; what heavy ones cannot hold goes to the others by their weights.
 *
 * A minimum-cost flow from shards through zones to nodes; a kept replica costs nothing and a copy 1. About O(shards *
 * nodes) for each of a few rounds: 1024 shards and 100 nodes take some 40 ms, 16 384 and 100 half a second, with 60 bytes
 * for each pair. Does not look at the sizes or the load of shards, nor at which replica is the primary, nor at which nodes
 * have shards in common.
 *
 * @param nodes - names, or names with weights, at least as many with a weight as there are replicas
 * @throws InvalidOptionError
 */
export function rebalance(map: ShardMap, nodes: Nodes, options: RebalanceOptions = {}): Move[] {
  const present = Math.max(1, ...map.shards.map((shard) => shard.nodes.length));
  const replicas = checkNumber('replicas', options.replicas ?? present, { min: 1, max: MAX_REPLICAS });
  const places = placesOf(nodes, options.zoneOf);
  if (places.length < replicas)
    throw new InvalidOptionError('replicas', replicas, `at most ${places.length}, the number of nodes with a weight`);
  checkNumber('shards times nodes', map.shards.length * places.length, { min: 0, max: MAX_PLACES });
  const targets = new Placement(map, replicas, places).targets();
  return map.shards.flatMap(({ id, nodes: before }, i) => movesBetween(id, before, targets[i]!));
}

interface Place {
  readonly node: string;
  readonly weight: number;
  readonly zone: string;
}

/** The nodes that are to hold something, in ascending order. Without zones all are in one. */
function placesOf(nodes: Nodes, zoneOf: (node: string) => string = () => ''): Place[] {
  const weights = new Map(Array.from(nodes, checkNode));
  const names = [...weights.keys()].filter((name) => weights.get(name)! > 0).sort();
  return names.map((node) => ({ node, weight: weights.get(node)!, zone: zoneOf(node) }));
}

interface Zone {
  readonly places: readonly number[];
  readonly min: number;
  readonly max: number;
}

/** Which nodes hold which shards, as a flow: source, shards, shards in zones, nodes, sink. */
class Placement {
  readonly #map: ShardMap;
  readonly #replicas: number;
  readonly #places: readonly Place[];
  readonly #zones: readonly Zone[];
  /** More than all copies together: what must be is cheaper than what may be by this. */
  readonly #optional: number;
  readonly #network: FlowNetwork;

  constructor(map: ShardMap, replicas: number, places: readonly Place[]) {
    this.#map = map;
    this.#replicas = replicas;
    this.#places = places;
    this.#zones = zonesOf(places, replicas);
    this.#optional = map.shards.length * replicas + 1;
    const [shards, zones] = [map.shards.length, this.#zones.length];
    const edges = shards + 2 * shards * zones + shards * places.length + 2 * places.length;
    this.#network = new FlowNetwork(2 + shards + shards * zones + places.length, edges);
  }

  /** The nodes of each shard. */
  targets(): string[][] {
    const edges = this.#connect();
    const sent = this.#network.run(0, 1);
    // There is a fractional flow, the fair shares, so there is one in whole numbers.
    if (sent !== this.#map.shards.length * this.#replicas) throw new Error(`a plan for ${sent} replicas only`);
    return edges.map((ofShard, shard) => {
      const nodes = this.#places.filter((_, place) => this.#network.flow(ofShard[place]!) > 0).map(({ node }) => node);
      const first = shard % this.#replicas; // not always the same node before the others: the first is the primary
      return [...nodes.slice(first), ...nodes.slice(0, first)];
    });
  }

  /** Adds all edges. Returns, for each shard, those to the nodes. */
  #connect(): Int32Array[] {
    const { shards } = this.#map;
    const network = this.#network;
    const firstPool = 2 + shards.length;
    const firstPlace = firstPool + shards.length * this.#zones.length;
    this.#shares().forEach((share, place) => {
      const least = Math.floor(share);
      network.edge(firstPlace + place, 1, least, 0);
      network.edge(firstPlace + place, 1, Math.ceil(share) - least, this.#optional);
    });
    return shards.map(({ nodes }, shard) => {
      const edges = new Int32Array(this.#places.length);
      network.edge(0, 2 + shard, this.#replicas, 0);
      this.#zones.forEach(({ places, min, max }, zone) => {
        const pool = firstPool + shard * this.#zones.length + zone;
        if (min > 0) network.edge(2 + shard, pool, min, 0);
        if (max > min) network.edge(2 + shard, pool, max - min, this.#optional);
        for (const place of inTurn(places, shard)) {
          const copy = nodes.includes(this.#places[place]!.node) ? 0 : 1;
          edges[place] = network.edge(pool, firstPlace + place, 1, copy);
        }
      });
      return edges;
    });
  }

  /** How many replicas each node shall hold, as a fraction. */
  #shares(): number[] {
    const shards = this.#map.shards.length;
    const weightOf = (places: readonly number[]): number => places.reduce((sum, p) => sum + this.#places[p]!.weight, 0);
    const zoneShares = fairShares(
      shards * this.#replicas,
      this.#zones.map(({ places, min, max }) => ({ weight: weightOf(places), min: min * shards, max: max * shards })),
    );
    const shares: number[] = [];
    this.#zones.forEach(({ places }, zone) => {
      const claims = places.map((place) => ({ weight: this.#places[place]!.weight, min: 0, max: shards }));
      fairShares(zoneShares[zone]!, claims).forEach((share, i) => (shares[places[i]!] = share));
    });
    return shares;
  }
}

/**
 * In another order for each shard: among plans of equal cost the first edges win, and with one order for all, nodes would
 * have all their shards in common with the same few others, which then bear the load of one that fails.
 */
function inTurn(places: readonly number[], shard: number): number[] {
  const count = places.length;
  let step = 1 + (Math.floor(shard / count) % count);
  while (commonDivisor(step, count) > 1) step = (step + 1) % count;
  return places.map((_, i) => places[(shard + i * step) % count]!);
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}

function zonesOf(places: readonly Place[], replicas: number): Zone[] {
  const byName = new Map<string, number[]>();
  places.forEach(({ zone }, place) => {
    const inZone = byName.get(zone);
    if (inZone === undefined) byName.set(zone, [place]);
    else inZone.push(place);
  });
  const members = [...byName.values()];
  const limits = zoneLimits(
    replicas,
    members.map((inZone) => inZone.length),
  );
  return members.map((inZone, i) => ({ places: inZone, ...limits[i]! }));
}
