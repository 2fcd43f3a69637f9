import { output, type Raft } from './context.js';
import { entryBytes, type Entry } from './entry.js';
import { entryAt, releaseMemory } from './log.js';
import type { RaftState } from './state.js';

/*
 * What a leader has taken on and not finished: bytes of its own entries that are not committed, not durable on its own
 * disk, or not applied. All are bounded together, because the followers may commit what the leader's disk or its state
 * machine is far behind with.
 */

/** A new leader has taken nothing on: entries of older terms do not count. */
export function emptyBacklog(state: RaftState): void {
  state.backlogBytes = 0;
  state.settledIndex = state.log.lastIndex;
}

/** The leader appends an entry. */
export function addToBacklog(state: RaftState, entry: Entry): void {
  state.backlogBytes += entryBytes(entry);
}

/** More is committed, durable, or applied. */
export function settleBacklog(state: RaftState): void {
  if (state.role !== 'leader') return;
  const settled = Math.min(state.commitIndex, state.storedIndex, state.lastApplied);
  for (; state.settledIndex < settled; state.settledIndex++) {
    state.backlogBytes -= entryBytes(entryAt(state.log, state.settledIndex + 1));
  }
}

/**
 * Says that proposals are taken again, once half of the room is free, not for each small piece of it; and once there is
 * room for what was refused, or whoever proposes it again would be refused and told so in turns.
 */
export function tellDrained(raft: Raft): void {
  const { state, options } = raft;
  const { refusedBytes } = state;
  const most = Math.max(0, Math.min(options.maxUncommittedBytes / 2, options.maxUncommittedBytes - refusedBytes));
  if (refusedBytes === 0 || state.backlogBytes > most) return;
  state.refusedBytes = 0;
  output(raft, { type: 'drained' });
}

/**
 * Takes entries out of memory that can be read back from the journal: on followers what is committed and durable, on
 * leaders what is settled, since the others are still to be counted.
 */
export function releaseSettled({ state }: Raft): void {
  const { role, settledIndex, commitIndex, storedIndex } = state;
  const upTo = role === 'leader' ? settledIndex : Math.min(commitIndex, storedIndex);
  releaseMemory(state.log, upTo);
}
