import { InvalidOptionError, isQuorateError, type QuorateError } from '../../core/index.js';
import { NoNodeError, type Balancer, type Lease } from '../balancer.js';
import { Group } from './group.js';
import { LayerOrderError } from './layer-order.js';
import { withAllInside, type Layer } from './layer.js';

/** Options of all that divide nodes into groups. */
export interface GroupedOptions<Context> {
  /**
   * Makes the balancer of a group, without nodes, when the first node of the group comes; with the last it is dropped. Called
   * once more at construction, to look at what it makes. What it makes must need no `close`.
   */
  readonly make: () => Balancer<Context>;
}

/**
 * What layers share that divide nodes into groups, each with a balancer of its own: which node is in which, what was told of
 * it, and how many of a group can be picked. Around it, it is a balancer like any other.
 */
export abstract class Grouped<Key, Context> implements Balancer<Context> {
  readonly #make: () => Balancer<Context>;
  /** Stands for those of groups while there are none. */
  readonly #sample: Balancer<Context>;
  readonly #groups = new Map<Key, Group<Key, Context>>();
  /** In the order in which nodes came. */
  readonly #groupOf = new Map<string, Group<Key, Context>>();

  constructor(make: () => Balancer<Context>) {
    this.#make = make;
    this.#sample = this.#made();
    for (const inside of withAllInside(this.#sample)) {
      const { judgesHealth, remembersNodes } = inside as Partial<Layer>;
      const { name } = new.target;
      if (judgesHealth)
        throw new LayerOrderError(
          name,
          inside.constructor.name,
          `what it takes out is not counted; put it around ${name}`,
        );
      if (remembersNodes)
        throw new LayerOrderError(
          name,
          inside.constructor.name,
          `it is asked for one group only; put it around ${name}`,
        );
    }
  }

  /** Chooses a group, and in it a node for a request. @throws NoNodeError, or an error that nodes are full */
  abstract pick(context: Context): Lease;
  /** The group of a node. @throws InvalidOptionError if it is none @internal */
  protected abstract keyOf(node: string): Key;
  /** Nodes of a group, their weights, or which of them are available have changed. An empty one is gone. @internal */
  protected abstract changed(group: Group<Key, Context>): void;

  /** In the order in which the first nodes of each came. @internal */
  protected get groups(): Iterable<Group<Key, Context>> {
    return this.#groups.values();
  }

  /** @internal */
  protected group(key: Key): Group<Key, Context> | undefined {
    return this.#groups.get(key);
  }

  /** @internal */
  protected groupOfNode(node: string): Group<Key, Context> | undefined {
    return this.#groupOf.get(node);
  }

  /** A request for a node of this group; or that it is full; or undefined when none can be picked. @internal */
  protected attempt(group: Group<Key, Context> | undefined, context: Context): Lease | QuorateError | undefined {
    if (group === undefined || (group.available === 0 && !group.panics)) return undefined;
    try {
      return group.balancer.pick(context);
    } catch (error) {
      if (isQuorateError(error, 'no-node')) return undefined;
      if (isQuorateError(error, 'overloaded')) return error;
      throw error;
    }
  }

  /**
   * A request for a node of the first group that has one.
   *
   * @throws NoNodeError, or that one is full if one is
   * @internal
   */
  protected firstOf(groups: Iterable<Group<Key, Context> | undefined>, context: Context): Lease {
    let full: QuorateError | undefined;
    for (const group of groups) {
      const found = this.attempt(group, context);
      if (isLease(found)) return found;
      full ??= found;
    }
    throw full ?? new NoNodeError(this.#groupOf.size);
  }

  get nodes(): readonly string[] {
    return [...this.#groupOf.keys()];
  }

  /** The balancers directly inside. @internal */
  get inside(): readonly Balancer<Context>[] {
    return [this.#sample, ...Array.from(this.#groups.values(), ({ balancer }) => balancer)];
  }

  /**
   * Adds a node, or changes its weight. Which group it is in is asked each time: it moves when the answer has changed.
   *
   * @param weight - its share relative to others: any number from 0, which gives it none. @defaultValue 1
   * @throws InvalidOptionError
   */
  add(node: string, weight = 1): void {
    const key = this.keyOf(node);
    const before = this.#groupOf.get(node);
    const group = this.#groups.get(key) ?? new Group(key, this.#made());
    group.add(node, weight, before?.isAvailable(node) ?? true);
    this.#groups.set(key, group);
    this.#groupOf.set(node, group);
    if (before !== undefined && before !== group) this.#leave(before, node);
    this.changed(group);
  }

  remove(node: string): boolean {
    const group = this.#groupOf.get(node);
    if (group === undefined) return false;
    this.#groupOf.delete(node);
    this.#leave(group, node);
    return true;
  }

  setAvailable(node: string, available: boolean): void {
    const group = this.#groupOf.get(node);
    if (group?.setAvailable(node, available)) this.changed(group);
  }

  /** A request for this node, if it is available, whatever group it is in, also with a weight of 0. */
  pickNode(node: string): Lease | undefined {
    const group = this.#groupOf.get(node);
    return group?.isAvailable(node) ? group.balancer.pickNode(node) : undefined;
  }

  #leave(group: Group<Key, Context>, node: string): void {
    group.remove(node);
    if (group.empty) this.#groups.delete(group.key);
    this.changed(group);
  }

  #made(): Balancer<Context> {
    if (typeof this.#make !== 'function') throw new InvalidOptionError('make', this.#make, 'a function');
    const balancer = this.#make();
    if (balancer.nodes.length > 0)
      throw new InvalidOptionError(
        'make',
        this.#make,
        'a function that makes a balancer without nodes, each time another',
      );
    return balancer;
  }
}

/** Whether something that was found is a request. */
export function isLease(found: Lease | Error | undefined): found is Lease {
  return found !== undefined && 'done' in found;
}
