import { describe, expect, it } from 'vitest';
import { exponentialTrace, measureDetector } from 'quorate/testing';
import type { Estimate, HeartbeatTrace, MeasuredDetector } from 'quorate/testing';
import {
  analytic,
  link,
  methods,
  REFERENCE_HEARTBEATS,
  rows,
  type Method,
} from '../../../bench/detector/chen-simulation.js';

/*
 * Where mistakes are a hundred times as rare, a longer trace, so that there are 400 of them at least: 3 standard errors are
 * then 15 %.
 */
const short = exponentialTrace({ seed: 7, heartbeats: 400_000, ...link });
let long: HeartbeatTrace | undefined;

function traceFor(bound: number): HeartbeatTrace {
  if (bound <= 2000) return short;
  return (long ??= exponentialTrace({ seed: 7, heartbeats: 4_400_000, ...link }));
}

const measured = new Map<string, MeasuredDetector>();

/** What a detector did, measured once. */
function measure(method: Method, bound: number): MeasuredDetector {
  const key = `${method} ${bound}`;
  if (!measured.has(key)) measured.set(key, measureDetector(methods[method](bound), traceFor(bound)));
  return measured.get(key)!;
}

/** How many standard errors a figure is from what it should be, which may have one itself. */
const errorsFrom = ({ value, standardError }: Estimate, expected: number, itsError = 0): number =>
  Math.abs(value - expected) / Math.hypot(standardError, itsError);

describe.each(rows)('detection within $bound ms', ({ bound, recurrence }) => {
  it.each(Object.keys(methods) as Method[])('%s makes mistakes as often as another program found', (method) => {
    const { heartbeats, mistakes, mistakeRecurrenceMs } = measure(method, bound);
    expect(mistakes).toBeGreaterThanOrEqual(400);
    const itsError = mistakeRecurrenceMs.standardError * Math.sqrt(heartbeats / REFERENCE_HEARTBEATS) + 5; // rounded
    expect(errorsFrom(mistakeRecurrenceMs, 1000 * recurrence[method], itsError)).toBeLessThan(3);
  });

  it('NFD-S makes mistakes as often and as long as the analysis says, and detects in time', () => {
    const found = measure('NFD-S', bound);
    const { mistakeRecurrenceMs, mistakeDurationMs } = analytic(bound);
    expect(errorsFrom(found.mistakeRecurrenceMs, mistakeRecurrenceMs)).toBeLessThan(3);
    expect(errorsFrom(found.mistakeDurationMs, mistakeDurationMs)).toBeLessThan(3);
    expect(errorsFrom(found.queryAccuracy, 1 - mistakeDurationMs / mistakeRecurrenceMs)).toBeLessThan(3);
    expect(found.maxDetectionTimeMs).toBeCloseTo(bound, 3);
  });

  it('NFD-E does nearly the same: its estimate of the mean delay is off by 3.5 ms, of 32 delays', () => {
    const [exact, estimated] = [measure('NFD-S', bound), measure('NFD-E', bound)];
    expect(Math.abs(estimated.detectionTimeMs.value - exact.detectionTimeMs.value)).toBeLessThan(0.2);
    // At 2000 the freshness point of a lost heartbeat is when the next but one is sent: if the estimate puts it off by some
    // of the 20 ms that this one takes, it may have come.
    const ratio = estimated.mistakeRecurrenceMs.value / exact.mistakeRecurrenceMs.value;
    expect(ratio).toBeGreaterThan(0.98);
    expect(ratio).toBeLessThan(bound === 2000 ? 1.1 : 1.02);
  });

  it('the simple detector makes more mistakes, whatever its cut-off is', () => {
    const { mistakes } = measure('NFD-S', bound);
    expect(measure('SFD-L', bound).mistakes).toBeGreaterThan(mistakes);
    expect(measure('SFD-S', bound).mistakes).toBeGreaterThan(mistakes);
  });
});
