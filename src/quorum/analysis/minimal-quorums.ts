import { checkNumber, type NodeId } from '../../core/index.js';
import { reached } from '../reached.js';
import { isSystem, type Part, type QuorumSystem } from '../system.js';
import { resilientSets } from './resilient-sets.js';
import { compareSets, DEFAULT_LIMIT, named, tooMany, type Positions } from './sets.js';

/** What to list, for {@link minimalQuorums}. */
export interface MinimalQuorumsOptions {
  /**
   * How many members of a quorum may fail, whichever they are, such that the others are still one. Such quorums are larger,
   * and nobody has to wait for a failed member or a slow one.
   *
   * @defaultValue 0
   */
  readonly resilience?: number;
  /** How many to list at most. @defaultValue 100,000, which takes seconds */
  readonly limit?: number;
}

/**
 * All quorums without a member that could be left out, in the order of `system.members` (as words are in a dictionary),
 * and so are the members of each. None when there is no resilient one; one without members where everything is a quorum.
 *
 * Their number grows exponentially for most systems: a majority of 19 has 92,378. Plain quorums are put together from
 * those of the parts, in time that is linear in what is found where no member is named twice. For resilient ones, sets of members are tried.
 *
 * @throws InvalidOptionError; QuorateError with code `quorums-too-many` above the limit
 */
export function minimalQuorums(system: QuorumSystem, options: MinimalQuorumsOptions = {}): NodeId[][] {
  const { members } = system;
  const range = { min: 0, max: Math.max(1, members.length) };
  const failures = checkNumber('resilience', options.resilience ?? 0, range);
  const limit = checkNumber('limit', options.limit ?? DEFAULT_LIMIT, { min: 1 });
  const sets = failures === 0 ? minimalSets(system, limit) : resilientSets(system, failures, limit);
  return sets.map((set) => named(members, set));
}

/** The minimal quorums as positions in `members`. */
export function minimalSets(system: QuorumSystem, limit: number): Positions[] {
  const positions = new Map(system.members.map((member, i) => [member, i]));
  const candidates = candidatesOf(system, positions, limit);
  const unique = new Map(candidates.map((set) => [set.join(), set]));
  const values = new Float64Array(system.members.length);
  const isMinimal = (set: Positions): boolean => {
    values.fill(0);
    for (const i of set) values[i] = 1;
    return set.every((i) => {
      values[i] = 0;
      const critical = reached(system, values) < 1;
      values[i] = 1;
      return critical;
    });
  };
  return [...unique.values()].filter(isMinimal).sort(compareSets);
}

/** Members who satisfy some of the parts, and the weight of these. */
interface Combination {
  readonly set: Positions;
  readonly weight: number;
}

/**
 * Quorums among which are all minimal ones: those of minimal sets of parts, each part by each of its own. Others are there
 * only where a member is named more than once, or a part needs nobody. One part after the other, so that members who are
 * put together in several ways are there once; then each one that is not finished leads to another quorum, where no
 * member is named twice.
 */
function candidatesOf(part: Part, positions: ReadonlyMap<NodeId, number>, limit: number): Positions[] {
  if (!isSystem(part)) return [[positions.get(part)!]];
  const { threshold, parts, weights } = part;
  // Heaviest first: then the part that reaches the threshold is the lightest, and without it or any other it is not reached.
  const order = weights.map((_, i) => i).sort((a, b) => weights[b]! - weights[a]!);
  const choices = order.map((i) => candidatesOf(parts[i]!, positions, limit));
  const left = new Array<number>(order.length + 1).fill(0);
  for (let at = order.length - 1; at >= 0; at--) left[at] = left[at + 1]! + weights[order[at]!]!;
  const found = new Map<string, Positions>();
  let partial = new Map<string, Combination>([['', { set: [], weight: 0 }]]);
  for (const [at, i] of order.entries()) {
    const next = new Map<string, Combination>();
    const add = (set: Positions, weight: number): void => {
      if (weight + left[at + 1]! < threshold) return;
      const key = set.join();
      if (weight >= threshold) found.set(key, set);
      else if (weight >= (next.get(key)?.weight ?? 0)) next.set(key, { set, weight });
      if (next.size > limit || found.size > limit) throw tooMany(limit);
    };
    for (const { set, weight } of partial.values()) {
      for (const choice of choices[at]!) add(union(set, choice), weight + weights[i]!);
      add(set, weight);
    }
    partial = next;
  }
  return threshold === 0 ? [[]] : [...found.values()];
}

function union(one: Positions, other: Positions): Positions {
  return [...new Set([...one, ...other])].sort((a, b) => a - b);
}
