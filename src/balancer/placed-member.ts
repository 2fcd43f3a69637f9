import type { Lease } from './balancer.js';
import { CountedMember } from './counted-member.js';

/** Keeps nodes in an order by load. */
export interface ByLoad {
  /** A node has one request more or fewer. */
  loadChanged(member: PlacedMember): void;
}

/** A node with a place among those that can be picked, which changes with its load. */
export class PlacedMember extends CountedMember {
  /** Its number among those that can be picked; may be out of date for others. */
  place = 0;
  readonly #byLoad: ByLoad;

  constructor(node: string, order: number, byLoad: ByLoad) {
    super(node, order);
    this.#byLoad = byLoad;
  }

  override lease(): Lease {
    const lease = super.lease();
    this.#byLoad.loadChanged(this);
    return lease;
  }

  override ended(): void {
    this.#byLoad.loadChanged(this);
  }
}
