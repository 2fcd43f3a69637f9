import fc from 'fast-check';
import type { NodeId } from '../../src/core/index.js';
import { weighted, type Part, type QuorumSystem } from '../../src/quorum/index.js';

/** Whether a set is a quorum, by the definition. */
export function holds(part: Part, set: ReadonlySet<NodeId>): boolean {
  if (typeof part === 'string') return set.has(part);
  const weight = part.parts.reduce((sum, inner, i) => sum + (holds(inner, set) ? part.weights[i]! : 0), 0);
  return weight >= part.threshold;
}

/** Every set of the members. */
export function* subsets(members: readonly NodeId[]): Iterable<Set<NodeId>> {
  for (let mask = 0; mask < 2 ** members.length; mask++) {
    yield new Set(members.filter((_, i) => (mask >> i) & 1));
  }
}

/** All quorums without another one in them. */
export function minimalQuorums(system: QuorumSystem): Set<NodeId>[] {
  const quorums = [...subsets(system.members)].filter((set) => holds(system, set));
  return quorums.filter((set) => [...set].every((member) => !holds(system, without(set, member))));
}

function without(set: ReadonlySet<NodeId>, member: NodeId): Set<NodeId> {
  const rest = new Set(set);
  rest.delete(member);
  return rest;
}

/** Systems of up to `size` members, nested up to three times, in which members may be named more than once. */
export function anySystem(size: number): fc.Arbitrary<QuorumSystem> {
  const member = fc.integer({ min: 0, max: size - 1 }).map((i) => String.fromCharCode(97 + i));
  const { system } = fc.letrec<{ part: Part; system: QuorumSystem }>((tie) => ({
    part: fc.oneof({ maxDepth: 3, withCrossShrink: true }, member, tie('system')),
    system: fc
      .tuple(
        fc.array(fc.tuple(tie('part'), fc.constantFrom(1, 1, 1, 2, 3, 0)), { minLength: 1, maxLength: 4 }),
        fc.nat(),
      )
      .map(([pairs, seed]) => {
        const weighed = pairs.map(([part, weight], i) => [part, i === 0 ? Math.max(1, weight) : weight] as const);
        const total = weighed.reduce((sum, [, weight]) => sum + weight, 0);
        return weighted(weighed, 1 + (seed % total));
      }),
  }));
  return system;
}
