import { MAX_QUORUM_PARTS, type QuorumSystem } from './system.js';

const values = new Float64Array(MAX_QUORUM_PARTS);
const weights = new Float64Array(MAX_QUORUM_PARTS);

/**
 * The highest value that a quorum has reached: the largest `v` for which the members whose value is at least `v` are a
 * quorum. Every question about one set of members is this one: with match indexes as values it is the index that is
 * committed; with 1 for yes, 0 for missing and -1 for no, the state of a vote; with negated times, when a quorum answered.
 *
 * It is the k-th largest at a threshold, so a minimum at `and` and a maximum at `or`; exact also where a member is named
 * more than once. `Infinity` when everything is a quorum. Allocates nothing; insertion sort, since groups are small.
 * O(n²) in the parts of a threshold.
 *
 * @param of - one value for each of `system.members`, in that order
 */
export function reached({ program }: QuorumSystem, of: ArrayLike<number>): number {
  let top = 0;
  for (let at = 0; at < program.length;) {
    const threshold = program[at++]!;
    const parts = program[at++]!;
    const inner = program[at++]!;
    const weighed = program[at++]!;
    top -= inner; // the values of the inner systems are here
    for (let i = 0; i < parts; i++) {
      const value = i < inner ? values[top + i]! : of[program[at + i]!]!;
      let place = top + i;
      for (; place > top && values[place - 1]! < value; place--) {
        values[place] = values[place - 1]!;
        if (weighed) weights[place] = weights[place - 1]!;
      }
      values[place] = value;
      if (weighed) weights[place] = program[at + parts + i]!;
    }
    let end = top;
    for (let weight = 0; weight < threshold; end++) weight += weighed ? weights[end]! : 1;
    values[top] = end === top ? Infinity : values[end - 1]!;
    top++;
    at += parts + weighed;
  }
  return values[0]!;
}
