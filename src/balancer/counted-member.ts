import type { Lease, RequestResult } from './balancer.js';
import { Member } from './members.js';

/** A node of which is known how many requests it has. */
export class CountedMember extends Member {
  /** Requests that are not done. */
  inFlight = 0;
}

/** Counts a request until it is done; then tells once, if it is to, with what was given, such as when it began. */
export function countedLease<M extends CountedMember>(
  member: M,
  finished?: (member: M, result: RequestResult | undefined, given: number) => void,
  given = 0,
): Lease {
  member.inFlight++;
  let open = true;
  const done = (result?: RequestResult): void => {
    if (!open) return;
    open = false;
    member.inFlight--;
    finished?.(member, result, given);
  };
  return { node: member.node, done };
}
