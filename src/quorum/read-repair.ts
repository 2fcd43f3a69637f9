import type { NodeId } from '../core/index.js';
import { isQuorum } from './decide.js';
import { gather, type MemberRequest, type QuorumRequestOptions } from './gather.js';
import { DEFAULT_TIMEOUT_MS } from './gathering.js';
import type { ReadWriteSystem } from './pairs.js';

/** What {@link readRepair} takes. */
export interface ReadRepairOptions<Answer> extends QuorumRequestOptions {
  /** Whom to read from, and whom to write to. */
  readonly systems: ReadWriteSystem;
  /** Reads what a member has, with the version by which `compare` orders. Aborted for those who were not needed. */
  readonly read: MemberRequest<Answer>;
  /**
   * Stores an answer at a member, unless it has the same or a newer one, and resolves when the member durably has either.
   * It must be harmless to repeat.
   */
  readonly write: (member: NodeId, answer: Answer, signal: AbortSignal) => PromiseLike<unknown>;
  /** Positive when `a` is newer than `b`, 0 only when they are the same write. */
  readonly compare: (a: Answer, b: Answer) => number;
  /** Whom to read from at once. @defaultValue all members of the read system */
  readonly first?: readonly NodeId[];
}

/** What {@link readRepair} resolves to. */
export interface ReadRepaired<Answer> {
  /** The newest answer, which a write quorum has. */
  readonly value: Answer;
  /** To whom it was written for that, as far as they answered. */
  readonly repaired: readonly NodeId[];
}

/**
 * Reads the newest of what a read quorum has, and leaves it with a write quorum before it returns. So no later read finds
 * an older one: with writers that write to a write quorum, under versions above all that a read quorum has, this is an
 * atomic (linearizable) register (Attiya, Bar-Noy and Dolev 1995; for several writers Lynch and Shvartsman 1997), in
 * which a minority may fail. A read without the second half may see a write that has not ended, and the next one miss it.
 *
 * Not for read-modify-write: two of those may read the same. That takes consensus.
 *
 * Costs a round of reads, and a round of writes only when the answers do not show the newest at a write quorum already:
 * it goes to those who answered with an older one, and to others when these are not enough. `timeoutMs` is for both.
 * Without `hedgeAfterMs` a member that answers the read and then no more keeps the write back waiting until then.
 *
 * @throws QuorumNotReachedError of the read or of the write back
 * @throws the reason of the signal
 * @throws InvalidOptionError
 */
export async function readRepair<Answer>(options: ReadRepairOptions<Answer>): Promise<ReadRepaired<Answer>> {
  const { systems, read, write, compare, clock, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const deadline = clock.now() + timeoutMs;
  const { yes } = await gather(read, systems.read, { ...options, stopRest: true });
  const value = [...yes.values()].sort(compare).at(-1)!;
  const { members } = systems.write;
  const holders = members.filter((member) => yes.has(member) && compare(yes.get(member)!, value) === 0);
  if (isQuorum(systems.write, holders)) return { value, repaired: [] };

  const store = async (member: NodeId, signal: AbortSignal): Promise<void> => {
    if (!holders.includes(member)) await write(member, value, signal);
  };
  const written = await gather(store, systems.write, {
    ...options,
    first: members.filter((member) => yes.has(member)),
    timeoutMs: Math.max(1, deadline - clock.now()),
  });
  return { value, repaired: [...written.yes.keys()].filter((member) => !holders.includes(member)) };
}
