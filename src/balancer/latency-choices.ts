import { checkNumber, systemClock, systemRandom } from '../core/index.js';
import type { Lease, RequestResult } from './balancer.js';
import { CountedMember, countedLease } from './counted-member.js';
import { TwoChoices } from './two-choices.js';

/** What a request takes at least, as some clocks stand still meanwhile. */
const LEAST_MS = 0.001;
/** Beyond all levels. */
const UNTRIED = 1e300;

/** Options of the strategies that learn from latencies. */
export interface LatencyOptions {
  /** Draws the nodes, from 0 to 1. @defaultValue `systemRandom`, so that clients draw independently of each other */
  readonly random?: () => number;
  /** Monotonic milliseconds, with fractions if possible. @defaultValue `systemClock.now` */
  readonly now?: () => number;
  /**
   * In how many milliseconds what is known of a node falls to a third (1 / e), so that one that was slow is tried again: after
   * `decayMs` ln k when it was k times as slow as others are.
   *
   * @defaultValue 10000, as in Finagle
   */
  readonly decayMs?: number;
  /**
   * As how many milliseconds a failed request counts at least, however quick the failure; nor does it count as less than what
   * is known of the node. More than the slowest good node takes, or a node that fails at once looks quick beside it.
   *
   * @defaultValue 10000: few requests take longer, and with the default decay such a node is tried again after a minute
   */
  readonly failureLatencyMs?: number;
}

/** A node and what is known of its latency. */
export class LatencyMember extends CountedMember {
  /** In milliseconds, as of `at`; 0 until a request has ended. */
  latency = 0;
  /** When a request has ended last. */
  at = 0;
  /**
   * The logarithm of its latency as it would have been at time 0 to fall to what it is by now: of two nodes the one with the lower level
   * has the lower latency at any time, so that no pick need look at how far they have fallen. -{@link UNTRIED} before
   * the first pick, {@link UNTRIED} until that has ended.
   */
  level = -UNTRIED;
}

/** What strategies share that choose, of two nodes, the one with the lower latency times requests. */
export abstract class LatencyChoices<M extends LatencyMember> extends TwoChoices<M> {
  readonly #now: () => number;
  readonly #decayMs: number;
  readonly #failureLatencyMs: number;

  constructor(options: LatencyOptions) {
    const {
      random = systemRandom,
      now = () => systemClock.now(),
      decayMs = 10_000,
      failureLatencyMs = 10_000,
    } = options;
    super(random);
    this.#now = now;
    this.#decayMs = checkNumber('decayMs', decayMs, { min: 1, integer: false });
    this.#failureLatencyMs = checkNumber('failureLatencyMs', failureLatencyMs, { min: 0, integer: false });
  }

  /** What is known after one more request, when so much of what was known still counts: from 1 to 0. @internal */
  protected abstract learn(member: M, latency: number, remembered: number): void;

  pick(): Lease {
    const member = this.choose();
    if (member.latency === 0) member.level = UNTRIED;
    return countedLease(member, this.#finished, this.#now());
  }

  /** @internal */
  protected better(second: M, first: M): boolean {
    const load = (second.inFlight + 1) * first.weight;
    const other = (first.inFlight + 1) * second.weight;
    const above = second.level - first.level;
    const less = load < other;
    return less === above < 0 ? less : load * Math.exp(above) < other;
  }

  readonly #finished = (member: M, result: RequestResult | undefined, began: number): void => {
    const now = this.#now();
    let latency = Math.max(now - began, LEAST_MS);
    if (result?.failed === true) latency = Math.max(latency, this.#failureLatencyMs, member.latency);
    this.learn(member, latency, Math.exp(Math.min(0, member.at - now) / this.#decayMs));
    member.at = now;
    member.level = Math.log(member.latency) + now / this.#decayMs;
  };
}
