import { checkNumber, systemNow, systemRandom } from '../core/index.js';
import type { Lease, RequestResult } from './balancer.js';
import { CountedMember } from './counted-member.js';
import { TwoChoices } from './two-choices.js';

/** What a request takes at least, for some clocks stand still meanwhile. */
const LEAST_MS = 0.001;
/** Below all other costs. */
const UNTRIED = 1e-300;
/** Such that any latency times it is above that. */
const LEAST_GROWTH = 1e-290;
/** Above all other costs. */
const ON_TRIAL = 1e300;
/** For how many times `decayMs` costs grow until they are set back, so that these are never reached. */
const LONGEST = 300;

/** Options of the strategies that learn from latencies. */
export interface LatencyOptions {
  /** Uniform in [0, 1). @defaultValue that of the platform, so that clients draw independently of each other */
  readonly random?: () => number;
  /** Monotonic milliseconds, with fractions if there are. @defaultValue that of the platform, `systemNow` */
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
  /** In milliseconds, as of when a request ended last; 0 until one has. */
  latency = 0;
  /** Of that time. */
  growth = 1;
  /**
   * Its latency times that growth. Instead of all costs falling alike, later ones grow, so that what they are to each other is
   * the same at any time. Below all others before the first pick, above them until that request has ended.
   */
  cost = UNTRIED;
  readonly #learner: Learner;

  constructor(node: string, order: number, learner: Learner) {
    super(node, order);
    this.#learner = learner;
  }

  override lease(): Lease {
    if (this.cost === UNTRIED) this.cost = ON_TRIAL;
    return timedLease(this, this.#learner);
  }
}

/** Knows the time, and learns from requests that have ended. */
interface Learner {
  readonly now: () => number;
  requestEnded(member: LatencyMember, began: number, result: RequestResult | undefined): void;
}

/** Counts a request until it is done, and says then when it began. */
function timedLease(member: LatencyMember, learner: Learner): Lease {
  member.inFlight++;
  const began = learner.now();
  let open: LatencyMember | undefined = member;
  const done = (result?: RequestResult): void => {
    if (open === undefined) return;
    const ended = open;
    open = undefined;
    ended.inFlight--;
    learner.requestEnded(ended, began, result);
  };
  return { node: member.node, done };
}

/** What strategies share that choose, of two nodes, the one with the lower latency times requests. */
export abstract class LatencyChoices<M extends LatencyMember> extends TwoChoices<M> implements Learner {
  /** @internal */
  readonly now: () => number;
  readonly #decayMs: number;
  readonly #failureLatencyMs: number;
  /** Since when costs grow. */
  #epoch = 0;

  constructor(options: LatencyOptions) {
    const { random = systemRandom, now = systemNow, decayMs = 10_000, failureLatencyMs = 10_000 } = options;
    super(random);
    this.now = now;
    this.#decayMs = checkNumber('decayMs', decayMs, { min: 1, integer: false });
    this.#failureLatencyMs = checkNumber('failureLatencyMs', failureLatencyMs, { min: 0, integer: false });
  }

  /** What is known after one more request, when so much of what was known still counts: from 1 to 0. @internal */
  protected abstract learn(member: M, latency: number, remembered: number): void;

  pick(): Lease {
    return this.choose().lease();
  }

  /** @internal */
  protected better(second: M, first: M): boolean {
    return second.cost * (second.inFlight + 1) * first.weight < first.cost * (first.inFlight + 1) * second.weight;
  }

  /** @internal */
  requestEnded(member: M, began: number, result: RequestResult | undefined): void {
    const now = this.now();
    let latency = Math.max(now - began, LEAST_MS);
    if (result?.failed === true) latency = Math.max(latency, this.#failureLatencyMs, member.latency);
    const growth = this.#growth(now);
    this.learn(member, latency, Math.min(1, member.growth / growth));
    member.growth = growth;
    member.cost = member.latency * growth;
  }

  /** By how much more than at the epoch costs are now. */
  #growth(now: number): number {
    const age = (now - this.#epoch) / this.#decayMs;
    if (Math.abs(age) < LONGEST) return Math.exp(age);
    this.#epoch = now;
    for (const member of this.members()) {
      if (member.latency === 0) continue;
      // At most 1: of a clock that was set back, what it said before is as of now.
      member.growth = Math.max(LEAST_GROWTH, Math.min(1, member.growth * Math.exp(-age)));
      member.cost = member.latency * member.growth;
    }
    return 1;
  }
}
