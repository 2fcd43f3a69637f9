import { nextRandom, type NodeId } from '../core/index.js';
import type { Refusal } from './commands.js';
import { output, type Raft } from './context.js';
import { memberIdsIn, voterIdsIn } from './configuration.js';
import { configurationIndex, currentConfiguration } from './state.js';

/** The ids of the servers whose votes count. */
export function voterIds({ state }: Raft): readonly NodeId[] {
  return voterIdsIn(currentConfiguration(state));
}

/** The ids of all members, learners too. */
export function memberIds({ state }: Raft): readonly NodeId[] {
  return memberIdsIn(currentConfiguration(state));
}

/** Whether this server's vote counts. */
export function isVoter(raft: Raft): boolean {
  return voterIds(raft).includes(raft.options.id);
}

/**
 * Whether this server may campaign: as a voter, and also as one that an open configuration removes. It may be the only one
 * that has that configuration, and then nobody else gets its vote, or can be elected without it (thesis, section 4.2.2).
 */
export function mayCampaign(raft: Raft): boolean {
  const { configurations, commitIndex } = raft.state;
  if (isVoter(raft)) return true;
  const before = configurationIndex(raft.state) > commitIndex ? configurations.at(-2) : undefined;
  return before !== undefined && voterIdsIn(before.configuration).includes(raft.options.id);
}

/**
 * Election timeouts are drawn anew for each campaign, so that split votes do not repeat (section 5.2). Who is less
 * preferred waits longer, so that the preferred ones campaign first; nobody's vote depends on it.
 */
export function drawElectionTimeout(raft: Raft): void {
  const { electionTimeoutMs, electionPriority } = raft.options;
  raft.state.electionTimeout = electionTimeoutMs * (2 - electionPriority + nextRandom(raft.state.random));
}

/** Waits a whole election timeout from now. */
export function resetElectionTimer(raft: Raft): void {
  raft.state.timers.election = raft.now + raft.state.electionTimeout;
}

/**
 * All servers: a term above the current one makes a follower (section 5.1). Also how candidates give way to a leader of
 * their own term, and how leaders step down.
 */
export function becomeFollower(raft: Raft, term: number, leader: NodeId | null): void {
  const { state } = raft;
  if (term > state.currentTerm) {
    state.currentTerm = term;
    state.votedFor = null;
    raft.turn.hardStateChanged = true;
  }
  state.leader = leader;
  if (state.role === 'leader') leaveOffice(raft);
  state.role = 'follower';
  state.votes = {};
}

function leaveOffice(raft: Raft): void {
  const { state } = raft;
  for (const read of state.reads) if (read.from === null) refuse(raft, read.id);
  state.reads = [];
  state.rounds = [];
  state.leaseUntil = -Infinity;
  state.peers = [];
  state.refusedBytes = 0;
  endChange(raft);
  state.timers.heartbeat = Infinity;
  state.timers.quorum = Infinity;
  drawElectionTimeout(raft);
  resetElectionTimer(raft);
}

/** A change of members ends without being known to be complete. The next leader may complete what has begun. */
export function endChange(raft: Raft): void {
  const { change } = raft.state;
  if (change === null) return;
  raft.state.change = null;
  if (change.begun) output(raft, { type: 'lost', id: change.id });
  else refuse(raft, change.id);
}

/** Tells the host that something will not be done, why, and who leads. */
export function refuse(raft: Raft, id: number, reason: Refusal = 'notLeader'): void {
  output(raft, { type: 'refused', id, reason, leader: raft.state.leader });
}

/** A message of the current term from its leader: who asks for votes in this term has lost. */
export function heardFromLeader(raft: Raft, leader: NodeId): void {
  const { state } = raft;
  if (state.role !== 'follower' || state.leader !== leader) becomeFollower(raft, state.currentTerm, leader);
  state.leaderContact = raft.now;
  resetElectionTimer(raft);
}
