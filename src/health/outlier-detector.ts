import { checkNumber, systemNow } from '../core/index.js';
import {
  failurePercentageRule,
  successRateRule,
  type FailurePercentageOptions,
  type OutlierCounts,
  type OutlierRule,
  type SuccessRateOptions,
} from './outlier-rules.js';

/** Why a node was ejected. */
export type EjectionReason = 'consecutive-failures' | 'success-rate' | 'failure-percentage';

/** Options of {@link OutlierDetector}; the defaults are those of Envoy and gRPC (proposal A50). */
export interface OutlierDetectorOptions {
  /** How long results are counted until nodes are compared. @defaultValue 10000 */
  readonly intervalMs?: number;
  /** How long the first ejection of a node lasts; the next ones twice, three times as long, and so on. @defaultValue 30000 */
  readonly baseEjectionMs?: number;
  /** How long an ejection lasts at most, unless `baseEjectionMs` is more. @defaultValue 300000 */
  readonly maxEjectionMs?: number;
  /**
   * While fewer than this part of all nodes are ejected another one may be, from 0 to 1: so one always may, unless this is 0, and
   * of 15 nodes two with 0.1. The last node that is left never is.
   * @defaultValue 0.1
   */
  readonly maxEjected?: number;
  /** How many failures in a row eject a node at once; `false` for never. @defaultValue 5, as in Envoy; gRPC has no such rule */
  readonly consecutiveFailures?: number | false;
  /** Ejects those whose success rate is far below that of the others; `false` for never. @defaultValue `{}` */
  readonly successRate?: SuccessRateOptions | false;
  /** Ejects those of whose requests almost all fail; `false` for never. @defaultValue `{}` */
  readonly failurePercentage?: FailurePercentageOptions | false;
  /** A node was ejected, for so long. What it throws is ignored. */
  readonly onEjection?: (node: string, reason: EjectionReason, forMs: number) => void;
  /** A node's ejection is over. What it throws is ignored. */
  readonly onReturn?: (node: string) => void;
  /** Monotonic milliseconds. @defaultValue that of the platform, `systemNow.now` */
  readonly now?: () => number;
}

/** What is known of a node, as of the last time that something was asked or told. */
export interface OutlierStatus extends OutlierCounts {
  /** The name of the node. */
  readonly node: string;
  /** Until when it is ejected, in milliseconds of `now`; `null` when it is not. */
  readonly ejectedUntil: number | null;
  /** How many times `baseEjectionMs` its last ejection was, less one for each whole interval without since. */
  readonly multiplier: number;
  /** Failures since its last success. */
  readonly consecutiveFailures: number;
}

interface Tracked {
  readonly node: string;
  requests: number;
  failures: number;
  consecutiveFailures: number;
  multiplier: number;
  /** When its last ejection is over, or was. */
  until: number;
}

/**
 * Finds nodes that do worse than the others by the results of requests, and ejects them for a while that grows each time: as
 * Envoy and gRPC do (proposal A50), by failures in a row, by success rates far below the mean, and by the part that fails.
 *
 * Results count in the interval in which they come. After each interval nodes with enough requests are compared, those that are
 * ejected left out; a node that was not ejected in all of it has its multiplier lowered by one. What comes of requests that were
 * begun before a node was ejected is ignored from then on, and so is what comes while it is.
 *
 * There is no timer: whatever is asked or told first does what is due by then, and it is the same as if a timer had done it.
 * Unlike with those, an ejection is over when its time is, not with the interval in which that falls. The multiplier grows no
 * further once the longest ejection is reached (Envoy: one more; gRPC: without a limit), or who was ill for a day would be
 * mistrusted for an hour.
 *
 * Only what failed for reasons of the node must count as failed. Beside nodes that never fail, a single failure is far below the
 * mean of success rates: a node that is ejected by that is the worst, not always a bad one. Not a panic threshold: when most
 * nodes fail, those above `maxEjected` stay.
 *
 * O(1) a request, O(nodes) an interval, O(ejected nodes) when one is over.
 */
export class OutlierDetector {
  readonly #intervalMs: number;
  readonly #baseEjectionMs: number;
  readonly #maxEjectionMs: number;
  readonly #maxEjected: number;
  readonly #consecutiveFailures: number;
  readonly #rules: readonly (readonly [EjectionReason, OutlierRule])[];
  readonly #options: OutlierDetectorOptions;
  readonly #now: () => number;
  readonly #nodes = new Map<string, Tracked>();
  readonly #ejected = new Set<Tracked>();
  #intervalEnd: number;
  /** When something is to be done: the interval ends, or an ejection. */
  #dueAt: number;
  /** What listeners will hear, once all is as it will be. */
  #news: (() => void)[] = [];

  /** @throws InvalidOptionError */
  constructor(options: OutlierDetectorOptions = {}) {
    const { intervalMs = 10_000, baseEjectionMs = 30_000, maxEjectionMs = 300_000, maxEjected = 0.1 } = options;
    const { consecutiveFailures = 5, successRate = {}, failurePercentage = {} } = options;
    this.#intervalMs = checkNumber('intervalMs', intervalMs, { min: 1 });
    this.#baseEjectionMs = checkNumber('baseEjectionMs', baseEjectionMs, { min: 1 });
    this.#maxEjectionMs = Math.max(baseEjectionMs, checkNumber('maxEjectionMs', maxEjectionMs, { min: 1 }));
    this.#maxEjected = checkNumber('maxEjected', maxEjected, { min: 0, max: 1, integer: false });
    this.#consecutiveFailures =
      consecutiveFailures === false ? Infinity : checkNumber('consecutiveFailures', consecutiveFailures, { min: 1 });
    const rules: [EjectionReason, OutlierRule][] = [];
    if (successRate !== false) rules.push(['success-rate', successRateRule(successRate)]);
    if (failurePercentage !== false) rules.push(['failure-percentage', failurePercentageRule(failurePercentage)]);
    this.#rules = rules;
    this.#options = options;
    this.#now = options.now ?? systemNow;
    this.#dueAt = this.#intervalEnd = this.#now() + intervalMs;
  }

  /** Compares a node with the others from now on. One that is there already goes on as it is. */
  add(node: string): void {
    this.update();
    if (this.#nodes.has(node)) return;
    const counts = { requests: 0, failures: 0, consecutiveFailures: 0 };
    this.#nodes.set(node, { node, ...counts, multiplier: 0, until: -Infinity });
  }

  /** Forgets a node, and what becomes of its requests. Nobody is told of its return. Returns whether it was there. */
  remove(node: string): boolean {
    this.update();
    const tracked = this.#nodes.get(node);
    if (tracked === undefined) return false;
    tracked.until = NaN; // which is equal to nothing that the end of a request remembers
    this.#ejected.delete(tracked);
    return this.#nodes.delete(node);
  }

  /**
   * A request to a node begins, which was chosen after `update`. What is returned is to be called when it has ended, with
   * whether it failed for reasons of the node; more than once is harmless. Of nodes that are not there nothing is noted. O(1).
   */
  begin(node: string): (failed: boolean) => void {
    let tracked = this.#nodes.get(node);
    const until = tracked?.until;
    return (failed) => {
      const ended = tracked;
      tracked = undefined;
      if (ended === undefined) return;
      const now = this.#update();
      // Of what was begun before an ejection, or before the node was removed, nothing is learned about the node as it is now.
      if (ended.until === until && !this.#ejected.has(ended)) this.#count(ended, failed, now);
    };
  }

  /** Whether a node is ejected, as of the last time that something was asked or told. O(1). */
  isEjected(node: string): boolean {
    const tracked = this.#nodes.get(node);
    return tracked !== undefined && this.#ejected.has(tracked);
  }

  /** Does what is due. To be called before requests are sent; O(1) unless an interval or an ejection is over. */
  update(): void {
    this.#update();
  }

  /** What is known of all nodes, in the order in which they were added. Changes nothing. O(nodes). */
  status(): OutlierStatus[] {
    return [...this.#nodes.values()].map((tracked) => {
      const { until, ...status } = tracked;
      return { ...status, ejectedUntil: this.#ejected.has(tracked) ? until : null };
    });
  }

  /** Does what is due, and returns the time. */
  #update(): number {
    const now = this.#now();
    if (now >= this.#dueAt) this.#catchUp(now);
    return now;
  }

  #count(tracked: Tracked, failed: boolean, now: number): void {
    tracked.requests++;
    tracked.consecutiveFailures = failed ? tracked.consecutiveFailures + 1 : 0;
    if (!failed) return;
    tracked.failures++;
    if (tracked.consecutiveFailures < this.#consecutiveFailures) return;
    tracked.consecutiveFailures = 0; // when no more may be ejected, as many again must fail until that is asked again
    this.#eject(tracked, 'consecutive-failures', now);
    this.#tellNews();
  }

  #catchUp(now: number): void {
    if (now >= this.#intervalEnd) {
      const ended = this.#intervalEnd;
      const last = ended + Math.floor((now - ended) / this.#intervalMs) * this.#intervalMs;
      this.#intervalEnd = last + this.#intervalMs;
      this.#returnUntil(ended);
      this.#compare(ended);
      for (const tracked of this.#nodes.values()) this.#forgive(tracked, ended, last); // nothing has ended in later intervals
    }
    this.#returnUntil(now);
    this.#tellNews();
  }

  /** Ends the ejections that are over. */
  #returnUntil(now: number): void {
    this.#dueAt = this.#intervalEnd;
    for (const tracked of this.#ejected) {
      if (tracked.until <= now) {
        this.#ejected.delete(tracked);
        this.#news.push(() => this.#options.onReturn?.(tracked.node));
      } else this.#dueAt = Math.min(this.#dueAt, tracked.until);
    }
  }

  /** An interval is over: ejects the outliers and counts anew. */
  #compare(now: number): void {
    const nodes = [...this.#nodes.values()]; // the ejected ones have no requests, so that nothing is made of them
    const outliers = this.#rules.map(([reason, rule]) => [reason, rule(nodes)] as const);
    for (const [reason, found] of outliers) for (const tracked of found) this.#eject(tracked, reason, now);
    for (const tracked of nodes) tracked.requests = tracked.failures = 0;
  }

  /** Lowers the multiplier for each interval, of those that end from `first` to `last`, in all of which it was not ejected. */
  #forgive(tracked: Tracked, first: number, last: number): void {
    const intervals = Math.floor((last - Math.max(first - this.#intervalMs, tracked.until)) / this.#intervalMs);
    tracked.multiplier = Math.max(0, tracked.multiplier - Math.max(0, intervals));
  }

  #eject(tracked: Tracked, reason: EjectionReason, now: number): void {
    const { size } = this.#ejected;
    const full = size / this.#nodes.size >= this.#maxEjected || size + 1 >= this.#nodes.size;
    if (full || this.#ejected.has(tracked)) return;
    if (tracked.multiplier * this.#baseEjectionMs < this.#maxEjectionMs) tracked.multiplier++;
    const forMs = Math.min(tracked.multiplier * this.#baseEjectionMs, this.#maxEjectionMs);
    tracked.until = now + forMs;
    tracked.requests = tracked.failures = tracked.consecutiveFailures = 0;
    this.#ejected.add(tracked);
    this.#dueAt = Math.min(this.#dueAt, tracked.until);
    this.#news.push(() => this.#options.onEjection?.(tracked.node, reason, forMs));
  }

  #tellNews(): void {
    const news = this.#news;
    this.#news = [];
    for (const tell of news) {
      try {
        tell();
      } catch {
        // No request fails because of who listens.
      }
    }
  }
}
