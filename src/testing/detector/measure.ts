import { checkNumber, InvalidOptionError } from '../../core/index.js';
import type { FailureDetector } from '../../detector/index.js';
import { BATCHES, ratioOf, sum, type Estimate } from './estimate.js';
import { arrivalOrder, type HeartbeatTrace } from './trace.js';

/** Options of {@link measureDetector}. */
export interface MeasureDetectorOptions {
  /**
   * How many heartbeats the detector learns from before it is observed.
   *
   * @defaultValue 1000: the longest window that any detector here has by default
   */
  readonly warmUpHeartbeats?: number;
}

/**
 * How well a detector did on a trace, in the terms of Chen, Toueg & Aguilera (2002, section 2.2). A mistake is that it
 * begins to suspect a process that is there (an S-transition), and it lasts until it trusts again.
 */
export interface MeasuredDetector {
  /** How many heartbeats were sent meanwhile; after each of them a crash was considered. */
  readonly heartbeats: number;
  /** How long it was observed, in milliseconds. */
  readonly observedMs: number;
  /** How many mistakes began meanwhile. */
  readonly mistakes: number;
  /** E(T_MR): the time from one mistake to the next, in milliseconds; `Infinity` when there was none. */
  readonly mistakeRecurrenceMs: Estimate;
  /** E(T_M): how long a mistake lasts, in milliseconds; 0 when there was none. */
  readonly mistakeDurationMs: Estimate;
  /** lambda_M, the mistake rate: how many begin in a second. */
  readonly mistakesPerSecond: Estimate;
  /** P_A: the probability that the answer is right at a random time. */
  readonly queryAccuracy: Estimate;
  /**
   * E(T_D), the detection time in milliseconds: from a crash right after a heartbeat was sent, which is the worst moment in
   * its interval, until the process is suspected for good, averaged over all heartbeats. What was sent before the crash still
   * arrives. 0 for a crash while it is suspected already and stays so. After a crash at a random moment it is shorter by half
   * an interval, on average. `Infinity` when some crash would not be noticed.
   */
  readonly detectionTimeMs: Estimate;
  /** The longest of these detection times. */
  readonly maxDetectionTimeMs: number;
}

/**
 * Plays a trace to a detector and says how often, how long and how soon it suspects. To compare detectors, play the same
 * trace to each, with options that make their detection times equal; which one is best depends on the trace.
 *
 * Nothing is polled: what the detector says follows from its `deadline()` after each heartbeat. One that arrives exactly at
 * the deadline is in time. Mistakes are counted from the warm-up until the last heartbeat is sent, which also ends the
 * last of them. Standard errors are by means of 100 batches, so that mistakes may depend on each other, and mean little
 * when there were few.
 *
 * Time O(heartbeats), with some 100 ns each; where heartbeats overtake each other, also that of `state()` and `restore()`,
 * since a crash in between means that only those before it arrive.
 *
 * @param detector - a new one, which is used up
 * @throws InvalidOptionError
 */
export function measureDetector(
  detector: FailureDetector,
  trace: HeartbeatTrace,
  options: MeasureDetectorOptions = {},
): MeasuredDetector {
  const { sentAt, arrivedAt } = trace;
  const { length } = sentAt;
  if (arrivedAt.length !== length) {
    throw new InvalidOptionError('arrivedAt', arrivedAt.length, `${length} times, one for each that was sent`);
  }
  const warmUp = checkNumber('warmUpHeartbeats', options.warmUpHeartbeats ?? 1000, { min: 0, max: length - 2 });
  return new Measurement(detector, trace, warmUp).run();
}

class Measurement {
  readonly #detector: FailureDetector;
  readonly #sentAt: Float64Array;
  readonly #arrivedAt: Float64Array;
  readonly #order: Uint32Array;
  readonly #warmUp: number;
  readonly #start: number;
  readonly #end: number;
  /** Since when, or from when on, the process is suspected unless another heartbeat comes. */
  #suspectedFrom = Infinity;
  /** Crashes right after heartbeats below this number have been considered. */
  #crash = 0;
  /** How many heartbeats below that number were not lost. */
  #unlost = 0;
  #maxDetection = 0;
  readonly #mistakes = new Float64Array(BATCHES);
  readonly #suspected = new Float64Array(BATCHES);
  readonly #crashes = new Float64Array(BATCHES);
  readonly #detection = new Float64Array(BATCHES);

  constructor(detector: FailureDetector, { sentAt, arrivedAt }: HeartbeatTrace, warmUp: number) {
    this.#detector = detector;
    this.#sentAt = sentAt;
    this.#arrivedAt = arrivedAt;
    this.#order = arrivalOrder(arrivedAt);
    this.#warmUp = warmUp;
    this.#start = sentAt[warmUp]!;
    this.#end = sentAt[sentAt.length - 1]!;
  }

  run(): MeasuredDetector {
    const order = this.#order;
    for (let place = 0; place < order.length; place++) {
      const sequence = order[place]!;
      if (sequence > this.#crash) this.#crashBefore(sequence, place);
      const at = this.#arrivedAt[sequence]!;
      const before = this.#suspectedFrom;
      this.#suspectedFrom = suspectedFrom(this.#detector, before, at, sequence);
      if (before < at && this.#suspectedFrom > at) this.#mistake(before, at);
    }
    this.#crashBefore(this.#sentAt.length, order.length);
    this.#mistake(this.#suspectedFrom, this.#end);
    return this.#result();
  }

  /** Considers crashes after heartbeats below this one, which is the next to arrive and the first of its number or above. */
  #crashBefore(sequence: number, place: number): void {
    const first = this.#crash;
    for (let crash = first; crash < sequence; crash++) if (this.#arrivedAt[crash]! < Infinity) this.#unlost++;
    const late = this.#unlost > place ? this.#late(sequence, place) : [];
    this.#crash = sequence;
    for (let crash = Math.max(first, this.#warmUp); crash < sequence; crash++) {
      this.#detected(crash, late.length === 0 ? this.#suspectedFrom : this.#suspectedAfter(crash, late));
    }
  }

  /** Those before this one that arrive after it, in the order in which they do. */
  #late(sequence: number, place: number): number[] {
    const late: number[] = [];
    for (let next = place; late.length < this.#unlost - place; next++) {
      if (this.#order[next]! < sequence) late.push(this.#order[next]!);
    }
    return late;
  }

  /** From when on the process is suspected if it crashed after this heartbeat and those of them that it had sent arrive. */
  #suspectedAfter(crash: number, late: readonly number[]): number {
    let from = this.#suspectedFrom;
    const state = this.#detector.state();
    for (const sequence of late) {
      if (sequence <= crash) from = suspectedFrom(this.#detector, from, this.#arrivedAt[sequence]!, sequence);
    }
    this.#detector.restore(state);
    return from;
  }

  #detected(crash: number, from: number): void {
    const sentAt = this.#sentAt[crash]!;
    const took = Math.max(0, from - sentAt);
    const batch = this.#batch(sentAt);
    this.#crashes[batch]!++;
    this.#detection[batch]! += took;
    if (took > this.#maxDetection) this.#maxDetection = took;
  }

  #mistake(from: number, to: number): void {
    if (!(from >= this.#start && from < this.#end)) return;
    const batch = this.#batch(from);
    this.#mistakes[batch]!++;
    this.#suspected[batch]! += Math.min(to, this.#end) - from;
  }

  #batch(at: number): number {
    return Math.min(Math.floor((BATCHES * (at - this.#start)) / (this.#end - this.#start)), BATCHES - 1);
  }

  #result(): MeasuredDetector {
    const observedMs = this.#end - this.#start;
    const mistakes = sum(this.#mistakes);
    const mistakesPerSecond = ratioOf(this.#mistakes, observedMs / 1000);
    const suspected = ratioOf(this.#suspected, observedMs);
    const recurrence = observedMs / mistakes;
    return {
      heartbeats: this.#sentAt.length - this.#warmUp,
      observedMs,
      mistakes,
      mistakeRecurrenceMs: {
        value: recurrence,
        standardError: (mistakesPerSecond.standardError / 1000) * recurrence ** 2,
      },
      mistakeDurationMs: mistakes === 0 ? { value: 0, standardError: NaN } : ratioOf(this.#suspected, this.#mistakes),
      mistakesPerSecond,
      queryAccuracy: { ...suspected, value: 1 - suspected.value },
      detectionTimeMs: ratioOf(this.#detection, this.#crashes),
      maxDetectionTimeMs: this.#maxDetection,
    };
  }
}

/**
 * A heartbeat arrives at a process that is suspected from some time on, past or to come; from when on it is suspected now. It
 * stays suspected when it was and the deadline is not put off beyond now.
 */
function suspectedFrom(detector: FailureDetector, before: number, at: number, sequence: number): number {
  detector.heartbeat(at, sequence);
  const deadline = detector.deadline();
  if (Number.isNaN(deadline)) throw new InvalidOptionError('detector', deadline, 'one whose deadline is a time');
  if (before < at) return deadline > at ? deadline : before;
  return Math.max(deadline, at);
}
