import { QuorateError, type NodeId } from '../core/index.js';
import { remainder } from './remainder.js';
import { reached } from './reached.js';
import type { QuorumSystem } from './system.js';

/** How many partial assignments {@link disjointQuorums} remembers before it gives up. */
const MAX_REMEMBERED = 50_000;

/** Two quorums that must share a member do not. Code `quorums-disjoint`. */
export class DisjointQuorumsError extends QuorateError {
  /** A quorum of the first system ... */
  readonly first: readonly NodeId[];
  /** ... that shares nobody with this one of the second. */
  readonly second: readonly NodeId[];

  constructor(names: readonly [string, string], quorums: readonly [readonly NodeId[], readonly NodeId[]]) {
    const [first, second] = quorums;
    const sets = `${names[0]} {${first.join(', ')}} and ${names[1]} {${second.join(', ')}}`;
    super('quorums-disjoint', `${sets} are disjoint quorums; make either larger, or take the dual of the other`);
    this.first = first;
    this.second = second;
  }
}

/**
 * A quorum of each of two systems that share no member, or null when each quorum of one meets each of the other. Both
 * quorums are minimal.
 *
 * Exact for every system. It gives members to one side or the other, one after the other, and goes back when a side can
 * have no quorum any more; assignments that leave the same to be decided are tried once. So thresholds, grids and trees of
 * dozens of members take milliseconds; the problem as such is hard (its complement is NP-complete).
 *
 * @throws QuorateError with code `quorums-too-complex` when it would have to remember more than fifty thousand
 */
export function disjointQuorums(first: QuorumSystem, second: QuorumSystem): [NodeId[], NodeId[]] | null {
  const found = new Search(first, second).run();
  if (found === null) return null;
  return [minimize(first, found[0]), minimize(second, found[1])];
}

/** @throws DisjointQuorumsError when a quorum of one shares no member with one of the other; `names` are for people */
export function requireIntersection(first: QuorumSystem, second: QuorumSystem, names: readonly [string, string]): void {
  const quorums = disjointQuorums(first, second);
  if (quorums !== null) throw new DisjointQuorumsError(names, quorums);
}

/** Leaves out members as long as the rest is a quorum. */
export function minimize(system: QuorumSystem, quorum: readonly NodeId[]): NodeId[] {
  const values = system.members.map((member): number => (quorum.includes(member) ? 1 : 0));
  for (let i = 0; i < values.length; i++) {
    if (values[i] === 0) continue;
    values[i] = 0;
    if (reached(system, values) < 1) values[i] = 1;
  }
  return system.members.filter((_, i) => values[i] === 1);
}

class Search {
  readonly #first: QuorumSystem;
  readonly #second: QuorumSystem;
  readonly #members: readonly NodeId[];
  /** Whom the first side has, as 1, and the second, as -1. */
  readonly #sides = new Map<NodeId, number>();
  readonly #failed = new Set<string>();

  constructor(first: QuorumSystem, second: QuorumSystem) {
    this.#first = first;
    this.#second = second;
    this.#members = [...new Set([...first.members, ...second.members])];
  }

  run(): [NodeId[], NodeId[]] | null {
    if (!this.#assign(0)) return null;
    const side = (of: number): NodeId[] => this.#members.filter((member) => this.#sides.get(member) === of);
    return [side(1), side(-1)];
  }

  #assign(from: number): boolean {
    const first = remainder(this.#first, (member) => this.#sides.get(member) ?? 0);
    const second = remainder(this.#second, (member) => -(this.#sides.get(member) ?? 0));
    if (first === '-' || second === '-') return false;
    if (first === '+' && second === '+') return true;
    const key = `${from} ${first} ${second}`;
    if (this.#failed.has(key)) return false;
    const member = this.#members[from]!;
    for (const side of [1, -1]) {
      this.#sides.set(member, side);
      if (this.#assign(from + 1)) return true;
    }
    this.#sides.delete(member);
    this.#remember(key);
    return false;
  }

  #remember(key: string): void {
    this.#failed.add(key);
    if (this.#failed.size <= MAX_REMEMBERED) return;
    const remedy = 'use fewer members, or nested parts that name each member once';
    throw new QuorateError('quorums-too-complex', `Whether all quorums intersect takes too long to find; ${remedy}`);
  }
}
