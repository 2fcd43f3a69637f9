import { nextRandom, type NodeId } from '../core/index.js';
import { output, type Raft } from './context.js';
import { configurationOf } from './state.js';

/** The ids of the servers that vote. */
export function voterIds(raft: Raft): readonly NodeId[] {
  return configurationOf(raft.state).voters.map((member) => member.id);
}

/** Whether this server votes. */
export function isVoter(raft: Raft): boolean {
  return configurationOf(raft.state).voters.some((member) => member.id === raft.options.id);
}

/** Election timeouts are drawn anew for each campaign, so that split votes do not repeat (section 5.2). */
export function drawElectionTimeout(raft: Raft): void {
  const { electionTimeoutMs } = raft.options;
  raft.state.electionTimeout = electionTimeoutMs * (1 + nextRandom(raft.state.random));
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
  for (const read of state.reads) refuse(raft, read.id);
  state.reads = [];
  state.peers = [];
  state.timers.heartbeat = Infinity;
  state.timers.quorum = Infinity;
  drawElectionTimeout(raft);
  resetElectionTimer(raft);
}

/** Tells the host that this server does not lead and who does. */
export function refuse(raft: Raft, id: number): void {
  output(raft, { type: 'refused', id, reason: 'notLeader', leader: raft.state.leader });
}

/** A message of the current term from its leader: who asks for votes in this term has lost. */
export function heardFromLeader(raft: Raft, leader: NodeId): void {
  const { state } = raft;
  if (state.role !== 'follower' || state.leader !== leader) becomeFollower(raft, state.currentTerm, leader);
  state.leaderContact = raft.now;
  resetElectionTimer(raft);
}
