import type { Lease } from './balancer.js';
import { Member } from './members.js';

/** A node of which is known how many requests it has. */
export class CountedMember extends Member {
  /** Requests that are not done. */
  inFlight = 0;

  lease(): Lease {
    return countedLease(this);
  }

  /** A request of it is done, and counts no more. */
  ended(): void {}
}

/** Counts a request until it is done. */
function countedLease(member: CountedMember): Lease {
  member.inFlight++;
  // All that a lease keeps: where thousands are held, what it costs is memory that is not in the caches of the processor.
  let open: CountedMember | undefined = member;
  const done = (): void => {
    if (open === undefined) return;
    const ended = open;
    open = undefined;
    ended.inFlight--;
    ended.ended();
  };
  return { node: member.node, done };
}
