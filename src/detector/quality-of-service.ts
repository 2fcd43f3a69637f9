import { checkNumber } from '../core/index.js';
import { checkDuration } from './durations.js';
import { integrateDecreasing } from './integrate.js';
import { allMissing, comesWithin, knownLink, missing, unsynchronisedLink } from './link.js';
import type { Link, LinkBehaviour, UnsynchronisedLink } from './link.js';

/** How often a detector is wrong about a process that is there, and for how long: means over time. */
export interface MistakeQuality {
  /** The time from one mistake to the next: E(T_MR). `Infinity` when there are none, and when the first never ends. */
  readonly mistakeRecurrenceMs: number;
  /** How long a mistake lasts: E(T_M). 0 when there are none, `Infinity` when the first never ends. */
  readonly mistakeDurationMs: number;
  /** How often mistakes are made: lambda_M. */
  readonly mistakesPerSecond: number;
  /** How long it takes from the end of a mistake to the next: E(T_G). */
  readonly goodPeriodMs: number;
  /** The probability that the process is not suspected, at any time: P_A. */
  readonly queryAccuracy: number;
}

/** What `ChenNfdS` achieves. */
export interface NfdSQuality extends MistakeQuality {
  /** The most that passes from a crash until the process is suspected for good: T_D. */
  readonly detectionTimeMs: number;
}

/** What `ChenNfdE` achieves. */
export interface NfdEQuality extends MistakeQuality {
  /** The most that passes from a crash until the process is suspected for good, less the mean delay of messages. */
  readonly detectionBeyondDelayMs: number;
}

/** What {@link qualityOfNfdS} is asked about. */
export interface NfdSQualityOptions extends LinkBehaviour {
  /** The option of `ChenNfdS`: eta. */
  readonly intervalMs: number;
  /** The option of `ChenNfdS`: delta. From 0 to a million intervals. */
  readonly shiftMs: number;
}

/** What {@link qualityOfNfdE} is asked about. */
export interface NfdEQualityOptions extends UnsynchronisedLink {
  /** The option of `ChenNfdE`: eta. */
  readonly intervalMs: number;
  /** The option of `ChenNfdE`: alpha. From 0 to a million intervals. */
  readonly marginMs: number;
}

const NEVER_MISTAKEN: MistakeQuality = {
  mistakeRecurrenceMs: Infinity,
  mistakeDurationMs: 0,
  mistakesPerSecond: 0,
  goodPeriodMs: Infinity,
  queryAccuracy: 1,
};
/** The first mistake never ends. */
const ALWAYS_MISTAKEN: MistakeQuality = {
  mistakeRecurrenceMs: Infinity,
  mistakeDurationMs: Infinity,
  mistakesPerSecond: 0,
  goodPeriodMs: 0,
  queryAccuracy: 0,
};

/**
 * The quality of service of `ChenNfdS` (Chen, Toueg & Aguilera 2002, theorem 5), to 1e-9 of each value. When only mean and
 * variance of delays are known it is what can be guaranteed whatever their distribution is (section 5): no mean is worse.
 *
 * Messages are assumed to be lost and late independently of each other. Where losses come in bursts mistakes are more
 * frequent: measure them, with a recorded trace. What is less likely than the smallest number, 5e-324, counts as impossible.
 *
 * O(s shiftMs / intervalMs), where s is some thousands, and more when the distribution has more breaks: about 1 ms for a few
 * intervals.
 *
 * @throws InvalidOptionError
 */
export function qualityOfNfdS(options: NfdSQualityOptions): NfdSQuality {
  const { intervalMs, shiftMs } = options;
  checkShift('shiftMs', shiftMs, intervalMs);
  const quality = mistakes(knownLink(options), intervalMs, shiftMs);
  return { detectionTimeMs: shiftMs + intervalMs, ...quality };
}

/**
 * What quality of service `ChenNfdE` can guarantee whatever the distribution of delays is (Chen, Toueg & Aguilera 2002,
 * section 6): no mean is worse. For a detector that knows when heartbeats are to be expected, which its estimate comes near
 * with a window of 32 or more; and under the assumptions of {@link qualityOfNfdS}.
 *
 * O(marginMs / intervalMs).
 *
 * @throws InvalidOptionError
 */
export function qualityOfNfdE(options: NfdEQualityOptions): NfdEQuality {
  const { intervalMs, marginMs } = options;
  checkShift('marginMs', marginMs, intervalMs);
  const quality = mistakes(unsynchronisedLink(options), intervalMs, marginMs);
  return { detectionBeyondDelayMs: marginMs + intervalMs, ...quality };
}

/** @throws InvalidOptionError */
function checkShift(name: string, shiftMs: number, intervalMs: number): void {
  checkDuration('intervalMs', intervalMs);
  checkNumber(name, shiftMs, { min: 0, max: 1_000_000 * intervalMs, integer: false });
}

function mistakes(link: Link, intervalMs: number, shiftMs: number): MistakeQuality {
  const arrives = comesWithin(link, shiftMs + intervalMs);
  const all = allMissing(link, intervalMs, shiftMs);
  if (link.worst) {
    return summary(intervalMs / all, intervalMs / arrives, all);
  }
  if (arrives === 0) return ALWAYS_MISTAKEN;
  const suspectedMs = suspectedAfterFreshness(link, intervalMs, shiftMs);
  if (suspectedMs === undefined) return NEVER_MISTAKEN;
  return summary(intervalMs / (arrives * all), suspectedMs / arrives, (all * suspectedMs) / intervalMs);
}

function summary(mistakeRecurrenceMs: number, mistakeDurationMs: number, suspected: number): MistakeQuality {
  const queryAccuracy = 1 - suspected;
  const goodPeriodMs = queryAccuracy * mistakeRecurrenceMs;
  const mistakesPerSecond = 1000 / mistakeRecurrenceMs;
  return { mistakeRecurrenceMs, mistakeDurationMs, mistakesPerSecond, goodPeriodMs, queryAccuracy };
}

/**
 * How long the process is suspected, on average, until the next freshness point when it is suspected at one: the integral of
 * u(x) over an interval, divided by u(0) in each factor, since the product may be too small for a number. Undefined when it
 * is never suspected.
 */
function suspectedAfterFreshness(link: Link, intervalMs: number, shiftMs: number): number | undefined {
  const atFreshness: number[] = [];
  for (let j = 0; j <= Math.ceil(shiftMs / intervalMs); j++) {
    const probability = missing(link, shiftMs - j * intervalMs);
    if (probability === 0) return undefined;
    atFreshness.push(probability);
  }
  const still = (x: number): number =>
    atFreshness.reduce((product, before, j) => product * (missing(link, shiftMs - j * intervalMs + x) / before), 1);
  const points = [...splits(link, intervalMs, shiftMs), intervalMs];
  return integrateDecreasing(still, points, 4 * Number.EPSILON * (shiftMs + intervalMs));
}

/** Where u(x) jumps or bends between two freshness points, from 0 on: where the delay that a heartbeat may have does. */
function splits(link: Link, intervalMs: number, shiftMs: number): number[] {
  const points = new Set([0]);
  for (const delay of [0, ...(link.delay.breaks ?? [])]) {
    const x = delay - shiftMs + Math.ceil((shiftMs - delay) / intervalMs) * intervalMs;
    if (delay < shiftMs + intervalMs && x > 0 && x < intervalMs) points.add(x);
  }
  return [...points].sort((one, other) => one - other);
}
