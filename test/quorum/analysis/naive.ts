import type { NodeId } from '../../../src/core/index.js';
import type { QuorumSystem } from '../../../src/quorum/index.js';
import { holds, subsets } from '../naive.js';

/** Whether a set is a quorum whichever `failures` of its members fail, by trying all failures. */
function isResilient(system: QuorumSystem, set: ReadonlySet<NodeId>, failures: number): boolean {
  for (const failed of subsets([...set])) {
    if (failed.size > failures) continue;
    if (!holds(system, new Set([...set].filter((id) => !failed.has(id))))) return false;
  }
  return true;
}

/** All sets that are quorums whichever `failures` of their members fail, also those that are not minimal. */
export function resilientQuorums(system: QuorumSystem, failures: number): Set<NodeId>[] {
  return [...subsets(system.members)].filter((set) => isResilient(system, set, failures));
}

/** The sets that have no other one of them in them. */
export function minimal(sets: readonly ReadonlySet<NodeId>[]): ReadonlySet<NodeId>[] {
  return sets.filter((set) => !sets.some((other) => other !== set && [...other].every((id) => set.has(id))));
}

/** When the members of a set that answered first are a quorum, by adding one after the other. */
export function latencyMs(
  system: QuorumSystem,
  set: Iterable<NodeId>,
  latencies: Readonly<Record<NodeId, number>>,
): number {
  if (holds(system, new Set())) return 0;
  const answered = new Set<NodeId>();
  for (const id of [...set].sort((a, b) => latencies[a]! - latencies[b]!)) {
    answered.add(id);
    if (holds(system, answered)) return latencies[id]!;
  }
  return Infinity;
}
