import type { NodeId } from '../core/index.js';
import { output, send, type Raft } from './context.js';
import { extendLease, leaseHolds } from './lease.js';
import type { ReadIndex, ReadIndexReply } from './messages.js';
import { reachedByQuorum } from './progress.js';
import { startRound } from './replication.js';
import { refuse } from './roles.js';
import type { PeerState, PendingRead } from './state.js';

/** Read-only operations without the log (section 8; thesis, section 6.4): leaders queue them for the next round. */
export function read(raft: Raft, id: number): void {
  const { state, options } = raft;
  const { length } = state.role === 'leader' ? state.reads : state.asked;
  if (length >= options.maxPendingReads) return refuse(raft, id, 'overloaded');
  if (state.role === 'leader') state.reads.push({ id, from: null, incarnation: 0, index: 0, round: 0 });
  else if (state.leader === null) return refuse(raft, id);
  else state.asked.push({ id, leader: state.leader, ask: 0 });
  raft.turn.readsChanged = true;
}

/** Another server asks for an index. If there is no room it asks again. */
export function handleReadIndex(raft: Raft, from: NodeId, { incarnation, ask }: ReadIndex): void {
  const { state, options } = raft;
  const waiting = state.reads.findLast((pending) => pending.from === from && pending.round === 0);
  if (waiting?.incarnation === incarnation) {
    waiting.id = Math.max(waiting.id, ask); // one answer will do for both
    return;
  }
  if (state.reads.length >= options.maxPendingReads) return;
  state.reads.push({ id: ask, from, incarnation, index: 0, round: 0 });
  raft.turn.readsChanged = true;
}

const roundOf = (peer: PeerState): number => peer.round;

/**
 * A read gets the commit index as its read index, once the leader has committed an entry of its own term (before that
 * it does not know what is committed), and is confirmed when a majority answered a heartbeat that was sent after that; or
 * at once while a lease holds.
 */
export function confirmReads(raft: Raft): void {
  const { state, options } = raft;
  if (options.leaseReads) extendLease(raft, reachedByQuorum(raft, state.round, roundOf));
  if (state.reads.length === 0 || state.commitIndex < state.termStartIndex) return;
  askForRound(raft);
  const confirmed = leaseHolds(raft) ? Infinity : reachedByQuorum(raft, state.round, roundOf);
  const waiting = state.reads.findIndex((pending) => pending.round > confirmed);
  const ready = state.reads.splice(0, waiting < 0 ? state.reads.length : waiting);
  for (const pending of ready) confirm(raft, pending);
}

function askForRound(raft: Raft): void {
  const { state } = raft;
  const unasked = state.reads.filter((pending) => pending.round === 0);
  if (unasked.length === 0) return;
  if (!leaseHolds(raft)) startRound(raft);
  for (const pending of unasked) {
    pending.index = state.commitIndex;
    pending.round = state.round;
  }
}

function confirm(raft: Raft, { id, from, incarnation, index }: PendingRead): void {
  if (from === null) return output(raft, { type: 'readable', id, index });
  send(raft, from, { type: 'readIndexReply', term: raft.state.currentTerm, incarnation, ask: id, index });
}

/**
 * Servers that do not lead: one question for all reads since the last one. Those that were meant for another leader are
 * refused, also where this server leads now: nobody will answer them.
 */
export function askLeader(raft: Raft): void {
  const { state } = raft;
  const { leader } = state;
  if (state.asked.length === 0) return;
  for (const pending of state.asked) if (pending.leader !== leader) refuse(raft, pending.id);
  state.asked = state.asked.filter((pending) => pending.leader === leader);
  if (leader !== null && state.asked.some((pending) => pending.ask === 0)) sendQuestion(raft, leader);
}

function sendQuestion(raft: Raft, leader: NodeId): void {
  const { state, options } = raft;
  const ask = ++state.askCount;
  for (const pending of state.asked) if (pending.ask === 0) pending.ask = ask;
  state.askedAt = raft.now;
  send(raft, leader, { type: 'readIndex', term: state.currentTerm, incarnation: options.incarnation, ask });
}

/** A heartbeat came, so the leader is there; a question that it has not answered since the one before may be lost. */
export function askAgain(raft: Raft, leader: NodeId): void {
  const { state, options, now } = raft;
  if (state.asked.length > 0 && now - state.askedAt >= options.heartbeatIntervalMs) sendQuestion(raft, leader);
}

/** The leader confirmed an index: good for all reads that came before the question. */
export function handleReadIndexReply(raft: Raft, { incarnation, ask, index }: ReadIndexReply): void {
  const { state, options } = raft;
  if (incarnation !== options.incarnation) return;
  const answered = state.asked.filter((pending) => pending.ask > 0 && pending.ask <= ask);
  if (answered.length === 0) return;
  state.asked = state.asked.filter((pending) => !answered.includes(pending));
  for (const { id } of answered) output(raft, { type: 'readable', id, index });
}
