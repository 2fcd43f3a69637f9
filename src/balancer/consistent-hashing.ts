import { checkNumber, InvalidOptionError, OverloadedError } from '../core/index.js';
import { HashRing, type ConsistentHash, type Key, type WeightedNode } from '../hashing/index.js';
import type { Balancer, Lease, Nodes } from './balancer.js';
import { heardLease } from './heard-lease.js';
import { Members } from './members.js';
import { RoundRobin } from './round-robin.js';
import { UncountedMember } from './uncounted-member.js';

/** Options of {@link ConsistentHashing}. */
export interface ConsistentHashingOptions<Context> {
  /**
   * What of a request is hashed: `uriKey`, `urlParameter`, `headerKey` and `cookieKey` make functions for it, `clientAddress`
   * has the source address. Undefined, or empty, when the request has none.
   */
  readonly key: (context: Context) => Key | undefined;
  /**
   * Makes the algorithm that says which nodes a key prefers.
   *
   * @defaultValue `(nodes) => new HashRing(nodes)`: O(1), any weights, and only keys of a node move when it comes or goes
   */
  readonly hash?: (nodes: readonly WeightedNode[]) => ConsistentHash;
  /**
   * How many requests a node may have at a time. One that has as many is passed over until one of them is done.
   *
   * @defaultValue none: requests are not counted
   */
  readonly maxInFlight?: number;
  /**
   * Chooses for requests without a key. To be given without nodes: it gets those of this one, and is told which are down or
   * full. It learns nothing of requests that have a key.
   *
   * @defaultValue a `RoundRobin`, which is what HAProxy does
   */
  readonly fallback?: Balancer<Context>;
}

/** What is known of a node. Requests are counted only under a limit. */
class HashedMember extends UncountedMember {
  inFlight = 0;
}

/**
 * The same node for the same key, by any consistent hash of `quorate/hashing`: for caches, sessions and whatever else is
 * better served where it was served before.
 *
 * A key whose node is down, has weight 0 or is full goes to the next node in its order of preference, and back as soon as it
 * can: a node that is not available keeps its place in the hash, so that no other keys move. When all that are available are
 * full, `pick` throws an `OverloadedError`.
 *
 * Weights go to the hash; one without weights refuses those other than 1 with an error of its own. With weight 0 a node keeps
 * a place of weight 1 that every key passes over. A weight so small that it gets no point on a ring is reached by keys for
 * which no other node is left, and by requests without a key.
 *
 * A lookup of the hash and O(1) while a key's first node can be picked; else of as many preferences as cannot, at worst of all.
 * Nothing is allocated without `maxInFlight`. Not to even out load: a key that everybody asks for is one node's, up to its
 * limit; `BoundedLoads` of `quorate/hashing` keeps nodes within a share instead.
 *
 * @typeParam Context - what the key is taken from
 */
export class ConsistentHashing<Context> extends Members<HashedMember, Context> {
  /** {@inheritDoc Balancer.weighting} */
  readonly weighting = 'placed';
  readonly #key: (context: Context) => Key | undefined;
  readonly #hash: ConsistentHash;
  readonly #maxInFlight: number;
  readonly #fallback: Balancer<Context>;
  readonly #byName = new Map<string, HashedMember>();

  /** @throws InvalidOptionError */
  constructor(nodes: Nodes, options: ConsistentHashingOptions<Context>) {
    super();
    const { key, hash = (list) => new HashRing(list), maxInFlight, fallback = new RoundRobin() } = options;
    if (typeof key !== 'function')
      throw new InvalidOptionError('key', key, 'a function that gives the key of a request');
    if (fallback.nodes.length > 0)
      throw new InvalidOptionError('fallback', fallback, 'a balancer without nodes, which gets those of this one');
    this.#key = key;
    this.#maxInFlight = maxInFlight === undefined ? Infinity : checkNumber('maxInFlight', maxInFlight, { min: 1 });
    this.#fallback = fallback;
    const list = Array.from(nodes, (node) => (typeof node === 'string' ? ([node, 1] as const) : node));
    // All at once, since some algorithms place by the order in which nodes come.
    this.#hash = hash(list.map(([node, weight]) => [node, placed(weight)]));
    this.addAll(list);
    if (this.#hash.nodes.length !== this.nodes.length)
      throw new InvalidOptionError('hash', hash, 'a function that makes an algorithm with the nodes that it is given');
  }

  /** {@inheritDoc Balancer.add} */
  override add(node: string, weight = 1): void {
    if (weight >= 0 && weight < Infinity) {
      const known = this.#byName.get(node);
      // What says nothing new would still have the hash lay itself out anew.
      if (known === undefined || placed(known.weight) !== placed(weight)) this.#hash.add(node, placed(weight));
      this.#fallback.add(node, weight);
    }
    super.add(node, weight); // which refuses what no hash can have
  }

  /** {@inheritDoc Balancer.remove} */
  override remove(node: string): boolean {
    this.#hash.remove(node);
    this.#fallback.remove(node);
    this.#byName.delete(node);
    return super.remove(node);
  }

  /** {@inheritDoc Balancer.setAvailable} */
  override setAvailable(node: string, available: boolean): void {
    super.setAvailable(node, available);
    const member = this.#byName.get(node);
    if (member !== undefined) this.#tellFallback(member);
  }

  /**
   * The node of the key, or the first that the key prefers and that can be picked; that of the fallback without a key.
   *
   * @throws NoNodeError, OverloadedError when all nodes that are available have `maxInFlight` requests
   */
  pick(context: Context): Lease {
    const key = this.#key(context);
    const member = key === undefined || key.length === 0 ? undefined : this.#preferred(key);
    if (member !== undefined) return this.#given(member);

    if (this.active().every(({ inFlight }) => inFlight >= this.#maxInFlight))
      throw new OverloadedError('every available node', this.#maxInFlight);
    const lease = this.#fallback.pick(context);
    return this.#given(this.#byName.get(lease.node)!, lease);
  }

  /** {@inheritDoc Balancer.pickNode} */
  override pickNode(node: string): Lease | undefined {
    const member = this.#usable(node);
    return member && this.#given(member);
  }

  /** @internal */
  protected member(node: string, order: number): HashedMember {
    const member = new HashedMember(node, order);
    this.#byName.set(node, member);
    return member;
  }

  /** The first node that a key prefers of those that can have it. */
  #preferred(key: Key): HashedMember | undefined {
    const first = this.#hash.get(key);
    const member = first === undefined ? undefined : this.#admitting(first);
    if (member !== undefined) return member;
    // Twice as many at a time, since fewer preferences are the beginning of more.
    for (let seen = 1, count = 2; ; seen = count, count *= 2) {
      const preferred = this.#hash.getN(key, count);
      for (let i = seen; i < preferred.length; i++) {
        const next = this.#admitting(preferred[i]!);
        if (next !== undefined) return next;
      }
      if (preferred.length < count) return undefined;
    }
  }

  /** One that can be given what does not ask for it. */
  #admitting(node: string): HashedMember | undefined {
    const member = this.#usable(node);
    return member !== undefined && member.weight > 0 ? member : undefined;
  }

  #usable(node: string): HashedMember | undefined {
    const member = this.#byName.get(node);
    return member?.available && member.inFlight < this.#maxInFlight ? member : undefined;
  }

  /** Counts a request, if there is a limit. */
  #given(member: HashedMember, lease = member.lease()): Lease {
    if (this.#maxInFlight === Infinity) return lease;
    member.inFlight++;
    if (member.inFlight === this.#maxInFlight) this.#tellFallback(member);
    return heardLease(lease, () => {
      member.inFlight--;
      if (member.inFlight === this.#maxInFlight - 1) this.#tellFallback(member);
    });
  }

  /** Whether a node can be given requests. Not of one that was removed, and may be there anew. */
  #tellFallback(member: HashedMember): void {
    const { node, available, inFlight } = member;
    if (this.#byName.get(node) === member) this.#fallback.setAvailable(node, available && inFlight < this.#maxInFlight);
  }
}

/** The weight of a node's place in the hash. Of nodes with none it is the same for all, whatever they had before. */
function placed(weight: number): number {
  return weight === 0 ? 1 : weight;
}
