import type { Pair } from './precedence.js';
import type { Fate } from './queue-fates.js';

/**
 * Narrows when values can have been put in and taken until nothing changes any more: what is put in before another value
 * is taken before it, and what is taken before it was put in before it. Returns whether everything can still happen; if
 * not, there is no order. (Of complete histories of different values that is all there is to know: Henzinger, Sezgin &
 * Vafeiadis, "Aspect-oriented linearizability proofs", 2013, section 4.) Takes n log n time.
 */
export function narrow(fates: readonly Fate[]): boolean {
  for (;;) {
    const hasChanged = [putBeforeTaken(fates), follow(fates, 'put', 'taken'), follow(fates, 'taken', 'put')];
    if (fates.some(({ put, taken }) => put.from > put.until || taken.from > taken.until)) return false;
    if (!hasChanged.includes(true)) return true;
  }
}

/** A value is put in before it is taken. */
function putBeforeTaken(fates: readonly Fate[]): boolean {
  let hasChanged = false;
  for (const { put, taken } of fates) {
    if (put.from <= taken.from && put.until <= taken.until) continue;
    taken.from = Math.max(taken.from, put.from);
    put.until = Math.min(put.until, taken.until);
    hasChanged = true;
  }
  return hasChanged;
}

/** Of two values, if the one comes certainly first in one respect, it comes first in the other too. */
function follow(fates: readonly Fate[], known: 'put' | 'taken', other: 'put' | 'taken'): boolean {
  const byEnd = fates.map((fate) => ({ at: fate[known].until, span: fate[other] })).sort(inTime);
  const byBegin = fates.map((fate) => ({ at: fate[known].from, span: fate[other] })).sort(inTime);
  let hasChanged = false;
  let [next, latest] = [0, -Infinity];
  for (const { at, span } of byBegin) {
    for (; next < byEnd.length && byEnd[next]!.at < at; next++) latest = Math.max(latest, byEnd[next]!.span.from);
    if (latest <= span.from) continue;
    span.from = latest;
    hasChanged = true;
  }
  let [last, earliest] = [byBegin.length - 1, Infinity];
  for (const { at, span } of byEnd.reverse()) {
    for (; last >= 0 && byBegin[last]!.at > at; last--) earliest = Math.min(earliest, byBegin[last]!.span.until);
    if (earliest >= span.until) continue;
    span.until = earliest;
    hasChanged = true;
  }
  return hasChanged;
}

interface Moment {
  readonly at: number;
}

function inTime(a: Moment, b: Moment): number {
  return a.at === b.at ? 0 : a.at - b.at; // both may be infinite
}

/**
 * One order of narrowed fates in which each comes behind all that certainly come before it: where one does, none of its
 * four moments is later than that of the other, and not all are equal.
 *
 * Two neighbours in the queue of which none certainly comes first can change places, if it is known by which operation
 * each is taken, if at all. Say y is put in at p and right after it x at q: then x can as well be put in at
 * max(p, x.put.from) and y at min(q, y.put.until), which is no earlier, and both can be taken so. Nothing else is put in or
 * taken between them, and the queue is empty wherever it was before, except between y and x. So where there is a complete
 * order, there is one in which neighbours in the queue stand as they do here.
 */
export function inTurn(fates: readonly Fate[]): Fate[] {
  const moments = ({ put, taken }: Fate): readonly number[] => [taken.until, put.until, put.from, taken.from];
  return fates
    .map((fate) => ({ fate, at: moments(fate) }))
    .sort((a, b) => {
      const i = a.at.findIndex((moment, k) => moment !== b.at[k]);
      return i === -1 ? 0 : a.at[i]! - b.at[i]!;
    })
    .map(({ fate }) => fate);
}

/**
 * Which values must be put in before which others, of those that can be put in at the same time: what is certainly taken
 * before. Takes time in proportion to the pairs that can be put in at the same time.
 *
 * @param mayPass - whether the later one of two, in the order of {@link inTurn}, may be put in first all the same
 */
export function putPairs(ordered: readonly Fate[], mayPass: (later: Fate, earlier: Fate) => boolean): Pair[] {
  const places = new Map(ordered.map((fate, place) => [fate, place]));
  const required = ordered.filter(({ put }) => put.until !== Infinity).sort((a, b) => a.put.from - b.put.from);
  const pairs: Pair[] = [];
  let current: Fate[] = [];
  for (const one of required) {
    current = current.filter(({ put }) => put.until >= one.put.from);
    for (const other of current) {
      const [earlier, later] = places.get(one)! < places.get(other)! ? [one, other] : [other, one];
      const isCertain = earlier.taken.until < later.taken.from;
      if (isCertain || !mayPass(later, earlier)) pairs.push([earlier.putBy, later.putBy]);
    }
    current.push(one);
  }
  return pairs;
}

/**
 * Whether a value can be put in and taken, the queue be found empty, and only then another be put in: the one reason for
 * which two values might have to stand in another order than that of {@link inTurn}, where everything is known of all.
 */
export function mayBeEmptyBetween(first: Fate, second: Fate, empty: readonly Fate[]): boolean {
  const [from, until] = [first.taken.from, second.put.until];
  return from <= until && empty.some(({ put }) => put.from <= until && put.until >= from);
}
