import { InvalidOptionError } from '../core/index.js';
import { NoNodeError, type Balancer, type Lease, type Nodes } from './balancer.js';

/** A node of a balancer. Strategies add what they know of it. */
export abstract class Member {
  readonly node: string;
  /** Grows from node to node in the order in which they were added. */
  readonly order: number;
  weight = 1;
  available = true;

  constructor(node: string, order: number) {
    this.node = node;
    this.order = order;
  }

  /** Is given a request. */
  abstract lease(): Lease;
}

/**
 * What all strategies share: the nodes, and which of them can be picked. That list is made at the first pick after a change,
 * so that many changes cost no more than one, and calls that say what is already so cost nothing: tables are built for
 * changes, not for each health check.
 */
export abstract class Members<M extends Member, Context = void> implements Balancer<Context> {
  readonly #members = new Map<string, M>();
  #added = 0;
  #active: readonly M[] | undefined;

  /** Chooses a node for a request. @throws NoNodeError when no node is available that has a weight */
  abstract pick(context: Context): Lease;
  /** What the strategy knows of a new node. @internal */
  protected abstract member(node: string, order: number): M;
  /** Which nodes can be picked, or their weights, have changed; at least one can. @internal */
  protected changed(_active: readonly M[]): void {}

  /** For constructors, once all options are set. @internal */
  protected addAll(nodes: Nodes): void {
    for (const node of nodes) {
      if (typeof node === 'string') this.add(node);
      else this.add(...node);
    }
  }

  pickNode(node: string): Lease | undefined {
    const member = this.memberOf(node);
    return member?.available ? member.lease() : undefined;
  }

  /** @internal */
  memberOf(node: string): M | undefined {
    return this.#members.get(node);
  }

  /** The nodes that can be picked, in the order in which they were added. @throws NoNodeError @internal */
  protected active(): readonly M[] {
    return this.#active ?? this.#activate();
  }

  /** All, also those that cannot be picked. @internal */
  protected members(): Iterable<M> {
    return this.#members.values();
  }

  #activate(): readonly M[] {
    const active = Array.from(this.#members.values()).filter(({ available, weight }) => available && weight > 0);
    if (active.length === 0) throw new NoNodeError(this.#members.size);
    this.changed(active);
    return (this.#active = active);
  }

  get nodes(): readonly string[] {
    return [...this.#members.keys()];
  }

  add(node: string, weight = 1): void {
    if (typeof node !== 'string' || node === '') throw new InvalidOptionError('node', node, 'a name');
    if (!(weight >= 0 && weight < Infinity))
      throw new InvalidOptionError(`weight of ${node}`, weight, 'a number from 0');
    const known = this.#members.get(node);
    if (known?.weight === weight) return;
    const member = known ?? this.member(node, this.#added++);
    member.weight = weight;
    this.#members.set(node, member);
    this.#active = undefined;
  }

  remove(node: string): boolean {
    if (!this.#members.delete(node)) return false;
    this.#active = undefined;
    return true;
  }

  setAvailable(node: string, available: boolean): void {
    const member = this.#members.get(node);
    if (member === undefined || member.available === available) return;
    member.available = available;
    this.#active = undefined;
  }
}
