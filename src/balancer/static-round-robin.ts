import { InvalidOptionError } from '../core/index.js';
import type { Lease, Nodes } from './balancer.js';
import { Members } from './members.js';
import { UncountedMember } from './uncounted-member.js';

const MAX_NODES = 4096;
const MAX_WEIGHT = 256;

/** Options of {@link StaticRoundRobin}. */
export interface StaticRoundRobinOptions {
  /**
   * Draws where in the table to begin, from 0 to 1: so that clients that make few requests each do not all begin with the
   * same node.
   *
   * @defaultValue none: at the first slot
   */
  readonly random?: () => number;
}

/**
 * Weighted round robin over a table, as HAProxy's `static-rr`: as many slots as the total weight, filled once after a change.
 * Slot by slot the credit of every node grows by its weight, and the slot goes to the first of those whose credit has the
 * most whole rounds, `floor((credit + total) / total)`, which loses `total`. 4/3/2 gives `ababcaabc`.
 *
 * For weights that seldom change and many picks. Not where weights follow the load, since each change builds the table anew:
 * `EarliestDeadlineFirst`. Not where it matters that a heavy node's picks lie far apart: `SmoothWeightedRoundRobin`.
 *
 * Whole weights from 0 to 256 and at most 4,096 nodes, so at most 1,048,576 slots of two bytes; what all weights have in
 * common is divided out first. O(1), nothing is allocated. The first pick after a change takes O(slots * nodes), of single
 * bytes: 20 ms for 1,000 nodes of 50 slots each.
 *
 * After a change it goes on in the new table at as many slots as those who stay have had of this round, and those who come
 * would have had: equal nodes go on behind the one that was picked last. At the first slot, nodes at the end of the table
 * would starve where others come and go often. What a node is behind is not kept: where weights change about as often as
 * requests come, a node may starve nevertheless.
 */
export class StaticRoundRobin extends Members<UncountedMember> {
  /** {@inheritDoc Balancer.weighting} */
  readonly weighting = 'whole';
  #nodes: readonly UncountedMember[] = [];
  #table = new Uint16Array(0);
  #next: number;
  #total = 1;

  /** @throws InvalidOptionError */
  constructor(nodes: Nodes = [], options: StaticRoundRobinOptions = {}) {
    super();
    this.#next = options.random?.() ?? 0;
    this.addAll(nodes);
  }

  /**
   * @param weight - a whole number from 0 to 256. @defaultValue 1
   * @throws InvalidOptionError also when there are 4,096 nodes already
   */
  override add(node: string, weight = 1): void {
    if (weight > MAX_WEIGHT || weight % 1 !== 0)
      throw new InvalidOptionError(`weight of ${node}`, weight, `a number from 0 to ${MAX_WEIGHT}, and whole`);
    super.add(node, weight);
  }

  pick(): Lease {
    const active = this.active();
    const table = this.#table;
    const member = active[table[this.#next]!]!;
    this.#next = this.#next + 1 === table.length ? 0 : this.#next + 1;
    return member.lease();
  }

  /** @internal */
  protected member(node: string, order: number): UncountedMember {
    if (this.nodes.length === MAX_NODES) throw new InvalidOptionError('nodes', MAX_NODES + 1, `at most ${MAX_NODES}`);
    return new UncountedMember(node, order);
  }

  /** @internal */
  protected override changed(active: readonly UncountedMember[]): void {
    const weights = active.map(({ weight }) => weight);
    const common = weights.reduce(commonDivisor);
    const table = fill(weights.map((weight) => weight / common));
    this.#next = this.#had(active) % table.length;
    this.#table = table;
    this.#total = table.length * common;
    this.#nodes = active;
  }

  /** How many slots of this round those who stay have had, and those who come would have had. */
  #had(active: readonly UncountedMember[]): number {
    const staying = new Set(active);
    let had = 0;
    for (const i of this.#table.subarray(0, this.#next)) if (staying.has(this.#nodes[i]!)) had++;
    const before = new Set(this.#nodes);
    const came = active.reduce((sum, member) => (before.has(member) ? sum : sum + member.weight), 0);
    return had + Math.floor((came * this.#next) / this.#total);
  }
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}

/**
 * A node has one whole round at first; one less for each slot it gets, and one more whenever slot * weight reaches another
 * multiple of the total. That happens to one node a slot, on average: all that will happen is put in order first, so that a
 * slot costs no look at every credit.
 */
function fill(weights: readonly number[]): Uint16Array<ArrayBuffer> {
  const slots = weights.reduce((a, b) => a + b);
  const rises = new Float64Array(slots);
  let rise = 0;
  weights.forEach((weight, i) => {
    for (let round = 1; round <= weight; round++) rises[rise++] = Math.ceil((round * slots) / weight) * MAX_NODES + i;
  });
  rises.sort();
  rise = 0;
  const rounds = new Uint8Array(weights.length).fill(1);
  let most = 1;
  return new Uint16Array(slots).map((_, slot) => {
    for (; rises[rise]! < (slot + 2) * MAX_NODES; rise++) {
      const i = rises[rise]! % MAX_NODES;
      most = Math.max(most, ++rounds[i]!);
    }
    let picked = rounds.indexOf(most);
    while (picked === -1) picked = rounds.indexOf(--most); // at least 1: all the rounds are more than the slots so far
    rounds[picked]!--;
    return picked;
  });
}
