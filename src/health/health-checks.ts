import {
  checkNumber,
  ClosedError,
  InvalidOptionError,
  OverloadedError,
  systemClock,
  systemRandom,
  TimeoutError,
  type Cancel,
  type Clock,
} from '../core/index.js';
import { HealthListeners } from './health-listeners.js';
import type { HealthSource } from './health-source.js';
import { countResult, type Thresholds, type ThresholdState } from './thresholds.js';

/**
 * Whether a node is well: resolves, with whatever, when it is; rejects or throws when not. The signal aborts when nobody waits
 * any more: after `timeoutMs`, or when the node is removed. A check that goes on in spite of it counts no more, neither as a
 * result nor against `maxConcurrent`.
 */
export type HealthCheck = (node: string, options: { readonly signal: AbortSignal }) => unknown;

/** A day: platforms have no timers beyond 24. */
const LONGEST_MS = 86_400_000;

/** Options of {@link HealthChecks}. */
export interface HealthChecksOptions extends Partial<Thresholds> {
  /** `tcpCheck()` or `httpCheck()` of `quorate/health/node`, or any function. */
  readonly check: HealthCheck;
  /**
   * From the beginning of one check of a node to that of the next; longer when the check itself takes longer. At most a day.
   *
   * @defaultValue 2000, as in HAProxy; usual are 2 s to a minute
   */
  readonly intervalMs?: number;
  /**
   * The first check of a node is at a random moment within so long after it was added, so that nodes that come together are not
   * checked together. With 0 it is checked at once.
   *
   * @defaultValue that of `intervalMs`
   */
  readonly firstCheckWithinMs?: number;
  /**
   * The same while results in a row have begun to change what is thought of the node, so that it is known sooner.
   * @defaultValue that of `intervalMs`
   */
  readonly fastIntervalMs?: number;
  /** The same while the node is unwell and stays so. @defaultValue that of `intervalMs` */
  readonly downIntervalMs?: number;
  /**
   * When a check that has not ended has failed. Apart from the interval: the longer one keeps the other waiting. At most a day.
   *
   * @defaultValue 5000: slower answers are of no use to most callers
   */
  readonly timeoutMs?: number;
  /** Successes in a row that make a node well. @defaultValue 2, as in HAProxy */
  readonly healthyThreshold?: number;
  /** Failures in a row that make a node unwell. @defaultValue 3, as in HAProxy: a lost packet or two take no node out */
  readonly unhealthyThreshold?: number;
  /**
   * What is thought of a node until its checks say otherwise. With `false` none is given requests before it has passed, so that a
   * program which starts has to wait: `firstDecides` and a short `firstCheckWithinMs` shorten that.
   *
   * @defaultValue true, as in HAProxy: nodes that come serve at once
   */
  readonly initiallyHealthy?: boolean;
  /**
   * Whether the first result of a node decides alone, as in Envoy.
   *
   * @defaultValue false: a single result is not to be trusted, then as later
   */
  readonly firstDecides?: boolean;
  /**
   * By which part of itself an interval is longer or shorter, at random, so that many checkers do not fall into step; from 0 to
   * 0.5. @defaultValue 0.1
   */
  readonly jitter?: number;
  /**
   * The most checks at a time; others wait for their turn, in the order in which they became due.
   *
   * @defaultValue 100: 20 checks a second even when all of them time out
   */
  readonly maxConcurrent?: number;
  /** The most nodes. @defaultValue 10000: at the default interval 5000 checks a second */
  readonly maxNodes?: number;
  /** Uniform in [0, 1). @defaultValue that of the platform */
  readonly random?: () => number;
  /** @defaultValue `systemClock` */
  readonly clock?: Clock;
}

/** What is known of a node. */
export interface HealthCheckStatus extends Readonly<ThresholdState> {
  /** Its name, as it was added. */
  readonly node: string;
  /** How many checks have ended. */
  readonly checks: number;
  /** When the last one has ended, in milliseconds of the clock; `null` before the first. */
  readonly checkedAt: number | null;
  /** Why the last one failed; `null` if it did not. */
  readonly error: unknown;
}

interface Checked extends ThresholdState {
  readonly node: string;
  checks: number;
  checkedAt: number | null;
  error: unknown;
  /** What ends the timer of the next check, or the check that is under way. */
  cancel: Cancel;
}

/**
 * Checks nodes again and again, and says of each whether it is well: after so many results in a row, so that a single one, of
 * a node that flaps or of a packet that is lost, changes nothing (`rise` and `fall` of HAProxy).
 *
 * The first check of a node is at a random moment of its first interval, so that not all are checked at once. A node is checked
 * once at a time. Put a `HealthGate` around a balancer to have it follow. Not the only source where thousands of clients check
 * each server: their checks become its load; let requests tell (`OutlierEjection`), or heartbeats.
 *
 * O(1) a check. One timer a node that is not being checked, and one a check.
 */
export class HealthChecks implements HealthSource, AsyncDisposable {
  readonly #check: HealthCheck;
  readonly #thresholds: Thresholds;
  readonly #intervalMs: number;
  readonly #firstCheckWithinMs: number;
  readonly #fastIntervalMs: number;
  readonly #downIntervalMs: number;
  readonly #timeoutMs: number;
  readonly #initiallyHealthy: boolean;
  readonly #firstDecides: boolean;
  readonly #jitter: number;
  readonly #maxConcurrent: number;
  readonly #maxNodes: number;
  readonly #random: () => number;
  readonly #clock: Clock;
  readonly #nodes = new Map<string, Checked>();
  readonly #listeners = new HealthListeners();
  /** Nodes that are due, in the order in which they became so. */
  readonly #due = new Set<Checked>();
  #underWay = 0;
  #closed = false;

  /** @throws InvalidOptionError */
  constructor(options: HealthChecksOptions) {
    const { check, intervalMs = 2000, timeoutMs = 5000, healthyThreshold = 2, unhealthyThreshold = 3 } = options;
    const { fastIntervalMs = intervalMs, downIntervalMs = intervalMs, firstCheckWithinMs = intervalMs } = options;
    const { jitter = 0.1, initiallyHealthy = true, firstDecides = false } = options;
    const { maxConcurrent = 100, maxNodes = 10_000 } = options;
    if (typeof check !== 'function')
      throw new InvalidOptionError('check', check, 'a function such as httpCheck() of quorate/health/node');
    this.#check = check;
    this.#intervalMs = checkNumber('intervalMs', intervalMs, { min: 1, max: LONGEST_MS });
    this.#fastIntervalMs = checkNumber('fastIntervalMs', fastIntervalMs, { min: 1, max: LONGEST_MS });
    this.#downIntervalMs = checkNumber('downIntervalMs', downIntervalMs, { min: 1, max: LONGEST_MS });
    this.#firstCheckWithinMs = checkNumber('firstCheckWithinMs', firstCheckWithinMs, { min: 0, max: LONGEST_MS });
    this.#timeoutMs = checkNumber('timeoutMs', timeoutMs, { min: 1, max: LONGEST_MS });
    this.#thresholds = {
      healthyThreshold: checkNumber('healthyThreshold', healthyThreshold, { min: 1 }),
      unhealthyThreshold: checkNumber('unhealthyThreshold', unhealthyThreshold, { min: 1 }),
    };
    this.#jitter = checkNumber('jitter', jitter, { min: 0, max: 0.5, integer: false });
    this.#maxConcurrent = checkNumber('maxConcurrent', maxConcurrent, { min: 1 });
    this.#maxNodes = checkNumber('maxNodes', maxNodes, { min: 1 });
    this.#initiallyHealthy = initiallyHealthy;
    this.#firstDecides = firstDecides;
    this.#random = options.random ?? systemRandom;
    this.#clock = options.clock ?? systemClock;
  }

  /** All nodes, in the order in which they were added. O(nodes). */
  get nodes(): readonly string[] {
    return [...this.#nodes.keys()];
  }

  /**
   * Checks a node from now on. One that is checked already goes on as it is.
   *
   * @throws InvalidOptionError when it is no name, {@link OverloadedError} beyond `maxNodes`, {@link ClosedError} once closed
   */
  add(node: string): void {
    if (typeof node !== 'string' || node === '') throw new InvalidOptionError('node', node, 'a name');
    if (this.#closed) throw new ClosedError('this HealthChecks object');
    if (this.#nodes.has(node)) return;
    if (this.#nodes.size >= this.#maxNodes) throw new OverloadedError('the health checks', this.#maxNodes);
    const healthy = this.#initiallyHealthy;
    const counts = { healthy, successes: 0, failures: 0, checks: 0 };
    const checked: Checked = { node, ...counts, checkedAt: null, error: null, cancel: () => {} };
    this.#nodes.set(node, checked);
    this.#arm(checked, this.#random() * this.#firstCheckWithinMs);
    if (!healthy) this.#listeners.tell(node, false);
  }

  /**
   * Checks it no more; what is under way is aborted. Nothing bad is known of it then, and listeners are told so: remove it from
   * a balancer first. Returns whether it was there.
   */
  remove(node: string): boolean {
    const checked = this.#nodes.get(node);
    if (checked === undefined) return false;
    this.#nodes.delete(node);
    this.#due.delete(checked);
    checked.cancel();
    if (!checked.healthy) this.#listeners.tell(node, true);
    return true;
  }

  /** Whether a node is well, as far as checks have told; also after the end. One that is not there is. */
  isHealthy(node: string): boolean {
    return this.#nodes.get(node)?.healthy ?? true;
  }

  /** {@inheritDoc HealthSource.subscribe} */
  subscribe(listener: (node: string, healthy: boolean) => void): () => void {
    return this.#listeners.add(listener);
  }

  /** What is known of all nodes, in the order in which they were added. */
  status(): HealthCheckStatus[] {
    return [...this.#nodes.values()].map(({ cancel: _, ...status }) => status);
  }

  /** Ends all checks, and aborts those that are under way. What is known stays. Twice is harmless. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#due.clear();
    for (const checked of this.#nodes.values()) checked.cancel();
  }

  /** Closes it: for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #arm(checked: Checked, ms: number): void {
    checked.cancel = this.#clock.after(ms, () => {
      this.#due.add(checked);
      this.#begin();
    });
  }

  /** Begins as many of the checks that are due as may be under way. */
  #begin(): void {
    if (this.#closed) return;
    for (const checked of this.#due) {
      if (this.#underWay >= this.#maxConcurrent) return;
      this.#due.delete(checked);
      this.#underWay++;
      this.#run(checked);
    }
  }

  #run(checked: Checked): void {
    const began = this.#clock.now();
    const controller = new AbortController();
    const what = `the check of ${checked.node}`;
    let open = true;
    const end = (result?: { readonly error: unknown }): void => {
      if (!open) return;
      open = false;
      stopTimer();
      this.#underWay--;
      if (result !== undefined) this.#ended(checked, began, result.error);
      this.#begin();
    };
    const stopTimer = this.#clock.after(this.#timeoutMs, () => {
      const error = new TimeoutError(what, this.#timeoutMs);
      end({ error });
      controller.abort(error);
    });
    checked.cancel = () => {
      end();
      controller.abort(new ClosedError(what));
    };
    call(() => this.#check(checked.node, { signal: controller.signal })).then(
      () => end({ error: null }),
      (error: unknown) => end({ error: error ?? new Error('the check failed without a reason') }),
    );
  }

  #ended(checked: Checked, began: number, error: unknown): void {
    const first = checked.checks === 0;
    checked.checks++;
    checked.checkedAt = this.#clock.now();
    checked.error = error;
    const before = checked.healthy;
    const success = error === null;
    countResult(checked, success, this.#thresholds);
    if (first && this.#firstDecides) checked.healthy = success;
    const interval = this.#intervalOf(checked) * (1 + this.#jitter * (2 * this.#random() - 1));
    this.#arm(checked, Math.max(0, began + interval - this.#clock.now()));
    if (checked.healthy !== before) this.#listeners.tell(checked.node, checked.healthy);
  }

  #intervalOf({ healthy, successes, failures }: Checked): number {
    if (healthy ? failures > 0 : successes > 0) return this.#fastIntervalMs;
    return healthy ? this.#intervalMs : this.#downIntervalMs;
  }
}

/** What a function returns or throws, as a promise. */
async function call(check: () => unknown): Promise<void> {
  await check();
}
