/**
 * Judges from the times of its heartbeats whether one process is still there. It may be wrong: over a network that loses
 * and delays messages silence proves nothing, so it suspects, and trusts again when a heartbeat comes after all
 * (Chandra & Toueg 1996, "Unreliable Failure Detectors for Reliable Distributed Systems").
 *
 * A plain object without a clock: every time is given, in milliseconds of one monotonic clock. Until the first heartbeat
 * there is nothing to judge by, so nothing is suspected before {@link FailureDetector.expectFrom} says when to expect it.
 */
export interface FailureDetector {
  /** The suspicion from which on the process is suspected. */
  readonly threshold: number;
  /**
   * A heartbeat arrived. Constant time.
   *
   * @param sequence - its number, which the sender counts up at every interval. A heartbeat whose number is not above the
   * highest was overtaken or repeated, and changes nothing. @defaultValue one above the highest
   * @throws InvalidOptionError for a time before that of the last heartbeat
   */
  heartbeat(at: number, sequence?: number): void;
  /**
   * A heartbeat is awaited as if one had come `at` this time, and nothing is learned from the silence before it: for a
   * process of which none has come yet, and for a monitor that stood still itself and cannot tell what it has missed.
   *
   * @throws InvalidOptionError for a time before that of the last heartbeat
   */
  expectFrom(at: number): void;
  /** How strongly the process is suspected: from 0, on a scale of the detector's own on which `threshold` is. */
  suspicion(now: number): number;
  /** Whether the process is suspected: exactly from `deadline()` on. */
  isSuspect(now: number): boolean;
  /** When the process will be suspected unless a heartbeat comes before; `Infinity` while there is nothing to judge by. */
  deadline(): number;
  /** All that changes in it, as plain numbers, which a detector of the same kind and options understands. O(window). */
  state(): readonly number[];
  /** Goes on from a {@link FailureDetector.state}. @throws InvalidOptionError for one of another length */
  restore(state: readonly number[]): void;
}
