import { checkNumber, type NodeId } from '../../core/index.js';
import { reached } from '../reached.js';
import type { QuorumSystem } from '../system.js';

/** What a member can do, as far as it is known. */
export interface MemberFigures {
  /**
   * How many requests it can serve in a unit of time of your choice, in all or of each kind.
   *
   * @defaultValue 1, so that the load is a probability
   */
  readonly capacity?: number | { readonly read: number; readonly write: number };
  /** How long it takes to answer, in milliseconds. Required of all members where latency is asked. */
  readonly latencyMs?: number;
}

/** The figures of members, by their ids. Members that are not named have the defaults; others do not matter. */
export type MembersFigures = Readonly<Record<NodeId, MemberFigures>>;

/** The capacity of a member, for each kind of request. */
export interface Capacity {
  readonly read: number;
  readonly write: number;
}

/** @throws InvalidOptionError */
export function checkCapacity(members: MembersFigures, member: NodeId): Capacity {
  const capacity = members[member]?.capacity ?? 1;
  const { read, write } = typeof capacity === 'number' ? { read: capacity, write: capacity } : capacity;
  const range = { min: Number.MIN_VALUE, integer: false };
  checkNumber(`read capacity of ${member}`, read, range);
  checkNumber(`write capacity of ${member}`, write, range);
  return { read, write };
}

/** @throws InvalidOptionError for a member without a latency */
export function checkLatencyMs(members: MembersFigures, member: NodeId): number {
  return checkNumber(`latencyMs of ${member}`, members[member]?.latencyMs, { min: 0, integer: false });
}

/**
 * How long it takes until the members that answered contain a quorum, when all of `set` are asked at once: the least
 * time within which a quorum among them answers. So members beyond a minimal quorum can make it shorter and never longer.
 * `Infinity` when the set contains no quorum, 0 where everything is one.
 *
 * @param latenciesMs - of each member of the set
 */
export function quorumLatencyMs(
  system: QuorumSystem,
  set: Iterable<NodeId>,
  latenciesMs: Readonly<Record<NodeId, number>>,
): number {
  const asked = new Set(set);
  const negated = system.members.map((member) =>
    asked.has(member)
      ? -checkNumber(`latency of ${member}`, latenciesMs[member], { min: 0, integer: false })
      : -Infinity,
  );
  return Math.max(0, -reached(system, negated));
}
