import type { NodeId } from '../core/index.js';
import { appendToLog, coverWrites, send, type Raft } from './context.js';
import { durableAfter, forgetUnstoredFrom } from './durability.js';
import { firstIndexOfTerm, termAt } from './log.js';
import type { AppendEntries } from './messages.js';
import { askAgain } from './reads.js';
import { heardFromLeader } from './roles.js';
import { abandonInstall } from './snapshot-receiving.js';
import { truncateLog } from './state.js';

/** AppendEntries RPC, receiver, rules 2 to 5 (figure 2); rule 1 is settled before. */
export function handleAppendEntries(raft: Raft, from: NodeId, message: AppendEntries): void {
  heardFromLeader(raft, from);
  if (message.round > 0) askAgain(raft, from);
  const { state } = raft;
  if (state.install?.finishing === true) {
    // The log is about to be replaced, so entries are not taken; a heartbeat is still answered, since this server lives.
    return message.round > 0 ? reject(raft, from, message) : undefined;
  }
  if (!containsPrevious(raft, message)) return reject(raft, from, message);
  const firstNew = removeConflicts(raft, message);
  if (firstNew < message.entries.length) {
    if (state.install !== null) abandonInstall(raft);
    for (let i = firstNew; i < message.entries.length; i++) appendToLog(raft, message.entries[i]!);
    coverWrites(raft);
  }
  const lastNew = message.prevLogIndex + message.entries.length;
  // Rule 5: what the leader committed, as far as this log is known to equal the leader's.
  state.commitIndex = Math.max(state.commitIndex, Math.min(message.leaderCommit, lastNew));
  acknowledge(raft, from, message, lastNew);
}

/**
 * Rule 2: the log must contain an entry at prevLogIndex whose term matches prevLogTerm. What is committed here is in
 * every later leader's log, so an entry that a snapshot has swallowed is no conflict.
 */
function containsPrevious(raft: Raft, message: AppendEntries): boolean {
  const { log, commitIndex } = raft.state;
  return message.prevLogIndex <= commitIndex || termAt(log, message.prevLogIndex) === message.prevLogTerm;
}

/**
 * Rule 3: an existing entry that conflicts with a new one (same index, other term) goes, with all that follow it.
 * Returns the position of the first entry that the log lacks (rule 4).
 */
function removeConflicts(raft: Raft, message: AppendEntries): number {
  const { state } = raft;
  const { entries } = message;
  let position = Math.max(0, state.commitIndex - message.prevLogIndex);
  for (; position < entries.length; position++) {
    const { index, term } = entries[position]!;
    if (index > state.log.lastIndex) break;
    if (termAt(state.log, index) === term) continue;
    forgetUnstoredFrom(state, index);
    truncateLog(state, index);
    break;
  }
  return position;
}

/**
 * Says yes once the log is durable as far as it was compared. Appends of one turn are answered together; a heartbeat
 * is answered at once, for what is durable already, so that a slow disk does not look like a dead server.
 */
function acknowledge(raft: Raft, to: NodeId, message: AppendEntries, lastNew: number): void {
  const { state, turn } = raft;
  if (message.round > 0) {
    const matchIndex = Math.min(lastNew, state.storedIndex);
    const { round } = message;
    send(raft, to, { type: 'appendEntriesReply', success: true, term: state.currentTerm, matchIndex, round });
  } else if (message.entries.length > 0) {
    const { ack } = turn;
    const sameLeader = ack !== null && ack.to === to && ack.term === state.currentTerm;
    turn.ack = { to, term: state.currentTerm, matchIndex: Math.max(lastNew, sameLeader ? ack.matchIndex : 0) };
  }
}

/** Sends the acknowledgement of the turn, once the entries it speaks of are durable. */
export function sendAcknowledgement(raft: Raft): void {
  const { state, turn } = raft;
  const { ack } = turn;
  if (ack === null) return;
  turn.ack = null;
  if (ack.term !== state.currentTerm) return;
  const { term, matchIndex } = ack;
  const reply = { type: 'appendEntriesReply', success: true, term, matchIndex, round: 0 } as const;
  send(raft, ack.to, reply, durableAfter(state, matchIndex));
}

function reject(raft: Raft, to: NodeId, message: AppendEntries): void {
  const { log, currentTerm } = raft.state;
  const { prevLogIndex, round } = message;
  const conflictTerm = termAt(log, prevLogIndex) ?? 0;
  const conflictIndex = conflictTerm === 0 ? log.lastIndex + 1 : firstIndexOfTerm(log, conflictTerm);
  send(raft, to, {
    type: 'appendEntriesReply',
    success: false,
    term: currentTerm,
    prevLogIndex,
    conflictTerm,
    conflictIndex,
    round,
  });
}
