import { checkNumber, InvalidOptionError, isQuorateError, type QuorateError } from '../../core/index.js';
import { NoNodeError, type Balancer, type Lease } from '../balancer.js';
import { heardLease } from '../heard-lease.js';
import type { Group } from './group.js';
import { Grouped, isLease, type GroupedOptions } from './grouped.js';
import { refuseInside } from './layer-order.js';
import { PriorityLevels } from './priority-levels.js';

/** Options of {@link TwoLevels}. */
export interface TwoLevelsOptions<Context = void> extends GroupedOptions<Context> {
  /** Chooses the group. To be given without nodes: its nodes are the groups. */
  readonly groups: Balancer<Context>;
  /** The group of a node. Asked when it is added. */
  readonly groupOf: (node: string) => string;
  /**
   * The weight of a group, from 0. Asked when something of the group has changed.
   *
   * @defaultValue that of its available nodes together, so that nodes get what they would get without groups
   */
  readonly weightOf?: (group: string) => number;
}

/**
 * Chooses a group of nodes, then a node in it, each by a balancer of its own: racks, zones or versions by weight, and within
 * them by requests in flight, say. A request is one of the group, too, until it is done. A group can be picked while it has
 * nodes that are available and have a weight.
 *
 * When the group that was chosen has no node to give, since it is full or by `pickExcept`, another one is chosen among the
 * rest; for a balancer of groups that learns from requests, that was one that failed. `pickNode` is a request of the group,
 * too, and gives none where the balancer of groups gives none. Not for groups of which one should be used before another:
 * `PriorityLevels`, `PreferLocal`, `Backups`.
 *
 * Both picks; O(nodes of a group) at the first pick after it changed.
 */
export class TwoLevels<Context = void> extends Grouped<string, Context> {
  // Not in `inside`: its nodes are groups, and one may have the name of a node.
  readonly #groups: Balancer<Context>;
  readonly #groupOf: (node: string) => string;
  readonly #weightOf: ((group: string) => number) | undefined;
  /** What the balancer of groups must be told of. */
  readonly #stale = new Set<string>();

  /** @throws InvalidOptionError, LayerOrderError */
  constructor(options: TwoLevelsOptions<Context>) {
    const { make, groups, groupOf, weightOf } = options;
    super(make);
    if (groups.nodes.length > 0)
      throw new InvalidOptionError('groups', groups, 'a balancer without nodes, which gets the groups');
    if (typeof groupOf !== 'function') throw new InvalidOptionError('groupOf', groupOf, 'a function');
    const reason = 'in panic it chooses groups that have no node; put it around TwoLevels, with the levels of nodes';
    refuseInside(TwoLevels, groups, PriorityLevels, reason);
    this.#groups = groups;
    this.#groupOf = groupOf;
    this.#weightOf = weightOf;
  }

  /** Picks a group, and a node in it: a request of both. @throws NoNodeError, OverloadedError when nodes are full */
  pick(context: Context): Lease {
    this.#refresh();
    const closed: string[] = [];
    try {
      return this.#pickOpen(context, closed);
    } finally {
      for (const group of closed) this.#groups.setAvailable(group, true);
    }
  }

  /** A request for this node, if it is available, and of its group, if that gives one. */
  override pickNode(node: string): Lease | undefined {
    this.#refresh();
    const lease = super.pickNode(node);
    if (lease === undefined) return undefined;
    const group = this.#groups.pickNode(this.groupOfNode(node)!.key);
    if (group !== undefined) return both(group, lease);
    lease.done();
    return undefined;
  }

  /** @internal */
  protected keyOf(node: string): string {
    const group = this.#groupOf(node);
    if (typeof group !== 'string' || group === '') throw new InvalidOptionError(`group of ${node}`, group, 'a name');
    this.#givenWeight(group);
    return group;
  }

  /** @internal */
  protected changed({ key }: Group<string, Context>): void {
    this.#stale.add(key);
  }

  /** Closes groups that were chosen and have no node to give. */
  #pickOpen(context: Context, closed: string[]): Lease {
    let full: QuorateError | undefined;
    for (let group = this.#pickGroup(context); group !== undefined; group = this.#pickGroup(context)) {
      const found = this.attempt(this.group(group.node), context);
      if (isLease(found)) return both(group, found);
      full ??= found;
      group.done({ failed: true }); // lest it look quick
      if (closed.includes(group.node)) break; // it would come for ever
      closed.push(group.node);
      this.#groups.setAvailable(group.node, false);
    }
    throw full ?? new NoNodeError(this.nodes.length);
  }

  #pickGroup(context: Context): Lease | undefined {
    try {
      return this.#groups.pick(context);
    } catch (error) {
      if (isQuorateError(error, 'no-node')) return undefined;
      throw error;
    }
  }

  #refresh(): void {
    if (this.#stale.size === 0) return; // to clear a set allocates, even an empty one
    for (const key of this.#stale) {
      const group = this.group(key);
      if (group === undefined) this.#groups.remove(key);
      else {
        const { available, drains } = group;
        this.#groups.add(key, drains ? 0 : (this.#givenWeight(key) ?? group.availableWeight));
        this.#groups.setAvailable(key, available > 0 || drains);
      }
    }
    this.#stale.clear();
  }

  #givenWeight(group: string): number | undefined {
    const weight = this.#weightOf?.(group);
    const range = { min: 0, max: Number.MAX_VALUE, integer: false };
    return weight === undefined ? undefined : checkNumber(`weight of ${group}`, weight, range);
  }
}

/** A request of a group and of a node in it: `done` of one ends both. */
function both(group: Lease, lease: Lease): Lease {
  return heardLease(lease, group.done);
}
