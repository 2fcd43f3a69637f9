import type { NodeId } from '../core/index.js';
import { tally, type VoteResult } from '../quorum/index.js';
import { emptyBacklog } from './backlog.js';
import { quorumIn } from './configuration.js';
import { send, type Raft } from './context.js';
import { diskStalled } from './durability.js';
import { lastTerm } from './log.js';
import type { PreVote, PreVoteReply, RequestVote, RequestVoteReply } from './messages.js';
import { syncPeers } from './progress.js';
import { appendNoop } from './replication.js';
import { becomeFollower, drawElectionTimeout, mayCampaign, resetElectionTimer, voterIds } from './roles.js';
import { currentConfiguration, type RaftState } from './state.js';
import { transferTimeout } from './transfer.js';

/** The election timeout elapsed without a word from a leader: followers and candidates start anew (section 5.2). */
export function electionTimeout(raft: Raft): void {
  if (mayCampaign(raft) && !diskStalled(raft)) return campaign(raft, false);
  raft.state.leader = null; // as far as can be told here, so that reads do not wait for it
  drawElectionTimeout(raft);
  resetElectionTimer(raft);
}

/** Campaigns; on a leader's behalf without asking first (thesis, section 3.10). */
export function campaign(raft: Raft, transfer: boolean): void {
  drawElectionTimeout(raft);
  resetElectionTimer(raft);
  if (raft.state.currentTerm >= Number.MAX_SAFE_INTEGER) return; // only forged messages lead there: no term follows
  if (raft.options.preVote && !transfer) becomePreCandidate(raft);
  else becomeCandidate(raft, transfer);
}

/** Asks whether a campaign could win, without raising the term (thesis, section 9.6). */
function becomePreCandidate(raft: Raft): void {
  const { state } = raft;
  state.role = 'preCandidate';
  state.leader = null;
  askForVotes(raft, { type: 'preVote', term: state.currentTerm + 1, ...lastEntry(state) });
}

/** On conversion to candidate: increment the term, vote for self, reset the timer, ask for votes (figure 2). */
function becomeCandidate(raft: Raft, transfer: boolean): void {
  const { state } = raft;
  state.currentTerm++;
  state.votedFor = raft.options.id;
  raft.turn.hardStateChanged = true;
  state.role = 'candidate';
  state.leader = null;
  askForVotes(raft, { type: 'requestVote', term: state.currentTerm, ...lastEntry(state), transfer });
}

function lastEntry({ log }: RaftState): { readonly lastLogIndex: number; readonly lastLogTerm: number } {
  return { lastLogIndex: log.lastIndex, lastLogTerm: lastTerm(log) };
}

function askForVotes(raft: Raft, message: PreVote | RequestVote): void {
  const { state } = raft;
  const { id } = raft.options;
  state.votes = { [id]: true };
  for (const voter of voterIds(raft)) if (voter !== id) send(raft, voter, message);
  countVotes(raft);
}

function countVotes(raft: Raft): void {
  const result: VoteResult = tally(quorumIn(currentConfiguration(raft.state)), raft.state.votes);
  if (result === 'won') {
    if (raft.state.role === 'preCandidate') becomeCandidate(raft, false);
    else becomeLeader(raft);
  } else if (result === 'lost') {
    becomeFollower(raft, raft.state.currentTerm, null); // and wait for the next election timeout
  }
}

/** A candidate that receives votes from a majority leads, and says so at once (figure 2, section 8). */
function becomeLeader(raft: Raft): void {
  const { state } = raft;
  const { id, electionTimeoutMs, heartbeatIntervalMs } = raft.options;
  state.role = 'leader';
  state.leader = id;
  state.votes = {};
  syncPeers(raft, state.log.lastIndex + 1);
  state.round = 0;
  state.leaseRevoked = false;
  if (state.transfer !== null) transferTimeout(raft); // the successor of an earlier term did not take over
  emptyBacklog(state);
  state.timers.election = Infinity;
  state.timers.quorum = raft.now + electionTimeoutMs;
  state.timers.heartbeat = raft.now + heartbeatIntervalMs; // the entry that begins the term is the first one
  state.termStartIndex = state.log.lastIndex + 1;
  appendNoop(raft);
}

/** The candidate's log is at least as up-to-date as this one (section 5.4.1). */
function isUpToDate(raft: Raft, message: PreVote | RequestVote): boolean {
  const { log } = raft.state;
  if (message.lastLogTerm !== lastTerm(log)) return message.lastLogTerm > lastTerm(log);
  return message.lastLogIndex >= log.lastIndex;
}

/**
 * Whether a leader was heard from so recently that nobody should campaign (thesis, section 4.2.3). Only where leaders
 * that lost their majority step down, or one that can send but not hear would block elections for ever.
 */
export function leaderIsAlive(raft: Raft): boolean {
  const { state, options } = raft;
  if (!options.checkQuorum) return false;
  return state.role === 'leader' || raft.now - state.leaderContact < options.electionTimeoutMs;
}

/**
 * A server that knows no configuration has lost its journal, or never was a member: it must not vote as if nothing had
 * happened.
 */
function mayVote(raft: Raft): boolean {
  return currentConfiguration(raft.state).voters.length > 0;
}

/** Answers a {@link PreVote}: yes if this server would vote and misses a leader itself. Changes nothing. */
export function handlePreVote(raft: Raft, from: NodeId, message: PreVote): void {
  const term = raft.state.currentTerm;
  const granted = message.term > term && mayVote(raft) && isUpToDate(raft, message) && !leaderIsAlive(raft);
  send(raft, from, { type: 'preVoteReply', term, campaignTerm: message.term, granted });
}

/** Counts an answer to this server's own question, if it is still asking it. */
export function handlePreVoteReply(raft: Raft, from: NodeId, message: PreVoteReply): void {
  const { state } = raft;
  if (state.role === 'preCandidate' && message.campaignTerm === state.currentTerm + 1) {
    noteVote(raft, from, message.granted);
  }
}

/** RequestVote RPC, receiver (figure 2): one vote a term, first come first served, only for an up-to-date log. */
export function handleRequestVote(raft: Raft, from: NodeId, message: RequestVote): void {
  const { state } = raft;
  const free = state.votedFor === null || state.votedFor === from;
  const wanted = message.transfer || !leaderIsAlive(raft);
  const voteGranted = free && wanted && mayVote(raft) && isUpToDate(raft, message);
  if (voteGranted) {
    if (state.votedFor === null) raft.turn.hardStateChanged = true;
    state.votedFor = from;
    resetElectionTimer(raft);
  }
  send(raft, from, { type: 'requestVoteReply', term: state.currentTerm, voteGranted });
}

/** Counts a vote of the current term. */
export function handleRequestVoteReply(raft: Raft, from: NodeId, message: RequestVoteReply): void {
  if (raft.state.role === 'candidate') noteVote(raft, from, message.voteGranted);
}

/** Votes of others would not count, and could be of any number. */
function noteVote(raft: Raft, from: NodeId, granted: boolean): void {
  if (!voterIds(raft).includes(from)) return;
  raft.state.votes[from] = granted;
  countVotes(raft);
}

/** A leader that heard from no majority for an election timeout steps down (thesis, section 6.2). */
export function checkQuorum(raft: Raft): void {
  const { state, options } = raft;
  state.timers.quorum = raft.now + options.electionTimeoutMs;
  if (!options.checkQuorum) return;
  const heard: Record<NodeId, boolean> = { [options.id]: true };
  for (const peer of state.peers) heard[peer.id] = raft.now - peer.heardAt < options.electionTimeoutMs;
  if (tally(quorumIn(currentConfiguration(state)), heard) !== 'won') becomeFollower(raft, state.currentTerm, null);
}
