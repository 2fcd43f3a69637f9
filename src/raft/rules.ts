import type { NodeId } from '../core/index.js';
import { handleIntroduction, handleIntroductionReply, introduce, introduceTo } from './admission.js';
import { applied, applyCommitted, compacted, logReadForApply, snapshotTaken, storeSnapshot } from './applying.js';
import { releaseSettled, tellDrained } from './backlog.js';
import type { RaftCommand } from './commands.js';
import { saveHardState, send, type Raft } from './context.js';
import {
  checkQuorum,
  electionTimeout,
  handlePreVote,
  handlePreVoteReply,
  handleRequestVote,
  handleRequestVoteReply,
  leaderIsAlive,
} from './election.js';
import { handleAppendEntries, sendAcknowledgement } from './following.js';
import { honourOldLease } from './lease.js';
import { advanceMembership, cancelChange, changeMembers, configurationCommitted } from './membership.js';
import type { RaftMessage } from './messages.js';
import { startProbing } from './progress.js';
import { askLeader, confirmReads, handleReadIndex, handleReadIndexReply, read } from './reads.js';
import {
  advanceCommit,
  handleAppendEntriesReply,
  heartbeat,
  logReadForPeer,
  propose,
  replicate,
} from './replication.js';
import { becomeFollower, drawElectionTimeout, memberIds, resetElectionTimer } from './roles.js';
import { handleInstallSnapshot, installed, installFailed, snapshotReceived } from './snapshot-receiving.js';
import { handleInstallSnapshotReply, snapshotFailed, snapshotRead } from './snapshot-sending.js';
import { configurationIndex, type PeerState } from './state.js';
import { advanceTransfer, handleTimeoutNow, settleTransfer, transfer, transferTimeout } from './transfer.js';

/** Rules for all servers (figure 2): first settle the term, then do what the message asks. */
export function receive(raft: Raft, from: NodeId, message: RaftMessage): void {
  const { state, options } = raft;
  if (from === options.id) return;
  if (message.type === 'introduction') return handleIntroduction(raft, from, message);
  if (message.type === 'introductionReply') return handleIntroductionReply(raft, from, message);
  if (!state.admitted) return;
  if (message.type === 'preVote') return handlePreVote(raft, from, message);
  if (message.type === 'preVoteReply' && message.term <= state.currentTerm)
    return handlePreVoteReply(raft, from, message);
  if (message.term < state.currentTerm) return refuseStale(raft, from, message);
  if (message.term > state.currentTerm) {
    if (message.type === 'requestVote' && !message.transfer && leaderIsAlive(raft)) return; // thesis, section 4.2.3
    if (isAnswer(message) && !memberIds(raft).includes(from)) return; // only members were asked anything
    becomeFollower(raft, message.term, null);
  }
  switch (message.type) {
    case 'requestVote':
      return handleRequestVote(raft, from, message);
    case 'requestVoteReply':
      return handleRequestVoteReply(raft, from, message);
    case 'preVoteReply':
      return; // its term was news: the question is moot
    case 'appendEntries':
      if (state.role !== 'leader') handleAppendEntries(raft, from, message);
      return;
    case 'installSnapshot':
      if (state.role !== 'leader') handleInstallSnapshot(raft, from, message);
      return;
    case 'timeoutNow':
      return handleTimeoutNow(raft, from);
    case 'readIndexReply':
      if (state.leader === from) handleReadIndexReply(raft, message);
      return;
    default: {
      const peer = heardFromPeer(raft, from);
      if (peer === undefined) return;
      if (message.type === 'appendEntriesReply') return handleAppendEntriesReply(raft, peer, message);
      if (message.type === 'readIndex') return handleReadIndex(raft, from, message);
      return handleInstallSnapshotReply(raft, peer, message);
    }
  }
}

function isAnswer({ type }: RaftMessage): boolean {
  return type.endsWith('Reply');
}

/** Rule 1 of both receivers: no to a sender of an older term, with the newer term, so that it steps down. */
function refuseStale(raft: Raft, from: NodeId, message: RaftMessage): void {
  const { currentTerm: term } = raft.state;
  switch (message.type) {
    case 'requestVote':
      return send(raft, from, { type: 'requestVoteReply', term, voteGranted: false });
    case 'appendEntries': {
      // Not its round: the sender may lead again, in this term, and the answer is no proof that it does.
      const nowhere = { prevLogIndex: message.prevLogIndex, conflictTerm: 0, conflictIndex: 0, round: 0 };
      return send(raft, from, { type: 'appendEntriesReply', success: false, term, ...nowhere });
    }
    case 'installSnapshot': {
      const { lastIncludedIndex } = message;
      return send(raft, from, {
        type: 'installSnapshotReply',
        term,
        lastIncludedIndex,
        offset: 0,
        installed: false,
      });
    }
    default: // a late answer: nobody waits for it any more
  }
}

function peerOf(raft: Raft, id: NodeId): PeerState | undefined {
  return raft.state.peers.find((peer) => peer.id === id);
}

function heardFromPeer(raft: Raft, id: NodeId): PeerState | undefined {
  const peer = peerOf(raft, id);
  if (peer !== undefined) peer.heardAt = raft.now;
  return peer;
}

/** What the local host asks, or answers. Answers that nothing waits for any more are ignored. */
export function runCommand(raft: Raft, command: RaftCommand): void {
  switch (command.type) {
    case 'propose':
      return propose(raft, command.id, command.payloads);
    case 'read':
      return read(raft, command.id);
    case 'changeMembers':
      return changeMembers(raft, command.id, command.change);
    case 'cancelChange':
      return cancelChange(raft, command.id);
    case 'transfer':
      return transfer(raft, command.id, command.to);
    case 'forgetLeader':
      return forgetLeader(raft);
    case 'unreachable':
      return unreachable(raft, command.peer);
    case 'snapshotFailed':
      return snapshotFailed(peerOf(raft, command.peer));
    case 'applied':
      return applied(raft, command.index);
    case 'logRead': {
      if (command.reader === raft.options.id) return logReadForApply(raft, command.entries);
      const peer = peerOf(raft, command.reader);
      return peer?.readingLog === true ? logReadForPeer(raft, peer, command.entries) : undefined;
    }
    case 'snapshot':
      return snapshotTaken(raft, command.index);
    case 'compacted':
      return compacted(raft, command);
    case 'snapshotRead': {
      const peer = peerOf(raft, command.to);
      return peer === undefined ? undefined : snapshotRead(raft, peer, command);
    }
    case 'snapshotReceived':
      return snapshotReceived(raft, command.index, command.offset);
    case 'installed':
      return installed(raft, command.index);
    case 'installFailed':
      return installFailed(raft, command.index);
  }
}

/** A connection came or went: what was on the way to that follower may be lost, so find out where it stands. */
export function peerChanged(raft: Raft, id: NodeId): void {
  introduceTo(raft, id);
  const peer = peerOf(raft, id);
  if (peer === undefined) return;
  if (peer.flow === 'snapshot') snapshotFailed(peer);
  else startProbing(peer);
}

/** A follower that is being probed is asked again with a heartbeat, not at each such notice, which that may lead to. */
function unreachable(raft: Raft, id: NodeId): void {
  const peer = peerOf(raft, id);
  if (peer?.flow === 'snapshot') snapshotFailed(peer);
  else if (peer?.flow === 'replicate') startProbing(peer);
}

/**
 * Followers: the host knows that the leader is gone, so that this server votes for another one at once. Not where leaders
 * rely on a lease, which this would break.
 */
function forgetLeader(raft: Raft): void {
  const { state, options } = raft;
  if (state.role === 'leader' || options.leaseReads) return;
  state.leader = null;
  state.leaderContact = -Infinity;
}

/** Deadlines that are reached. The first wake of an incarnation arms the election timer. */
export function wake(raft: Raft): void {
  const { timers } = raft.state;
  if (timers.election === -Infinity) {
    drawElectionTimeout(raft);
    if (raft.state.admitted) resetElectionTimer(raft);
    else timers.election = Infinity;
    honourOldLease(raft);
    if (raft.state.identity !== null && !raft.state.introduced) timers.introduction = raft.now;
  }
  if (raft.now >= timers.introduction) introduce(raft);
  if (raft.now >= timers.election) electionTimeout(raft);
  if (raft.now >= timers.quorum) checkQuorum(raft);
  if (raft.now >= timers.heartbeat) heartbeat(raft);
  if (raft.now >= timers.transfer) transferTimeout(raft);
}

/** What leaders do at the end of a turn. At the end of it they may lead no more. */
function lead(raft: Raft): void {
  const { state, turn } = raft;
  const { commitIndex } = state;
  if (turn.matchChanged) advanceCommit(raft);
  if (turn.readsChanged || turn.matchChanged) confirmReads(raft);
  advanceMembership(raft);
  replicate(raft);
  if (state.transfer !== null) advanceTransfer(raft);
  const configuration = configurationIndex(state);
  if (configuration > commitIndex && configuration <= state.commitIndex) configurationCommitted(raft);
}

/** Builds what all inputs of the turn lead to together. */
export function finishTurn(raft: Raft): void {
  const { state, turn } = raft;
  if (state.role === 'leader') lead(raft);
  if (state.role !== 'leader') {
    sendAcknowledgement(raft);
    settleTransfer(raft);
  }
  askLeader(raft);
  tellDrained(raft);
  turn.matchChanged = false;
  turn.readsChanged = false;
  turn.ack = null;
  applyCommitted(raft);
  storeSnapshot(raft);
  releaseSettled(raft);
  saveHardState(raft);
}
