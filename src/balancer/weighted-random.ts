import { systemRandom } from '../core/index.js';
import type { Lease, Nodes } from './balancer.js';
import { Members } from './members.js';
import { UncountedMember } from './uncounted-member.js';

/** Options of {@link WeightedRandom}. */
export interface WeightedRandomOptions {
  /** Uniform in [0, 1). @defaultValue that of the platform; a seeded one for tests */
  readonly random?: () => number;
}

/**
 * Any node, with a chance in proportion to its weight, by the alias method (Walker 1977; Vose 1991, "A Linear Algorithm For
 * Generating Random Numbers With a Given Distribution").
 *
 * For many clients, or clients that come and go, of nodes of different size: like `Random`, they need not know of one
 * another. Not for one client that has few nodes: what a node gets of n requests is away from its share by about the square
 * root of that; `SmoothWeightedRoundRobin` is never away by more than a few.
 *
 * O(1), nothing is allocated, one number drawn a pick, whose finer part decides between two nodes: at 32 bits and 1,000 nodes
 * chances are right to one of four million. The first pick after a change takes O(nodes).
 */
export class WeightedRandom extends Members<UncountedMember> {
  readonly #random: () => number;
  /** Each node has a column of height 1, of which it keeps this much, */
  #keeps = new Float64Array(0);
  /** and the rest is this node's. */
  #others = new Int32Array(0);

  /** @throws InvalidOptionError */
  constructor(nodes: Nodes = [], options: WeightedRandomOptions = {}) {
    super();
    this.#random = options.random ?? systemRandom;
    this.addAll(nodes);
  }

  pick(): Lease {
    const active = this.active();
    const drawn = this.#random() * active.length;
    const column = Math.floor(drawn);
    return active[drawn - column < this.#keeps[column]! ? column : this.#others[column]!]!.lease();
  }

  /** @internal */
  protected member(node: string, order: number): UncountedMember {
    return new UncountedMember(node, order);
  }

  /** @internal */
  protected override changed(active: readonly UncountedMember[]): void {
    const count = active.length;
    const total = active.reduce((sum, { weight }) => sum + weight, 0);
    const keeps = Float64Array.from(active, ({ weight }) => (weight / total) * count);
    const others = new Int32Array(count);
    const low: number[] = [];
    const high: number[] = [];
    const note = (i: number): number => (keeps[i]! < 1 ? low : high).push(i);
    for (let i = 0; i < count; i++) note(i);
    while (low.length > 0 && high.length > 0) {
      const short = low.pop()!;
      const long = high.pop()!;
      others[short] = long;
      keeps[long]! -= 1 - keeps[short]!;
      note(long);
    }
    // The columns that are left are full, but for rounding.
    this.#keeps = keeps;
    this.#others = others;
  }
}
