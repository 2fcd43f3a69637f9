import { addToBacklog, settleBacklog } from './backlog.js';
import { appendToLog, coverWrites, output, send, type Raft } from './context.js';
import { diskStalled } from './durability.js';
import { entryBytes, payloadBytes, type Entry } from './entry.js';
import { lastIndexOfTerm, memoryFrom, sliceEntries, termAt } from './log.js';
import type { AppendAccepted, AppendEntriesReply, AppendRejected } from './messages.js';
import { clearInflight, hasRoom, noteArrived, noteSent, reachedByQuorum, startProbing } from './progress.js';
import { noteRound } from './lease.js';
import { becomeFollower, refuse } from './roles.js';
import { beginSnapshot, continueSnapshot } from './snapshot-sending.js';
import type { PeerState } from './state.js';

const NO_ENTRIES: readonly Entry[] = [];

/** Leaders: append the client's commands to the log, answer after they were applied (figure 2). */
export function propose(raft: Raft, id: number, payloads: readonly Uint8Array[]): void {
  const { state } = raft;
  if (state.role !== 'leader') return refuse(raft, id);
  if (state.transfer !== null) return refuse(raft, id, 'transferring');
  const bytes = payloadsBytes(payloads);
  if (wouldExceedBacklog(raft, bytes)) {
    state.refusedBytes = Math.max(state.refusedBytes, bytes);
    return refuse(raft, id, 'overloaded');
  }
  const term = state.currentTerm;
  const first = state.log.lastIndex + 1;
  for (const data of payloads) appendOwn(raft, { type: 'command', index: state.log.lastIndex + 1, term, data });
  coverWrites(raft);
  output(raft, { type: 'accepted', id, index: first, term });
}

/** Whatever its size, a proposal is taken while nothing else waits. */
function wouldExceedBacklog({ state, options }: Raft, bytes: number): boolean {
  return state.backlogBytes > 0 && state.backlogBytes + bytes > options.maxUncommittedBytes;
}

function payloadsBytes(payloads: readonly Uint8Array[]): number {
  let bytes = 0;
  for (const data of payloads) bytes += payloadBytes(data);
  return bytes;
}

/** Leaders begin their term with an entry of their own, so that they have one to commit (section 8). */
export function appendNoop(raft: Raft): void {
  const { log, currentTerm: term } = raft.state;
  appendOwn(raft, { type: 'noop', index: log.lastIndex + 1, term, data: null });
  coverWrites(raft);
}

function appendOwn(raft: Raft, entry: Entry): void {
  addToBacklog(raft.state, entry);
  appendToLog(raft, entry);
}

/**
 * Leaders: send heartbeats to prevent election timeouts (figure 2). An empty append behind what was last sent, so that
 * a follower that missed something says so. A leader whose disk hangs steps down instead.
 */
export function heartbeat(raft: Raft): void {
  const { state, options } = raft;
  if (diskStalled(raft)) return becomeFollower(raft, state.currentTerm, null);
  state.timers.heartbeat = raft.now + options.heartbeatIntervalMs;
  for (const peer of state.peers) {
    if (peer.flow === 'probe') clearInflight(peer); // what was sent a heartbeat ago counts as lost
    if (peer.flow === 'snapshot') continueSnapshot(raft, peer);
  }
  startRound(raft);
}

/** Sends a numbered heartbeat to each follower; its answers confirm that this server led when it was sent. */
export function startRound(raft: Raft): void {
  raft.state.round++;
  noteRound(raft);
  for (const peer of raft.state.peers) sendAppend(raft, peer, NO_ENTRIES, raft.state.round);
}

/** Sends each follower what it lacks and has room for, and the commit index where nothing else carries it. */
export function replicate(raft: Raft): void {
  const { state } = raft;
  for (const peer of state.peers) {
    sendEntries(raft, peer);
    if (peer.flow === 'replicate' && peer.toldCommit < state.commitIndex) sendAppend(raft, peer, NO_ENTRIES, 0);
  }
  raft.turn.sending = null;
}

function sendEntries(raft: Raft, peer: PeerState): void {
  const { state, options } = raft;
  const { log } = state;
  while (peer.flow !== 'snapshot' && peer.nextIndex <= log.lastIndex && hasRoom(peer, options)) {
    if (peer.nextIndex < log.firstIndex || termAt(log, peer.nextIndex - 1) === undefined) {
      return beginSnapshot(raft, peer);
    }
    if (peer.nextIndex < memoryFrom(log)) return readLog(raft, peer);
    sendAppend(raft, peer, entriesToSend(raft, peer.nextIndex), 0);
  }
}

/** Followers that are equally far get the same array: it is never changed. */
function entriesToSend(raft: Raft, from: number): readonly Entry[] {
  const { state, options, turn } = raft;
  if (turn.sending?.[0]?.index !== from) {
    turn.sending = sliceEntries(state.log, from, state.log.lastIndex, options.maxAppendBytes);
  }
  return turn.sending;
}

/**
 * Entries that are no longer in memory come from the journal, one piece at a time, the next one when the last has arrived:
 * a follower that is far behind must not take the disk and the network from those that are not.
 */
function readLog(raft: Raft, peer: PeerState): void {
  if (peer.readingLog || peer.inflight.length > 0) return;
  peer.readingLog = true;
  const to = memoryFrom(raft.state.log) - 1;
  const { maxAppendBytes: maxBytes } = raft.options;
  output(raft, { type: 'readLog', reader: peer.id, from: peer.nextIndex, to, maxBytes });
}

/** Sends entries that the journal returned, if they still are what the follower needs next. */
export function logReadForPeer(raft: Raft, peer: PeerState, entries: readonly Entry[]): void {
  peer.readingLog = false;
  const first = entries[0];
  if (first === undefined || first.index !== peer.nextIndex || peer.flow === 'snapshot') return;
  if (entries.some((entry) => termAt(raft.state.log, entry.index) !== entry.term)) return;
  if (termAt(raft.state.log, first.index - 1) !== undefined) sendAppend(raft, peer, entries, 0);
}

function sendAppend(raft: Raft, peer: PeerState, entries: readonly Entry[], round: number): void {
  const { state } = raft;
  let prevLogIndex = peer.nextIndex - 1;
  let prevLogTerm = termAt(state.log, prevLogIndex);
  if (prevLogTerm === undefined) {
    // Only an empty append gets here, for a follower that needs a snapshot: where it is refused does not matter.
    prevLogIndex = state.log.snapshotIndex;
    prevLogTerm = state.log.snapshotTerm;
  }
  peer.toldCommit = state.commitIndex;
  if (entries.length > 0) {
    const last = entries[entries.length - 1]!.index;
    noteSent(peer, last, bytesOf(entries));
    if (peer.flow === 'replicate') peer.nextIndex = last + 1;
  }
  send(raft, peer.id, {
    type: 'appendEntries',
    term: state.currentTerm,
    prevLogIndex,
    prevLogTerm,
    entries,
    leaderCommit: state.commitIndex,
    round,
  });
}

function bytesOf(entries: readonly Entry[]): number {
  let bytes = 0;
  for (let i = 0; i < entries.length; i++) bytes += entryBytes(entries[i]!);
  return bytes;
}

/** Takes an answer in: how far the follower's log equals this one, or where to look for the place (section 5.3). */
export function handleAppendEntriesReply(raft: Raft, peer: PeerState, message: AppendEntriesReply): void {
  if (message.round > peer.round) {
    peer.round = message.round;
    raft.turn.readsChanged = true;
  }
  if (message.success) accepted(raft, peer, message);
  else rejected(raft, peer, message);
}

function accepted(raft: Raft, peer: PeerState, message: AppendAccepted): void {
  const { matchIndex } = message;
  if (matchIndex > raft.state.log.lastIndex) return; // no follower can have more of this leader's log than the leader
  if (matchIndex > peer.matchIndex) {
    peer.matchIndex = matchIndex;
    raft.turn.matchChanged = true;
    noteArrived(peer, matchIndex);
  }
  if (peer.flow === 'snapshot' && matchIndex + 1 >= raft.state.log.firstIndex) startProbing(peer);
  if (peer.flow === 'probe' && matchIndex >= peer.nextIndex - 1) {
    peer.flow = 'replicate';
    clearInflight(peer); // a probe that is not answered yet is sent again: its answer would free no place
    peer.nextIndex = matchIndex + 1;
  }
  if (peer.nextIndex <= matchIndex) peer.nextIndex = matchIndex + 1;
}

function rejected(raft: Raft, peer: PeerState, message: AppendRejected): void {
  const { prevLogIndex, conflictTerm, conflictIndex } = message;
  // Late answers to appends that no longer matter: only the question that is now open may move nextIndex.
  const open = peer.flow === 'probe' ? prevLogIndex === peer.nextIndex - 1 : prevLogIndex > peer.matchIndex;
  if (peer.flow === 'snapshot' || !open) return;
  const sameTerm = conflictTerm === 0 ? undefined : lastIndexOfTerm(raft.state.log, conflictTerm);
  const hint = sameTerm === undefined ? conflictIndex : sameTerm + 1;
  const nextIndex = Math.max(peer.matchIndex + 1, Math.min(hint, prevLogIndex));
  if (nextIndex > prevLogIndex) return; // it refuses what it had confirmed: the same question waits for a heartbeat
  startProbing(peer);
  peer.nextIndex = nextIndex;
}

const matchIndexOf = (peer: PeerState): number => peer.matchIndex;

/**
 * Leaders: if there is an N > commitIndex that a majority has durably, and log[N].term == currentTerm, then
 * commitIndex = N (figure 2, sections 5.3 and 5.4). Entries of older terms are committed by those behind them, never
 * by counting: figure 8 shows why.
 */
export function advanceCommit(raft: Raft): void {
  const { state } = raft;
  const majority = reachedByQuorum(raft, state.storedIndex, matchIndexOf);
  if (majority <= state.commitIndex || termAt(state.log, majority) !== state.currentTerm) return;
  state.commitIndex = majority;
  settleBacklog(state);
}
