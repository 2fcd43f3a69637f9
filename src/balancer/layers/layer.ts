import { InvalidOptionError } from '../../core/index.js';
import type { Balancer, Lease } from '../balancer.js';

/** What a layer was told of a node. */
interface Told {
  weight: number;
  available: boolean;
}

/**
 * A balancer around another one: what it is told of nodes it passes on, less what it knows better. A node can be picked when
 * every layer allows it, and its weight is what was told times the factor of every layer; so layers know nothing of each other.
 * Nodes are added to the outermost one.
 *
 * The base of layers of one's own, too: override what is `protected`, and call `tell` when it says something else.
 *
 * @typeParam Context - as of the balancer inside
 */
export abstract class Layer<Context = void> implements Balancer<Context> {
  /** What chooses. */
  protected readonly inner: Balancer<Context>;
  /** Whether a node that this layer lets be picked again has been unwell meanwhile, not only full, or not wanted. @internal */
  readonly judgesHealth: boolean = false;
  /** Whether it remembers which node a request belongs to, of all that there are. @internal */
  readonly remembersNodes: boolean = false;
  readonly #told = new Map<string, Told>();

  /**
   * @param inner - without nodes yet, since no balancer says what it was told of these
   * @throws InvalidOptionError
   */
  constructor(inner: Balancer<Context>) {
    if (inner.nodes.length > 0)
      throw new InvalidOptionError('inner', inner, 'a balancer without nodes; add them to the outermost layer');
    this.inner = inner;
  }

  /** Whether this layer would let the node be picked. @defaultValue `true` */
  protected allows(_node: string): boolean {
    return true;
  }

  /** By what this layer multiplies the weight of the node, from 0. @defaultValue 1 */
  protected factor(_node: string): number {
    return 1;
  }

  /** A node has come. Its weight and whether it is available are told after that. */
  protected added(_node: string): void {}

  /** A node is gone. */
  protected removed(_node: string): void {}

  /** It was told that a node is available, or is not any more; it is passed on after that. */
  protected availabilityChanged(_node: string, _available: boolean): void {}

  /** Does what is due by now; called before each request. @internal */
  update(): void {}

  /** What is made of a lease before it is given out, for instance one whose end is heard of. */
  protected given(lease: Lease): Lease {
    return lease;
  }

  /** Whether a node is there. */
  protected has(node: string): boolean {
    return this.#told.has(node);
  }

  /** Whether a node is available and has a weight, as far as this layer was told. */
  protected wasToldAvailable(node: string): boolean {
    const told = this.#told.get(node);
    return told !== undefined && told.available && told.weight > 0;
  }

  /** Passes on what is so of a node by now. Of nodes that are not there nothing. */
  protected tell(node: string): void {
    const told = this.#told.get(node);
    if (told === undefined) return;
    this.inner.add(node, told.weight * this.factor(node));
    this.inner.setAvailable(node, told.available && this.allows(node));
  }

  get nodes(): readonly string[] {
    return [...this.#told.keys()];
  }

  /** The balancers directly inside. @internal */
  get inside(): readonly Balancer<Context>[] {
    return [this.inner];
  }

  add(node: string, weight = 1): void {
    const told = this.#told.get(node);
    if (told !== undefined) {
      this.inner.add(node, weight * this.factor(node)); // which refuses what is no weight
      told.weight = weight;
      return;
    }
    this.inner.add(node, weight);
    this.#told.set(node, { weight, available: true });
    this.added(node);
    this.tell(node);
  }

  remove(node: string): boolean {
    if (!this.#told.delete(node)) return false;
    this.inner.remove(node);
    this.removed(node);
    return true;
  }

  setAvailable(node: string, available: boolean): void {
    const told = this.#told.get(node);
    if (told === undefined || told.available === available) return;
    told.available = available;
    this.availabilityChanged(node, available);
    this.tell(node);
  }

  pick(context: Context): Lease {
    this.update();
    return this.given(this.inner.pick(context));
  }

  pickNode(node: string): Lease | undefined {
    this.update();
    const lease = this.inner.pickNode(node);
    return lease && this.given(lease);
  }
}

/** A balancer and all that are within it, from outside to inside. */
export function* withAllInside<Context>(balancer: Balancer<Context>): Generator<Balancer<Context>> {
  yield balancer;
  const inside = (balancer as Partial<Layer<Context>>).inside ?? [];
  for (const inner of inside) yield* withAllInside(inner);
}
