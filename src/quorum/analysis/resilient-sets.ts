import { minimize } from '../intersection.js';
import { reached } from '../reached.js';
import type { QuorumSystem } from '../system.js';
import { compareSets, tooMany, type Positions } from './sets.js';

/** How many partial sets are tried for each one that may be listed. */
const TRIES_EACH = 100;

/**
 * The minimal sets that are quorums whichever `failures` of their members fail, as positions in `members`.
 *
 * @throws QuorateError with code `quorums-too-many`
 */
export function resilientSets(system: QuorumSystem, failures: number, limit: number): Positions[] {
  return setsThat(system, (values) => survives(system, values, failures), limit);
}

/**
 * The resilient sets that a strategy may want when latency matters: for each latency, those minimal among the sets that
 * answer within it. A set may need a member more than is minimal, one that is fast, to answer in time.
 */
export function fastResilientSets(
  system: QuorumSystem,
  { failures, latenciesMs, limit }: { failures: number; latenciesMs: readonly number[]; limit: number },
): Positions[] {
  const found = new Map<string, Positions>();
  for (const withinMs of new Set(latenciesMs)) {
    const answersInTime = (values: Float64Array): boolean => {
      const fast = values.map((value, i) => (latenciesMs[i]! <= withinMs ? value : 0));
      return reached(system, fast) >= 1 && survives(system, values, failures);
    };
    for (const set of setsThat(system, answersInTime, limit)) found.set(set.join(), set);
    if (found.size > limit) throw tooMany(limit);
  }
  return [...found.values()].sort(compareSets);
}

/** Whether the members of value 1 are a quorum when any `failures` of them fail. Leaves `values` as they were. */
function survives(system: QuorumSystem, values: Float64Array, failures: number): boolean {
  if (reached(system, values) < 1) return false;
  if (failures === 0) return true;
  // Failures that leave no quorum hit each quorum, so also this one: at least one of them is in it.
  const present = system.members.filter((_, i) => values[i] === 1);
  return minimize(system, present).every((member) => {
    const i = system.members.indexOf(member);
    values[i] = 0;
    const rest = survives(system, values, failures - 1);
    values[i] = 1;
    return rest;
  });
}

/** The minimal sets of members for which something holds that holds for all larger sets too. */
function setsThat(system: QuorumSystem, holds: (values: Float64Array) => boolean, limit: number): Positions[] {
  const { length } = system.members;
  const found: Positions[] = [];
  const values = new Float64Array(length).fill(1);
  let tries = 0;
  // `values` has the chosen members before `from`, and all from there on.
  const visit = (from: number, chosen: Positions): void => {
    if (++tries > limit * TRIES_EACH) throw tooMany(limit);
    if (!holds(values)) return;
    if (!holdsOnly(chosen)) {
      visit(from + 1, [...chosen, from]);
      values[from] = 0;
      visit(from + 1, chosen);
      values[from] = 1;
    } else if (chosen.every((left) => !holdsOnly(chosen.filter((i) => i !== left))) && found.push(chosen) > limit) {
      throw tooMany(limit);
    }
  };
  const holdsOnly = (set: Positions): boolean => {
    const only = new Float64Array(length);
    for (const i of set) only[i] = 1;
    return holds(only);
  };
  visit(0, []);
  return found;
}
