import type { NodeId } from '../core/index.js';
import { gather, type Gathered, type GatherOptions } from './gather.js';
import { requireDistinct } from './majority.js';
import { or, type QuorumSystem } from './system.js';

/** Options of {@link sloppyQuorum}. */
export interface SloppyQuorumOptions<Answer> extends Omit<GatherOptions<Answer>, 'first' | 'mayAsk'> {
  /** Who stands in for homes, in the order in which they are asked. None of them is a home. */
  readonly fallbacks: readonly NodeId[];
  /**
   * How long to wait for a home, or for whoever stands in for it, before the next fallback is asked as well, in
   * milliseconds.
   *
   * @defaultValue never: only a failure leads to a fallback
   */
  readonly hedgeAfterMs?: number;
}

/** Who said yes for a home. */
export interface Held<Answer> {
  /** The home itself, or the fallback that replaced it and now has a hint for it. */
  readonly by: NodeId;
  readonly answer: Answer;
}

/**
 * Writes to a sloppy quorum (Dynamo 2007, section 4.6): to the homes of a key and, when one of them fails, is unknown or
 * too slow, to the next fallback in its place, with the hint for whom. The yes of a fallback counts as that of its home,
 * and each stands in for one home. The fallback keeps what it got in {@link Hints} and hands it off when the home is back.
 *
 * It breaks what quorums are for: **a later strict read may not see the write** until the hints were handed off, since its
 * quorum of homes and those who took the write need not share a member; and a hint that is lost with its fallback is a
 * write lost. For data that must be writable first of all, and whose versions are merged later.
 *
 * A fallback that stands in for a home which then answers after all has a hint too many, which does no harm. Requests that
 * were replaced, or not needed, run on until they answer or the time is up, also behind `settled`.
 *
 * @param request - asks a member; `hintFor` is the home that it stands in for, and null when it is a home itself
 * @param homes - the quorum system over the homes of the key
 * @returns as of {@link gather}, by home: `yes` says for each who has it
 * @throws QuorumNotReachedError; what it has of a home is again such an error, of the home and those asked in its place
 * @throws the reason of the signal
 * @throws InvalidOptionError
 */
export async function sloppyQuorum<Answer>(
  request: (member: NodeId, signal: AbortSignal, hintFor: NodeId | null) => PromiseLike<Answer>,
  homes: QuorumSystem,
  options: SloppyQuorumOptions<Answer>,
): Promise<Gathered<Held<Answer>>> {
  const { accepts, hedgeAfterMs, fallbacks, ...rest } = options; // the first two are for each home
  requireDistinct('fallbacks', [...homes.members, ...fallbacks]);
  const taken = new Set<NodeId>();
  const hold = async (home: NodeId, signal: AbortSignal): Promise<Held<Answer>> => {
    const { yes } = await gather(
      (member, abort) => request(member, abort, member === home ? null : home),
      or(home, ...fallbacks),
      {
        ...options,
        signal,
        first: [home],
        stopRest: false,
        mayAsk: (member) => !taken.has(member) && !!taken.add(member),
      },
    );
    const [[by, answer]] = yes as unknown as [[NodeId, Answer]];
    return { by, answer };
  };
  return gather(hold, homes, rest);
}
