import type { CountedMember } from './counted-member.js';

/**
 * How loaded a node would be with one request more, relative to its weight, as HAProxy counts it: one that is idle has a
 * load of 0, whatever its weight, so that under little load not all goes to the heaviest.
 */
export function loadOf({ inFlight, weight }: CountedMember): number {
  return inFlight === 0 ? 0 : (inFlight + 1) / weight;
}
