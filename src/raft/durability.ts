import { settleBacklog } from './backlog.js';
import type { Raft } from './context.js';
import type { RaftState } from './state.js';

/** The write that must be durable for the log to be durable up to `index`; 0 when it is already. */
export function durableAfter(state: RaftState, index: number): number {
  if (index <= state.storedIndex) return 0;
  return state.unstored.find((batch) => batch.index >= index)?.write ?? state.writeCount;
}

/**
 * The log from `index` on is about to be replaced. The outstanding writes of those entries no longer count: their
 * answers must not confirm the entries that take their places.
 */
export function forgetUnstoredFrom(state: RaftState, index: number): void {
  while (state.unstored.length > 0 && state.unstored.at(-1)!.index >= index) state.unstored.pop();
  state.storedIndex = Math.min(state.storedIndex, index - 1);
}

/** Writes up to number `upTo` are durable. */
export function stored(raft: Raft, upTo: number): void {
  const { state, turn } = raft;
  if (state.hardStateWrite <= upTo) state.hardStateWrite = 0;
  while (state.unstored.length > 0 && state.unstored[0]!.write <= upTo) {
    state.storedIndex = Math.max(state.storedIndex, state.unstored.shift()!.index);
    turn.matchChanged = true;
  }
  settleBacklog(state);
}

/** Whether the oldest outstanding write of entries takes too long. */
export function diskStalled(raft: Raft): boolean {
  const oldest = raft.state.unstored[0];
  return oldest !== undefined && raft.now - oldest.at >= raft.options.stalledWriteMs;
}
