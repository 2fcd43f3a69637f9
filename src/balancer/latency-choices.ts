import { checkNumber, systemClock, systemRandom } from '../core/index.js';
import type { Lease, RequestResult } from './balancer.js';
import { CountedMember, countedLease } from './counted-member.js';
import { TwoChoices } from './two-choices.js';

/** What a request takes at least, for some clocks stand still meanwhile. */
const LEAST_MS = 0.001;
/** Beyond the level of any latency. */
const UNTRIED = 1e300;

/** Options of the strategies that learn from latencies. */
export interface LatencyOptions {
  /** Uniform in [0, 1). @defaultValue that of the platform, so that clients draw independently of each other */
  readonly random?: () => number;
  /** Monotonic milliseconds, with fractions if there are. @defaultValue that of the platform, `systemClock.now` */
  readonly now?: () => number;
  /**
   * In how many milliseconds the cost of a node falls to 1 / e of what it was while nothing is heard of it, so that one that
   * was slow is tried again: one that took k times as long as others do after `decayMs` ln k.
   *
   * @defaultValue 10000, as in Finagle: one that took 100 times as long is tried again after 46 s
   */
  readonly decayMs?: number;
  /**
   * A failed request counts as one that took so long, in milliseconds, or as long as the node is known to take, or as long as
   * it took, whichever is most: a failure never makes a node look quicker. It must be more than good nodes take, or one that
   * fails at once is preferred to them.
   *
   * @defaultValue 10000: few requests take longer; where they take 10 ms, such a node is tried again after `decayMs` ln 1000
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
   * What its latency would have been at time 0, to have fallen to `latency` at `at`, as a logarithm: since all fall at the same
   * rate, the difference between two nodes is the same at any time. Below all others before the first pick, above them until
   * that request has ended.
   */
  level = -UNTRIED;
}

/** What strategies share that choose, of two nodes, the one with the lower latency times requests. */
export abstract class LatencyChoices<M extends LatencyMember> extends TwoChoices<M> {
  readonly #now: () => number;
  readonly #decayMs: number;
  readonly #failureLatencyMs: number;

  constructor(options: LatencyOptions) {
    const { random = systemRandom, now = systemNow, decayMs = 10_000, failureLatencyMs = 10_000 } = options;
    super(random);
    this.#now = now;
    this.#decayMs = checkNumber('decayMs', decayMs, { min: 1, integer: false });
    this.#failureLatencyMs = checkNumber('failureLatencyMs', failureLatencyMs, { min: 0, integer: false });
  }

  /** What is known after one more request, when so much of what was known still counts: from 1 to 0. @internal */
  protected abstract learn(member: M, latency: number, remembered: number): void;

  pick(): Lease {
    const member = this.choose();
    if (member.level === -UNTRIED) member.level = UNTRIED;
    return countedLease(member, this.#finished, this.#now());
  }

  /** @internal */
  protected better(second: M, first: M): boolean {
    const load = (second.inFlight + 1) * first.weight;
    const other = (first.inFlight + 1) * second.weight;
    const above = second.level - first.level;
    if (load === other) return above < 0;
    const less = load < other;
    // An exponential only where one has less to do and the other is quicker.
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

/** One for all balancers, so that engines can inline it. */
function systemNow(): number {
  return systemClock.now();
}
