import { checkDuration } from './durations.js';
import { comesWithin, knownLink, unsynchronisedLink } from './link.js';
import type { Link, LinkBehaviour, UnsynchronisedLink } from './link.js';
import { longestInterval, longestRecurrenceMs, shiftFor } from './longest-interval.js';
import { qualityOfNfdE, qualityOfNfdS, type NfdEQuality, type NfdSQuality } from './quality-of-service.js';
import { UnattainableQualityError } from './unattainable-quality.js';

/** How many intervals the time for detection may have. */
const MOST_INTERVALS = 1_000_000;
/** The least shift and margin that detectors take, in milliseconds. */
const LEAST_SHIFT_MS = 0.001;

/** What is wanted of a detector about a process that is there, and how often heartbeats may be sent for it. */
export interface MistakeRequirements {
  /** The least mean time from one mistake to the next: E(T_MR). */
  readonly mistakeRecurrenceMs: number;
  /** The longest that mistakes may last on average: E(T_M). */
  readonly mistakeDurationMs: number;
  /**
   * The shortest interval between heartbeats that may be proposed.
   *
   * @defaultValue 1, so that nobody sends thousands of heartbeats a second unawares; at least a millionth of the time for
   * detection
   */
  readonly minIntervalMs?: number;
}

/** What {@link configureNfdS} is asked for, and what messages go through. */
export interface NfdSRequirements extends MistakeRequirements, LinkBehaviour {
  /** The most that may pass from a crash until the process is suspected for good: T_D. */
  readonly detectionTimeMs: number;
}

/** What {@link configureNfdE} is asked for, and what is known of messages. */
export interface NfdERequirements extends MistakeRequirements, UnsynchronisedLink {
  /**
   * The most that may pass from a crash until the process is suspected for good, beyond the mean delay of messages, which
   * cannot be measured without synchronised clocks.
   */
  readonly detectionBeyondDelayMs: number;
}

/** Options for `ChenNfdS`, and what it achieves with them. */
export interface NfdSConfiguration {
  readonly intervalMs: number;
  readonly shiftMs: number;
  /** What these options achieve, or guarantee when the distribution of delays is not known. */
  readonly quality: NfdSQuality;
}

/** Options for `ChenNfdE`, and what it guarantees with them. */
export interface NfdEConfiguration {
  readonly intervalMs: number;
  readonly marginMs: number;
  /** What these options guarantee. */
  readonly quality: NfdEQuality;
}

/**
 * The longest interval between heartbeats, and the shift for `ChenNfdS`, that meet the requirements over this link: the
 * procedures of Chen, Toueg & Aguilera 2002, of section 4 when `delay` is a distribution, and of section 5 when only its mean
 * and variance are known. That is, the fewest messages that do. They keep mistakes short by keeping intervals short, so
 * they may refuse a `mistakeDurationMs` that would just be met.
 *
 * What comes out is as good as what goes in: losses and delays that do not change, each message on its own; see
 * {@link qualityOfNfdS}. Where they change, measure and configure again now and then; and tell the sender.
 *
 * O(i detectionTimeMs / minIntervalMs), where i is some hundreds; mostly far less.
 *
 * @example
 * ```ts
 * const day = 86_400_000;
 * const wanted = { detectionTimeMs: 30_000, mistakeRecurrenceMs: 30 * day, mistakeDurationMs: 60_000 };
 * configureNfdS({ ...wanted, loss: 0.01, delay: exponentialDelay(20) }).intervalMs; // 9976.4
 * ```
 *
 * @throws InvalidOptionError; UnattainableQualityError when it cannot be met
 */
export function configureNfdS(requirements: NfdSRequirements): NfdSConfiguration {
  const { detectionTimeMs, delay } = requirements;
  const intervalMs = chooseInterval(requirements, {
    link: knownLink(requirements),
    requirement: 'detectionTimeMs',
    detectionMs: checkDuration('detectionTimeMs', detectionTimeMs),
    leastShiftMs: 'exceeds' in delay ? 0 : delay.meanMs,
  });
  const shiftMs = shiftFor(detectionTimeMs, intervalMs);
  return { intervalMs, shiftMs, quality: qualityOfNfdS({ ...requirements, intervalMs, shiftMs }) };
}

/**
 * The longest interval between heartbeats, and the margin for `ChenNfdE`, that meet the requirements whatever the
 * distribution of delays is: the procedure of Chen, Toueg & Aguilera 2002, section 6. It needs no synchronised clocks, and
 * what {@link LinkStatistics} measures. Otherwise as {@link configureNfdS}.
 *
 * @throws InvalidOptionError; UnattainableQualityError when it cannot be met
 */
export function configureNfdE(requirements: NfdERequirements): NfdEConfiguration {
  const { detectionBeyondDelayMs } = requirements;
  const intervalMs = chooseInterval(requirements, {
    link: unsynchronisedLink(requirements),
    requirement: 'detectionBeyondDelayMs',
    detectionMs: checkDuration('detectionBeyondDelayMs', detectionBeyondDelayMs),
    leastShiftMs: 0,
  });
  const marginMs = shiftFor(detectionBeyondDelayMs, intervalMs);
  return { intervalMs, marginMs, quality: qualityOfNfdE({ ...requirements, intervalMs, marginMs }) };
}

interface Detection {
  readonly link: Link;
  readonly requirement: 'detectionTimeMs' | 'detectionBeyondDelayMs';
  readonly detectionMs: number;
  /** What the shift must be for the formulas to hold. */
  readonly leastShiftMs: number;
}

/** @throws InvalidOptionError; UnattainableQualityError */
function chooseInterval(wanted: MistakeRequirements, { link, requirement, detectionMs, ...rest }: Detection): number {
  const recurrenceMs = checkDuration('mistakeRecurrenceMs', wanted.mistakeRecurrenceMs);
  const durationMs = checkDuration('mistakeDurationMs', wanted.mistakeDurationMs);
  const minIntervalMs = checkDuration('minIntervalMs', wanted.minIntervalMs ?? 1);
  const leastShiftMs = Math.max(rest.leastShiftMs, LEAST_SHIFT_MS);

  const longest = detectionMs - leastShiftMs;
  const from = Math.max(minIntervalMs, detectionMs / MOST_INTERVALS);
  if (longest < from) throw new UnattainableQualityError(requirement, detectionMs, minIntervalMs + leastShiftMs);
  const arrives = comesWithin(link, detectionMs);
  if (link.loss === 1) throw new UnattainableQualityError('mistakeDurationMs', durationMs, Infinity);
  if (arrives === 0) throw new UnattainableQualityError(requirement, detectionMs, null);
  // A mistake ends with one of the heartbeats that come in time, on average after so many intervals; less rounding.
  const to = Math.min(longest, arrives * durationMs * (1 - 2 * Number.EPSILON));
  if (to < from) throw new UnattainableQualityError('mistakeDurationMs', durationMs, from / arrives);
  const search = { link, detectionMs, from, to, arrives: link.worst ? 1 : arrives };
  const found = longestInterval(search, recurrenceMs);
  if (found !== undefined) return found;
  throw new UnattainableQualityError('mistakeRecurrenceMs', recurrenceMs, longestRecurrenceMs(search));
}
