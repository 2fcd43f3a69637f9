import { checkNumber, InvalidOptionError, systemRandom } from '../../core/index.js';
import type { Lease } from '../balancer.js';
import type { Group } from './group.js';
import { Grouped, isLease, type GroupedOptions } from './grouped.js';
import { checkOverprovisioning } from './priority-loads.js';

/** Options of {@link PreferLocal}. */
export interface PreferLocalOptions<Context = void> extends GroupedOptions<Context> {
  /** One's own zone. */
  readonly zone: string;
  /** The zone of a node. Asked when it is added. */
  readonly zoneOf: (node: string) => string;
  /**
   * How much more a zone can take than its own requests, as a factor from 1: nothing leaves it while at least
   * 1 / `overprovisioning` of it is available.
   *
   * @defaultValue 1.4, as Envoy has it between priority levels
   */
  readonly overprovisioning?: number;
  /**
   * What part of all clients is in one's own zone, from 0 to 1: so that no zone gets more than its nodes can take since it has
   * more clients than others.
   *
   * @defaultValue none: each zone can take the requests of its own clients
   */
  readonly localShareOfClients?: number;
  /** Uniform in [0, 1); drawn once a pick. @defaultValue that of the platform; a seeded one for tests */
  readonly random?: () => number;
}

/**
 * Prefers nodes of one's own zone, which are near and to which traffic is cheap, while it has enough that are available. In the
 * zone stays this part of requests, and the rest goes to the other zones in proportion to the weights of what is available
 * there:
 *
 *     min(1, overprovisioning * available nodes of the zone / its nodes,
 *            weight available in the zone / weight available anywhere / localShareOfClients)
 *
 * The first is what Envoy does between priority levels; the other one, with `localShareOfClients`, its zone aware routing. All
 * is local where no other zone has a node, and nothing where the own one has none. So of 4 local nodes 3 are enough for all, 2
 * keep 70 % and one 35 %. With a quarter of all nodes and half of all clients, half of the requests stay.
 *
 * Nodes of weight 0 are not counted. When the zone that was drawn has no node to give, since it is full or by `pickExcept`, the
 * local one is tried, then the others, drawn by weight. There is no panic. Not where a zone has very few nodes, as one that
 * is down is then much of it: `PriorityLevels` with what is local as level 0 panics, and counts in whole percent.
 *
 * One draw, a walk through the zones, and the pick of the zone. O(nodes) at the first pick after a change.
 */
export class PreferLocal<Context = void> extends Grouped<string, Context> {
  readonly #zone: string;
  readonly #zoneOf: (node: string) => string;
  readonly #overprovisioning: number;
  readonly #localShareOfClients: number;
  readonly #random: () => number;
  #stale = true;
  #localShare = 0;
  /** With the weights that are available there. */
  #others = new Map<Group<string, Context>, number>();

  /** @throws InvalidOptionError, LayerOrderError */
  constructor(options: PreferLocalOptions<Context>) {
    const { make, zone, zoneOf, overprovisioning, localShareOfClients = 0, random = systemRandom } = options;
    super(make);
    if (typeof zone !== 'string') throw new InvalidOptionError('zone', zone, 'a name');
    if (typeof zoneOf !== 'function') throw new InvalidOptionError('zoneOf', zoneOf, 'a function');
    this.#zone = zone;
    this.#zoneOf = zoneOf;
    this.#overprovisioning = checkOverprovisioning(overprovisioning);
    const range = { min: 0, max: 1, integer: false };
    this.#localShareOfClients = checkNumber('localShareOfClients', localShareOfClients, range);
    this.#random = random;
  }

  /** What part of requests stays in one's own zone, from 0 to 1. */
  get localShare(): number {
    this.#refresh();
    return this.#localShare;
  }

  /** Draws a zone, and picks in it. @throws NoNodeError, OverloadedError when nodes are full */
  pick(context: Context): Lease {
    this.#refresh();
    const drawn = this.#random();
    const share = this.#localShare;
    const zone = drawn < share ? this.group(this.#zone) : byWeight(this.#others, (drawn - share) / (1 - share));
    const found = this.attempt(zone, context);
    return isLease(found) ? found : this.firstOf(this.#inTurn(), context);
  }

  /** @internal */
  protected keyOf(node: string): string {
    const zone = this.#zoneOf(node);
    if (typeof zone !== 'string') throw new InvalidOptionError(`zone of ${node}`, zone, 'a name');
    return zone;
  }

  /** @internal */
  protected changed(): void {
    this.#stale = true;
  }

  #refresh(): void {
    if (!this.#stale) return;
    this.#stale = false;
    this.#others = new Map();
    for (const group of this.groups)
      if (group.key !== this.#zone && group.available > 0) this.#others.set(group, group.availableWeight);
    this.#localShare = this.#localShareOf(this.group(this.#zone));
  }

  #localShareOf(local: Group<string, Context> | undefined): number {
    if (local === undefined || local.available === 0) return 0;
    if (this.#others.size === 0) return 1;
    const weight = local.availableWeight;
    let total = weight;
    for (const other of this.#others.values()) total += other;
    const healthy = (this.#overprovisioning * local.available) / local.hosts;
    // Without a share of clients the last one is infinite.
    return Math.min(1, healthy, weight / total / this.#localShareOfClients);
  }

  /** The local zone, then others as they are drawn. */
  *#inTurn(): Generator<Group<string, Context> | undefined> {
    yield this.group(this.#zone);
    const left = new Map(this.#others);
    while (left.size > 0) {
      const zone = byWeight(left, this.#random())!;
      left.delete(zone);
      yield zone;
    }
  }
}

/** Who is at a place from 0 to 1 when each is as wide as its weight; of those with a weight. */
function byWeight<T>(weights: ReadonlyMap<T, number>, place: number): T | undefined {
  let total = 0;
  for (const weight of weights.values()) total += weight;
  let at = place * total;
  let last: T | undefined;
  for (const [item, weight] of weights) {
    last = item;
    at -= weight;
    if (at < 0) return item;
  }
  return last; // by rounding
}
