import { allMissing, type Link } from './link.js';

/** How much shorter an interval is tried next, at least; after every hundred that fail, twice as much. */
const RESOLUTION = 1e-9;
const WORST_RESOLUTION = 1e-3;

/** What intervals are searched for. */
export interface IntervalSearch {
  readonly link: Link;
  /** The time for detection: an interval and the shift together. */
  readonly detectionMs: number;
  /** The shortest interval to consider. */
  readonly from: number;
  /** The longest interval to consider. */
  readonly to: number;
  /** The probability that mistakes are ended by a heartbeat in time, or 1 to be on the safe side. */
  readonly arrives: number;
}

/** What is left of the time for detection; never so much that rounding makes the sum longer. */
export function shiftFor(detectionMs: number, intervalMs: number): number {
  const shiftMs = detectionMs - intervalMs;
  return shiftMs + intervalMs > detectionMs ? shiftMs * (1 - Number.EPSILON) : shiftMs;
}

/** The mean time between mistakes: f of the paper's procedures. */
function recurrenceMs({ link, detectionMs, arrives }: IntervalSearch, intervalMs: number): number {
  return intervalMs / (arrives * allMissing(link, intervalMs, shiftFor(detectionMs, intervalMs)));
}

/**
 * The longest interval with which mistakes recur so seldom, found to 1e-9 of it; undefined when there is none. Where the
 * recurrence misses what is wanted by as little over a wide range of intervals, it is found to 0.1 %.
 *
 * The recurrence is a saw: it rises with the interval, and falls where a heartbeat less fits into the time for detection. But
 * the probability that all are missing never falls as intervals grow. So no interval up to a limit can do for which
 * `limit / (arrives * that probability)` is too little already, and the longest of the others is the next limit.
 */
export function longestInterval(search: IntervalSearch, wantedMs: number): number | undefined {
  const { from } = search;
  let limit = search.to;
  for (let tried = 0; recurrenceMs(search, limit) < wantedMs; tried++) {
    const possible = longestPossible(search, limit, wantedMs);
    if (possible === undefined || limit === from) return undefined;
    const resolution = Math.min(RESOLUTION * 2 ** Math.floor(tried / 100), WORST_RESOLUTION);
    limit = Math.max(from, Math.min(possible, limit * (1 - resolution)));
  }
  return limit;
}

/** The longest interval up to the limit that would do if it were as long as the limit; undefined when there is none. */
function longestPossible(search: IntervalSearch, limit: number, wantedMs: number): number | undefined {
  const { link, detectionMs, from, arrives } = search;
  const enough = limit / (arrives * wantedMs);
  const isPossible = (intervalMs: number): boolean =>
    allMissing(link, intervalMs, shiftFor(detectionMs, intervalMs), enough) <= enough;
  if (!isPossible(from)) return undefined;
  let low = from;
  let high = limit;
  while (high - low > 0.001 * RESOLUTION * high) {
    const middle = (low + high) / 2;
    if (isPossible(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/** The longest mean time between mistakes that any of the intervals gives, to 0.1 %. */
export function longestRecurrenceMs(search: IntervalSearch): number {
  const { from, to } = search;
  const recurrenceFrom = recurrenceMs(search, from);
  let best = Math.max(recurrenceFrom, recurrenceMs(search, to));
  const parts = [{ from, to, recurrenceFrom }];
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    // No interval in it is longer than `to`, nor is the probability that all are missing less than at its beginning.
    if ((part.recurrenceFrom * part.to) / part.from <= 1.001 * best) continue;
    const middle = Math.sqrt(part.from * part.to);
    const recurrenceMiddle = recurrenceMs(search, middle);
    best = Math.max(best, recurrenceMiddle);
    parts.push({ ...part, to: middle }, { from: middle, to: part.to, recurrenceFrom: recurrenceMiddle });
  }
  return best;
}
