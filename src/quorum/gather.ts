import type { Clock, NodeId } from '../core/index.js';
import { startGathering } from './gathering.js';
import type { QuorumSystem } from './system.js';

/** Asks one member. It should stop when the signal aborts. An exception counts as an answer with that error. */
export type MemberRequest<Answer> = (member: NodeId, signal: AbortSignal) => PromiseLike<Answer>;

/** What all requests to a quorum take. */
export interface QuorumRequestOptions {
  /** Times the requests. */
  readonly clock: Clock;
  /**
   * How long to wait for a quorum and for the answers behind it, in milliseconds, up to 2^31 - 1.
   *
   * @defaultValue 5000, as for a single request: longer than an election, and shorter than people wait
   */
  readonly timeoutMs?: number;
  /** Gives up: rejects with its reason. What was asked may have happened all the same. */
  readonly signal?: AbortSignal;
  /**
   * Each time that this long passes without a decision one member more is asked, in milliseconds (a hedged request; Dean
   * and Barroso 2013). Somewhat more than most answers take, such as their 95th percentile, costs little.
   *
   * @defaultValue never: how long answers take is not known here
   */
  readonly hedgeAfterMs?: number;
}

/** Options of {@link gather}. */
export interface GatherOptions<Answer> extends QuorumRequestOptions {
  /** Whether an answer is a yes. One that throws counts as the error of that member. @defaultValue every answer is */
  readonly accepts?: (answer: Answer, member: NodeId) => boolean;
  /**
   * Whom to ask at once. When they can make no quorum, as few more as make one possible: none at all asks the first
   * members that can. @defaultValue all members: the least delay
   */
  readonly first?: readonly NodeId[];
  /**
   * Whether a member may be asked, called when it would be: one that is known to be down need not be. Who may not can say
   * yes no more, and is in no part of the result. @defaultValue everybody may
   */
  readonly mayAsk?: (member: NodeId) => boolean;
  /**
   * Whether to abort what is under way once it is decided. Right for reads.
   *
   * @defaultValue `false`: a write that is cut off leaves a replica behind
   */
  readonly stopRest?: boolean;
}

/** What members said, each in the order in which it became known. Nothing in it changes any more. */
export interface Gathered<Answer> {
  /** Whose answer was accepted. */
  readonly yes: ReadonlyMap<NodeId, Answer>;
  /** Whose answer was not accepted, and whose request certainly had no effect: the answer, or the error. */
  readonly no: ReadonlyMap<NodeId, unknown>;
  /** Of whom nobody can say: the error. */
  readonly unknown: ReadonlyMap<NodeId, unknown>;
  /** Who was asked and had not answered. */
  readonly pending: readonly NodeId[];
  /**
   * The same when everybody who was asked has answered, the time is up, or the caller aborted. Never rejects. From then
   * on no timer is armed and no signal is listened to.
   */
  readonly settled: Promise<Gathered<Answer>>;
}

/**
 * Asks members and decides by quorum, each at the first moment at which it can be known: resolves when those who said yes
 * are a quorum, rejects when no quorum can be any more, however those answer who are pending or were not asked yet.
 *
 * A member has three results: yes; no, when its answer was not accepted or its error is one of this library that says
 * `failed`; unknown, for all other errors and for no answer in time. When those who were asked can make no quorum, others
 * are asked at once: in the order of `system.members`, none of whom could be left out. Nothing is asked twice. An answer
 * that comes after the decision is seen in `settled` only. A system in which everything is a quorum asks nobody.
 *
 * Not for reads that must not be older than one another: see {@link readRepair}.
 *
 * Costs one timer, two with hedging, and O(parts) for each answer; O(members) times that where others must be asked.
 *
 * @param request - most often `request` of `quorate/host`
 * @throws QuorumNotReachedError (outcome `failed` or `unknown`); its `cause` is a TimeoutError when the time was up
 * @throws the reason of the signal
 * @throws InvalidOptionError
 */
export function gather<Answer>(
  request: MemberRequest<Answer>,
  system: QuorumSystem,
  options: GatherOptions<Answer>,
): Promise<Gathered<Answer>> {
  return new Promise((resolve, reject) => startGathering(request, system, options, resolve, reject));
}
