import { compareValues } from './compare.js';

/**
 * Parts of a state that are interchangeable: renaming them turns runs into runs and changes no property. Of all states
 * that differ in their names only, one is explored ("symmetry reduction": Ip and Dill, "Better Verification Through
 * Symmetry", 1996). With n parts this saves up to n! times the states.
 *
 * What you promise: initial states, steps, boundary and properties treat all parts alike. A rule that prefers the first
 * one breaks it, and states are missed without a word; check a small size with and without symmetry.
 */
export interface Symmetry<State> {
  /** How many parts there are; they are numbered from 0. */
  readonly size: number;
  /** The state in which what part `i` was is part `permutation[i]`, everywhere it is mentioned. */
  permute(state: State, permutation: readonly number[]): State;
  /**
   * Something about a part that goes with it when it is renamed, as plain data: its local state, say. Parts are sorted by
   * it, and only those with equal keys are tried in all orders, so a telling key makes it fast; a key that depends on the
   * part's number makes it wrong.
   * @defaultValue none: all n! permutations are tried
   */
  key?(state: State, part: number): unknown;
}

/**
 * The one member of a state's group that stands for all: the least, by structure, of all renamings that sort the parts by
 * their keys. Renamed states have the same set of such renamings, so it does not depend on which of them came first or
 * on how ties are broken. O(product of the factorials of the numbers of parts with equal keys).
 */
export function representative<State>(symmetry: Symmetry<State>, state: State): State {
  const keys = Array.from({ length: symmetry.size }, (_, part) => symmetry.key?.(state, part) ?? null);
  const parts = keys.map((_, part) => part).sort((a, b) => compareValues(keys[a], keys[b]));
  let least: State | undefined;
  forEachOrder(parts, keys, 0, (order) => {
    const permutation = new Array<number>(order.length);
    for (let place = 0; place < order.length; place++) permutation[order[place]!] = place;
    const candidate = symmetry.permute(state, permutation);
    if (least === undefined || compareValues(candidate, least) < 0) least = candidate;
  });
  return least ?? state;
}

/** Calls `visit` with each order of the parts in which the keys ascend: those with equal keys change places. */
function forEachOrder(
  parts: number[],
  keys: readonly unknown[],
  from: number,
  visit: (order: readonly number[]) => void,
): void {
  if (from >= parts.length - 1) return visit(parts);
  for (let other = from; other < parts.length; other++) {
    if (other > from && compareValues(keys[parts[from]!], keys[parts[other]!]) !== 0) break;
    swap(parts, from, other);
    forEachOrder(parts, keys, from + 1, visit);
    swap(parts, from, other);
  }
}

function swap(list: number[], a: number, b: number): void {
  [list[a], list[b]] = [list[b]!, list[a]!];
}
