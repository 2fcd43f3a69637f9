import { carriedRecords } from './admission.js';
import { settleBacklog } from './backlog.js';
import type { RaftCommand } from './commands.js';
import { output, saveHardState, type Raft } from './context.js';
import type { Entry } from './entry.js';
import { compact, memoryFrom, sliceEntries, termAt } from './log.js';
import { configurationAt } from './state.js';

/**
 * All servers: if commitIndex > lastApplied, apply what is between (figure 2). One batch at a time; entries that are no
 * longer in memory come from the journal.
 */
export function applyCommitted(raft: Raft): void {
  const { state, options } = raft;
  const { log } = state;
  if (!isReady(raft) || state.readingForApply || state.applying >= state.commitIndex) return;
  const from = state.applying + 1;
  if (from >= memoryFrom(log)) {
    return handOver(raft, sliceEntries(log, from, state.commitIndex, options.maxApplyBytes));
  }
  state.readingForApply = true;
  const to = Math.min(state.commitIndex, memoryFrom(log) - 1);
  output(raft, { type: 'readLog', reader: options.id, from, to, maxBytes: options.maxApplyBytes });
}

/** The state machine has applied all that it was given, and is not about to be replaced by a snapshot. */
function isReady({ state }: Raft): boolean {
  return state.applying === state.lastApplied && state.install?.finishing !== true;
}

/** Entries for the state machine came from the journal. */
export function logReadForApply(raft: Raft, entries: readonly Entry[]): void {
  const { state } = raft;
  state.readingForApply = false;
  const expected = entries[0]?.index === state.applying + 1 && isReady(raft);
  if (expected && entries.at(-1)!.index <= state.commitIndex) handOver(raft, entries);
}

function handOver(raft: Raft, entries: readonly Entry[]): void {
  raft.state.applying = entries[entries.length - 1]!.index;
  output(raft, { type: 'apply', entries });
}

/** The state machine has applied everything up to `index`. */
export function applied({ state }: Raft, index: number): void {
  if (index <= state.lastApplied || index > state.applying) return;
  state.lastApplied = index;
  settleBacklog(state);
}

/** The host took a snapshot at `index`, where its state machine stands. */
export function snapshotTaken(raft: Raft, index: number): void {
  applied(raft, index);
  raft.state.snapshotTaken = index;
}

/**
 * Asks the host to store the snapshot that it took. Not before the log is durable that far, since what follows would
 * leave a gap, nor while one from the leader comes in, which may make it pointless. The term and vote that it carries are those of this moment, not older than any record that it replaces.
 */
export function storeSnapshot(raft: Raft): void {
  const { state } = raft;
  const index = state.snapshotTaken;
  if (index === 0 || index > state.storedIndex || state.install !== null) return;
  state.snapshotTaken = 0;
  const term = termAt(state.log, index);
  if (index <= state.log.snapshotIndex || term === undefined) return;
  saveHardState(raft);
  output(raft, {
    type: 'checkpoint',
    index,
    term,
    configuration: configurationAt(state, index),
    firstIndex: keptFrom(raft, index),
    carry: carriedRecords(raft),
  });
}

/**
 * How far back the log stays behind a snapshot at `index`: for followers that are a little behind and, on leaders, for
 * those that answer and need more, or are being sent an older snapshot; but never without a bound.
 */
function keptFrom(raft: Raft, index: number): number {
  const { state, options, now } = raft;
  const least = index + 1 - options.maxTrailingEntries;
  let from = index + 1 - options.trailingEntries;
  for (const { matchIndex, snapshot, heardAt } of state.peers) {
    const needed = Math.max(matchIndex, snapshot?.index ?? 0) + 1;
    if (now - heardAt < options.electionTimeoutMs) from = Math.min(from, Math.max(needed, least));
  }
  return Math.max(from, state.log.firstIndex);
}

/** The checkpoint is durable, and entries below `firstIndex` are gone from the journal. */
export function compacted(raft: Raft, command: RaftCommand & { type: 'compacted' }): void {
  const { state } = raft;
  const { index, firstIndex } = command;
  if (index < state.log.snapshotIndex || termAt(state.log, index) === undefined) return;
  const configuration = configurationAt(state, index);
  // What an earlier checkpoint has not kept is gone, also when this one, asked for meanwhile, would have kept it.
  compact(state.log, index, Math.max(firstIndex, state.log.firstIndex));
  const later = state.configurations.filter((known) => known.index > index);
  state.configurations = [{ index, configuration }, ...later];
}
