import { output, type Raft } from './context.js';
import { reachedByQuorum } from './progress.js';
import { startRound } from './replication.js';
import { refuse } from './roles.js';
import type { PeerState } from './state.js';

/** Read-only operations without the log (section 8; thesis, section 6.4): leaders queue them for the next round. */
export function read(raft: Raft, id: number): void {
  const { state, options } = raft;
  if (state.role !== 'leader') return refuse(raft, id);
  if (state.reads.length >= options.maxPendingReads) {
    return output(raft, { type: 'refused', id, reason: 'overloaded', leader: options.id });
  }
  state.reads.push({ id, index: 0, round: 0 });
  raft.turn.readsChanged = true;
}

const roundOf = (peer: PeerState): number => peer.round;

/**
 * A read gets the commit index as its read index, once the leader has committed an entry of its own term (before that
 * it does not know what is committed), and is confirmed when a majority answered a heartbeat that was sent after that.
 */
export function confirmReads(raft: Raft): void {
  const { state } = raft;
  if (state.reads.length === 0 || state.commitIndex < state.termStartIndex) return;
  const unasked = state.reads.filter((pending) => pending.round === 0);
  if (unasked.length > 0) {
    startRound(raft);
    for (const pending of unasked) {
      pending.index = state.commitIndex;
      pending.round = state.round;
    }
  }
  const confirmed = reachedByQuorum(raft, state.round, roundOf);
  const waiting = state.reads.findIndex((pending) => pending.round > confirmed);
  const ready = state.reads.splice(0, waiting < 0 ? state.reads.length : waiting);
  for (const { id, index } of ready) output(raft, { type: 'readable', id, index });
}
