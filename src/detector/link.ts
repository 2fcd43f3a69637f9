import { checkNumber, InvalidOptionError } from '../core/index.js';
import { worstDelay, type DelayDistribution, type DelayMoments } from './delay-distribution.js';

/** What happens to messages, by the clock of both sides: how many are lost, and how long the others take. */
export interface LinkBehaviour {
  /** The probability that a message is lost, independently of others: p_L. From 0 to 1. */
  readonly loss: number;
  /** How long a message takes that is not lost, independently of others: the distribution, or what is known of it. */
  readonly delay: DelayDistribution | DelayMoments;
}

/** What is known of messages without synchronised clocks. */
export interface UnsynchronisedLink {
  /** The probability that a message is lost, independently of others: p_L. From 0 to 1. */
  readonly loss: number;
  /** How much the time varies that a message takes which is not lost. */
  readonly delay: Pick<DelayMoments, 'varianceMs2'>;
}

/** A link with a distribution of delays, which may be the worst that agrees with what is known. */
export interface Link {
  readonly loss: number;
  readonly delay: DelayDistribution;
  readonly worst: boolean;
}

/** @throws InvalidOptionError */
export function knownLink({ loss, delay }: LinkBehaviour): Link {
  checkNumber('loss', loss, { min: 0, max: 1, integer: false });
  return 'exceeds' in delay ? { loss, delay, worst: false } : { loss, delay: worstDelay(delay), worst: true };
}

/** A link whose delays are given as what they are above their mean. @throws InvalidOptionError */
export function unsynchronisedLink({ loss, delay: { varianceMs2 } }: UnsynchronisedLink): Link {
  return knownLink({ loss, delay: { meanMs: 0, varianceMs2 } });
}

/** The probability that a message which is not lost takes longer. @throws InvalidOptionError when it is none */
function late({ delay }: Link, ms: number): number {
  const probability = delay.exceeds(ms);
  if (probability >= 0 && probability <= 1) return probability;
  throw new InvalidOptionError(`delay.exceeds(${ms})`, probability, 'a probability, from 0 to 1');
}

/** The probability that a heartbeat has not come so long after it was sent, which may be less than 0: p_j of the paper. */
export function missing(link: Link, ms: number): number {
  return ms < 0 ? 1 : link.loss + (1 - link.loss) * late(link, ms);
}

/** The probability that a heartbeat comes in less than that: q_0 of the paper. @throws InvalidOptionError */
export function comesWithin(link: Link, ms: number): number {
  const below = ms * (1 - Number.EPSILON / 2); // the next smaller number: what is above takes at least `ms`
  const atLeast = late(link, below);
  const atAll = late(link, 0);
  if (atLeast <= atAll) return (1 - link.loss) * (1 - atLeast);
  throw new InvalidOptionError(
    `delay.exceeds(${below})`,
    atLeast,
    `the probability of more, ${atAll} or less as for 0`,
  );
}

/**
 * The probability that at a freshness point all heartbeats are missing that would be fresh: u(0) of the paper. Stops when
 * it is at most `enough`, which the result then is too.
 */
export function allMissing(link: Link, intervalMs: number, shiftMs: number, enough = 0): number {
  let all = 1;
  for (let j = 0; j * intervalMs <= shiftMs && all > enough; j++) all *= missing(link, shiftMs - j * intervalMs);
  return all;
}
