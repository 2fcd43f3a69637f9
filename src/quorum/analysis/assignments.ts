import { QuorateError, type NodeId } from '../../core/index.js';
import { remainder } from '../remainder.js';
import type { QuorumSystem } from '../system.js';

/** How many partial assignments may differ in what they leave to be decided. */
const MAX_STATES = 50_000;

/** A value of each set of members, computed member by member, and of all sets that are decided alike. */
export interface Fold<T> {
  /** Of nobody assigned. */
  readonly start: T;
  /** Of an assignment with one member more, which is up or not. */
  step(value: T, member: NodeId, up: boolean): T;
  /** Of two assignments together. */
  merge(one: T, other: T): T;
}

/** A partial assignment that stands for all that leave the same to be decided, and the value of them together. */
interface State<T> {
  readonly sides: Int8Array;
  readonly value: T;
}

/**
 * The value of all sets of members that contain a quorum, and of all that contain none. Dynamic programming over the
 * members: assignments that leave the same to be decided (see `remainder`) become one, so that thresholds, trees and
 * groups of dozens of members need some thousand states and not 2^n. O(members x states x parts).
 *
 * @returns undefined for a kind of which there is no set
 * @throws QuorateError with code `quorums-too-complex` above fifty thousand states
 */
export function foldAssignments<T>(
  system: QuorumSystem,
  fold: Fold<T>,
): { readonly quorum: T | undefined; readonly none: T | undefined } {
  const positions = new Map(system.members.map((member, i) => [member, i]));
  const decided = new Map<string, T>();
  let states = new Map<string, State<T>>();
  const add = (into: Map<string, State<T>>, sides: Int8Array, value: T): void => {
    const key = remainder(system, (member) => sides[positions.get(member)!]!);
    const isDecided = key === '+' || key === '-';
    const former = isDecided ? decided.get(key) : into.get(key)?.value;
    const merged = former === undefined ? value : fold.merge(former, value);
    if (isDecided) decided.set(key, merged);
    else into.set(key, { sides, value: merged });
    if (into.size > MAX_STATES) throw tooComplex();
  };
  add(states, new Int8Array(system.members.length), fold.start);
  for (const [i, member] of system.members.entries()) {
    const next = new Map<string, State<T>>();
    for (const { sides, value } of states.values()) {
      add(next, sides.with(i, 1), fold.step(value, member, true));
      add(next, sides.with(i, -1), fold.step(value, member, false));
    }
    states = next;
  }
  return { quorum: decided.get('+'), none: decided.get('-') };
}

function tooComplex(): QuorateError {
  const remedy = 'use fewer members, or nested parts that name each member once';
  return new QuorateError('quorums-too-complex', `There are too many kinds of sets of members to look at; ${remedy}`);
}
