import { QuorateError, type NodeId } from '../../core/index.js';

/** A set of members: their positions in `members`, ascending. */
export type Positions = readonly number[];

/** How many quorums are listed at most, unless told otherwise. */
export const DEFAULT_LIMIT = 100_000;

/** Orders sets as words are in a dictionary. */
export function compareSets(one: Positions, other: Positions): number {
  for (let i = 0; i < one.length && i < other.length; i++) if (one[i] !== other[i]) return one[i]! - other[i]!;
  return one.length - other.length;
}

/** The members at these positions. */
export function named(members: readonly NodeId[], set: Positions): NodeId[] {
  return set.map((i) => members[i]!);
}

/** @returns the error that there are more quorums than a limit */
export function tooMany(limit: number): QuorateError {
  const remedy = 'raise the limit, use fewer members, or nest them in groups';
  return new QuorateError('quorums-too-many', `There are more than ${limit} quorums to look at; ${remedy}`);
}
