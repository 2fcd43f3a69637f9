import type { Lease } from './balancer.js';
import { Member } from './members.js';

/** A node whose leases are one and the same, since nothing is learned from their end. */
export class UncountedMember extends Member {
  readonly #lease: Lease;

  constructor(node: string, order: number) {
    super(node, order);
    this.#lease = Object.freeze({ node, done: () => {} });
  }

  lease(): Lease {
    return this.#lease;
  }
}
