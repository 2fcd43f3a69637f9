import type { Event } from './traces.js';

/* Detectors as their papers have them, from the whole history each time; no window but the end of a list. */

interface History {
  /** Since when the next heartbeat is awaited. */
  readonly from: number;
  /** Whether that is when the last one came. */
  readonly arrived: boolean;
  readonly highest: number;
  /** New heartbeats, in order. */
  readonly beats: readonly Event[];
}

function history(events: readonly Event[]): History {
  const beats: Event[] = [];
  let [from, highest, arrived] = [-Infinity, -1, false];
  for (const event of events) {
    if (event.type === 'heartbeat' && event.sequence <= highest) continue;
    if (event.type === 'heartbeat') {
      beats.push(event);
      highest = event.sequence;
    }
    from = event.at;
    arrived = event.type === 'heartbeat';
  }
  return { from, arrived, highest, beats };
}

export const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / list.length;

export function deviation(list: readonly number[]): number {
  const average = mean(list);
  return Math.sqrt(mean(list.map((x) => (x - average) ** 2)));
}

export function fixedTimeout(events: readonly Event[], timeoutMs: number): number {
  return history(events).from + timeoutMs;
}

/** Plays the checks one after another. */
export function missedChecks(events: readonly Event[], intervalMs: number, misses: number): number {
  const { from } = history(events);
  let check = Math.floor(from / intervalMs) * intervalMs;
  while (check <= from) check += intervalMs; // finds the heartbeat
  for (let missed = 0; missed < misses; missed++) check += intervalMs;
  return check;
}

export function nfdS(events: readonly Event[], intervalMs: number, shiftMs: number): number {
  const { from, arrived, highest } = history(events);
  const freshness = (highest + 1) * intervalMs + shiftMs;
  return arrived ? freshness : Math.max(freshness, from + intervalMs + shiftMs);
}

/** The expected arrival of the next heartbeat by the last `size`, at the first `count` heartbeats. */
function expected(beats: readonly Event[], count: number, size: number, intervalMs: number, next: number): number {
  const last = beats.slice(0, count).slice(-size);
  return mean(last.map(({ at, sequence }) => at - intervalMs * sequence)) + next * intervalMs;
}

export function chen(
  events: readonly Event[],
  intervalMs: number,
  sizes: readonly number[],
  margin: (errors: number[]) => number,
): number {
  const { from, arrived, highest, beats } = history(events);
  const size = Math.max(...sizes);
  const errors = beats.slice(1).map(({ at, sequence }, i) => at - expected(beats, i + 1, size, intervalMs, sequence));
  const awaited = from + intervalMs;
  if (beats.length === 0) return awaited + margin(errors);
  const next = Math.max(...sizes.map((n) => expected(beats, beats.length, n, intervalMs, highest + 1)));
  return (arrived ? next : Math.max(next, awaited)) + margin(errors);
}

/** Jacobson's margin, as in Bertier's paper. */
export function jacobson(errors: readonly number[], intervalMs: number): number {
  let [delay, variance] = [0, intervalMs / 4];
  for (const raw of errors) {
    const error = raw - delay;
    delay += 0.1 * error;
    variance += 0.1 * (Math.abs(error) - variance);
  }
  return delay + 4 * variance;
}

export interface PhiTwin {
  readonly assumed: readonly number[];
  readonly windowSize: number;
  /** After how long a silence phi is at the threshold, from what is remembered. */
  limit(intervals: readonly number[]): number;
  counts(interval: number, suspect: boolean): boolean;
}

export function phi(events: readonly Event[], twin: PhiTwin): number {
  const intervals = [...twin.assumed];
  const last = (): readonly number[] => intervals.slice(-twin.windowSize);
  let [from, highest, arrived] = [-Infinity, -1, false];
  for (const { type, at, sequence } of events) {
    if (type === 'heartbeat' && sequence <= highest) continue;
    const suspect = at >= from + twin.limit(last());
    if (type === 'heartbeat' && arrived && twin.counts(at - from, suspect)) intervals.push(at - from);
    if (type === 'heartbeat') highest = sequence;
    arrived = type === 'heartbeat';
    from = at;
  }
  return from + twin.limit(last());
}
