import {
  Bertier,
  ChenNfdE,
  ChenNfdS,
  ExponentialPhi,
  FixedTimeout,
  LogisticPhi,
  MissedChecks,
  NormalPhi,
  TwoWindow,
  type FailureDetector,
} from 'quorate/detector';
import { measureDetector, type HeartbeatTrace, type MeasuredDetector } from 'quorate/testing';

/** A detector in the comparison, with the one knob that trades the detection time for mistakes. */
export interface Contender {
  readonly name: string;
  /** What the knob is called. */
  readonly knob: string;
  /** The least and greatest value that it takes. The detection time grows with it. */
  readonly range: readonly [number, number];
  /** @param targetMs - what the detection time is to be, for what is chosen besides */
  make(knob: number, intervalMs: number, targetMs: number): FailureDetector;
}

/** As in the paper: no pause, and no least deviation. */
const asMeasured = { acceptablePauseMs: 0, minStandardDeviationMs: 0.001 };
const DURATIONS = [0.001, 10_000] as const;
const THRESHOLDS = [0.001, 300] as const;
/** What messages take over the wide area, for a first guess only. */
const DELAY = 140;

/** How many checks must be missed, so that checks are about as frequent as heartbeats: on average half of one more passes. */
const misses = (intervalMs: number, targetMs: number): number =>
  Math.max(1, Math.round((targetMs - DELAY) / intervalMs - 0.5));

/** All detectors that have a knob, with their default windows. */
export const contenders: readonly Contender[] = [
  { name: 'FixedTimeout', knob: 'timeout', range: DURATIONS, make: (timeoutMs) => new FixedTimeout({ timeoutMs }) },
  {
    name: 'MissedChecks',
    knob: 'interval of checks',
    range: DURATIONS,
    make: (checkMs, intervalMs, targetMs) =>
      new MissedChecks({ intervalMs: checkMs, misses: misses(intervalMs, targetMs) }),
  },
  {
    name: 'ChenNfdS',
    knob: 'shift',
    range: DURATIONS,
    make: (shiftMs, intervalMs) => new ChenNfdS({ firstSentAt: 0, intervalMs, shiftMs }),
  },
  {
    name: 'ChenNfdE',
    knob: 'margin',
    range: DURATIONS,
    make: (marginMs, intervalMs) => new ChenNfdE({ intervalMs, marginMs }),
  },
  {
    name: 'TwoWindow',
    knob: 'margin',
    range: DURATIONS,
    make: (marginMs, intervalMs) => new TwoWindow({ intervalMs, marginMs }),
  },
  {
    name: 'LogisticPhi',
    knob: 'threshold',
    range: THRESHOLDS,
    make: (threshold, intervalMs) => new LogisticPhi({ intervalMs, threshold, ...asMeasured }),
  },
  {
    name: 'NormalPhi',
    knob: 'threshold',
    range: THRESHOLDS,
    make: (threshold, intervalMs) => new NormalPhi({ intervalMs, threshold, ...asMeasured }),
  },
  {
    name: 'ExponentialPhi',
    knob: 'threshold',
    range: THRESHOLDS,
    make: (threshold, intervalMs) => new ExponentialPhi({ intervalMs, threshold }),
  },
];

/** The one that has none: a single point. */
export const bertier = {
  name: 'Bertier',
  make: (intervalMs: number): FailureDetector => new Bertier({ intervalMs }),
};

/** A detector on a trace, and the knob that gave the detection time. */
export interface Tuned {
  readonly knob: number;
  readonly measured: MeasuredDetector;
}

/** How far a mean detection time may be from what it is to be. */
const CLOSE = 0.001;
/** How much of the trace the knob is looked for on at first. */
const FIRST = 30_000;

/**
 * What the contender does on the trace with its knob turned so that its mean detection time is as wanted, within a thousandth;
 * null when no value of the knob comes within a hundredth. First by bisection on the beginning, unless there is a guess,
 * then by secants on the whole.
 */
export function atDetectionTime(one: Contender, trace: HeartbeatTrace, targetMs: number, guess?: number): Tuned | null {
  const play = (on: HeartbeatTrace, knob: number): MeasuredDetector =>
    measureDetector(one.make(knob, trace.intervalMs, targetMs), on);
  const off = (measured: MeasuredDetector): number => measured.detectionTimeMs.value / targetMs - 1;
  const begin = {
    intervalMs: trace.intervalMs,
    sentAt: trace.sentAt.subarray(0, FIRST),
    arrivedAt: trace.arrivedAt.subarray(0, FIRST),
  };
  const from = guess ?? byBisection((knob) => off(play(begin, knob)), one.range);
  return from === null ? null : bySecants((knob) => play(trace, knob), off, from, one.range);
}

/** Where a growing function is about 0; null when it is not in the range. */
function byBisection(off: (knob: number) => number, [least, most]: readonly [number, number]): number | null {
  let [low, high] = [least, most];
  if (off(low) > 20 * CLOSE || off(high) < -20 * CLOSE) return null; // the beginning is not the whole
  while (high / low - 1 > CLOSE / 100) {
    const middle = high > 2 * low ? Math.sqrt(low * high) : (low + high) / 2;
    const found = off(middle);
    if (Math.abs(found) < CLOSE / 4) return middle;
    if (found < 0) low = middle;
    else high = middle;
  }
  return low;
}

function bySecants(
  play: (knob: number) => MeasuredDetector,
  off: (measured: MeasuredDetector) => number,
  guess: number,
  [least, most]: readonly [number, number],
): Tuned | null {
  let best = { knob: guess, measured: play(guess) };
  let [knob, error] = [guess, off(best.measured)];
  let slope = 1 / guess; // of what is proportional to its knob
  for (let step = 0; step < 6 && Math.abs(off(best.measured)) > CLOSE; step++) {
    const next = Math.min(Math.max(knob - error / slope, knob / 1.5, least), knob * 1.5, most);
    if (next === knob) break;
    const measured = play(next);
    if (off(measured) !== error) slope = Math.max((off(measured) - error) / (next - knob), 0.01 / knob);
    [knob, error] = [next, off(measured)];
    if (Math.abs(error) < Math.abs(off(best.measured))) best = { knob, measured };
  }
  return Math.abs(off(best.measured)) > 10 * CLOSE ? null : best;
}
