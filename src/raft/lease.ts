import type { Raft } from './context.js';

/*
 * Lease reads (thesis, section 6.4.1). A voter that heard from the leader votes for nobody for an election timeout. So
 * while a quorum has answered a round that was sent less than that ago, nobody else leads, and the leader's commit index is
 * the latest, if clocks run at the same rate.
 */

/** Enough for the rounds of many heartbeats; what is not noted gives no lease. */
const MAX_NOTED_ROUNDS = 64;

/** A round is sent: when it is answered, the lease counts from now. */
export function noteRound({ state, options, now }: Raft): void {
  if (!options.leaseReads || state.rounds.length >= MAX_NOTED_ROUNDS) return;
  state.rounds.push({ round: state.round, at: now });
}

/** A quorum has answered the rounds up to `confirmed`. */
export function extendLease({ state, options }: Raft, confirmed: number): void {
  while (state.rounds.length > 0 && state.rounds[0]!.round <= confirmed) {
    state.leaseUntil = state.rounds.shift()!.at + options.electionTimeoutMs / (1 + options.maxClockDrift);
  }
}

/** Whether nobody else can have been elected. Not while a successor is chosen, nor after one was told to campaign. */
export function leaseHolds({ state, options, now }: Raft): boolean {
  return options.leaseReads && !state.leaseRevoked && state.transfer === null && now < state.leaseUntil;
}

/**
 * A server that starts does not know whom it has promised a lease before: it behaves as if it had heard from a leader just
 * now.
 */
export function honourOldLease({ state, options, now }: Raft): void {
  if (options.leaseReads) state.leaderContact = now;
}
