import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FixedTimeout, type FailureDetector } from 'quorate/detector';
import { measureDetector, type HeartbeatTrace } from 'quorate/testing';
import { detectors } from '../../detector/all-detectors.js';
import { pollDetector } from './poller.js';

const INTERVAL = 100;
const WARM_UP = 8;

/** Heartbeats of delays that let some be lost and some be overtaken by the next three; times are multiples of `grain`. */
const tracesOf = (grain: number): fc.Arbitrary<HeartbeatTrace> =>
  fc
    .array(
      fc.oneof(
        { weight: 6, arbitrary: fc.integer({ min: 0, max: 30 / grain }).map((n) => n * grain) },
        { weight: 2, arbitrary: fc.integer({ min: 0, max: 350 / grain }).map((n) => n * grain) },
        { weight: 1, arbitrary: fc.constant(Infinity) },
      ),
      { minLength: WARM_UP + 3, maxLength: 24 },
    )
    .map((delays) => {
      delays[0] = 1; // or it may be that none comes before the warm-up is over, and none is expected
      const sentAt = Float64Array.from(delays, (_, i) => i * INTERVAL);
      return { intervalMs: INTERVAL, sentAt, arrivedAt: sentAt.map((at, i) => at + delays[i]!) };
    });

const traceOf = (...arrivedAt: number[]): HeartbeatTrace => ({
  intervalMs: INTERVAL,
  sentAt: Float64Array.from(arrivedAt, (_, i) => i * INTERVAL),
  arrivedAt: Float64Array.from(arrivedAt),
});

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** Deadlines are rounded up to a whole millisecond: for who asks at whole ones it is the same. */
function whole(detector: FailureDetector): FailureDetector {
  const deadline = detector.deadline.bind(detector);
  return Object.assign(detector, { deadline: () => Math.ceil(deadline()) });
}

describe('measureDetector sees what a poller sees that asks every millisecond', () => {
  it.each(Object.entries(detectors))('%s', (_, make) => {
    fc.assert(
      fc.property(tracesOf(5), (trace) => {
        const polled = pollDetector(() => make(INTERVAL), trace, { warmUp: WARM_UP, silence: 2000 });
        const measured = measureDetector(whole(make(INTERVAL)), trace, { warmUpHeartbeats: WARM_UP });
        expect(measured.mistakes).toBe(polled.mistakes);
        expect(measured.mistakeDurationMs.value * measured.mistakes).toBeCloseTo(polled.suspectedMs, 6);
        expect(measured.queryAccuracy.value).toBeCloseTo(1 - polled.suspectedMs / measured.observedMs, 9);
        expect(measured.detectionTimeMs.value).toBeCloseTo(mean(polled.detectionTimesMs), 6);
        expect(measured.maxDetectionTimeMs).toBe(Math.max(...polled.detectionTimesMs));
      }),
      { numRuns: 25 },
    );
  });
});

describe('measureDetector', () => {
  const timeout = (timeoutMs: number): FailureDetector => new FixedTimeout({ timeoutMs });

  it('counts a mistake where it begins, and cuts the last one off', () => {
    // Suspected from 160 to 210, and from 360 on, of which the trace ends at 400.
    const measured = measureDetector(timeout(150), traceOf(10, Infinity, 210, Infinity, Infinity), {
      warmUpHeartbeats: 0,
    });
    expect(measured).toMatchObject({ heartbeats: 5, observedMs: 400, mistakes: 2 });
    expect(measured.mistakeRecurrenceMs.value).toBe(200);
    expect(measured.mistakeDurationMs.value).toBe((50 + 40) / 2);
    expect(measured.mistakesPerSecond.value).toBe(5);
    expect(measured.queryAccuracy.value).toBeCloseTo(1 - 90 / 400, 12);
    expect(measured.detectionTimeMs.value).toBeCloseTo(mean([160, 60, 160, 60, 0]), 12);
    expect(measured.maxDetectionTimeMs).toBe(160);
  });

  it('takes a heartbeat that arrives exactly at the deadline for one in time', () => {
    expect(measureDetector(timeout(100), traceOf(0, 100, 200, 300), { warmUpHeartbeats: 0 }).mistakes).toBe(0);
    expect(measureDetector(timeout(99), traceOf(0, 100, 200, 300), { warmUpHeartbeats: 0 }).mistakes).toBe(3);
  });

  it('leaves out mistakes of the warm-up, and what it has no mistakes to say of', () => {
    const measured = measureDetector(timeout(150), traceOf(0, Infinity, 200, 300, 400), { warmUpHeartbeats: 2 });
    expect(measured).toMatchObject({ heartbeats: 3, observedMs: 200, mistakes: 0 });
    expect(measured.mistakeRecurrenceMs.value).toBe(Infinity);
    expect(measured.mistakeDurationMs.value).toBe(0);
    expect(measured.queryAccuracy.value).toBe(1);
  });

  it('lets heartbeats that were sent before a crash arrive, and no others, when they overtake each other', () => {
    // Number 1 arrives behind number 2: after a crash in between it is the last to arrive, at 250.
    const measured = measureDetector(timeout(150), traceOf(0, 250, 210), { warmUpHeartbeats: 0 });
    expect(measured.detectionTimeMs.value).toBeCloseTo(mean([150, 300, 160]), 12);
  });

  it('finds that a crash is never noticed', () => {
    const deaf: FailureDetector = Object.assign(timeout(150), { deadline: () => Infinity });
    const { detectionTimeMs, maxDetectionTimeMs } = measureDetector(deaf, traceOf(0, 100, 200), {
      warmUpHeartbeats: 0,
    });
    expect([detectionTimeMs.value, maxDetectionTimeMs]).toEqual([Infinity, Infinity]);
  });

  it('refuses what it cannot measure', () => {
    const trace = traceOf(0, 100, 200);
    const measure = (changed: Partial<HeartbeatTrace>, warmUpHeartbeats = 0): unknown =>
      measureDetector(timeout(150), { ...trace, ...changed }, { warmUpHeartbeats });
    expect(() => measure({ arrivedAt: new Float64Array(2) })).toThrow('arrivedAt is 2; it must be 3 times');
    expect(() => measure({}, 2)).toThrow('warmUpHeartbeats is 2; it must be a whole number from 0 to 1');
    expect(() => measureDetector(timeout(150), trace)).toThrow('warmUpHeartbeats is 1000');
    const confused: FailureDetector = Object.assign(timeout(150), { deadline: () => NaN });
    expect(() => measureDetector(confused, trace, { warmUpHeartbeats: 0 })).toThrow('detector is NaN');
  });
});
