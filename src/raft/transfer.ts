import type { NodeId } from '../core/index.js';
import { output, send, type Raft } from './context.js';
import { diskStalled } from './durability.js';
import { campaign } from './election.js';
import { isVoter, refuse } from './roles.js';
import { currentConfiguration } from './state.js';

/*
 * Leadership transfer (thesis, section 3.10): the leader takes no more proposals, brings its successor's log up to its
 * own, and tells it to campaign at once. If that does not lead within an election timeout, the old leader goes on.
 */

/** Begins to hand leadership over. */
export function transfer(raft: Raft, id: number, to: NodeId | null): void {
  const { state, options } = raft;
  if (state.role !== 'leader') return refuse(raft, id);
  if (state.transfer !== null) return refuse(raft, id, 'transferring');
  if (to === options.id) return output(raft, { type: 'transferred', id, leader: to });
  const next = to ?? successor(raft);
  if (next === undefined || !isSuccessor(raft, next)) return refuse(raft, id, 'noSuccessor');
  state.transfer = { id, to: next };
  state.timers.transfer = raft.now + options.electionTimeoutMs;
}

/** The voter that is best prepared to lead: of those that answer, the one with the longest log here. */
export function successor(raft: Raft): NodeId | undefined {
  const { state, options, now } = raft;
  const able = state.peers.filter(
    ({ id, heardAt }) => isSuccessor(raft, id) && now - heardAt < options.electionTimeoutMs,
  );
  const most = Math.max(...able.map(({ matchIndex }) => matchIndex));
  return able.find(({ matchIndex }) => matchIndex === most)?.id;
}

function isSuccessor({ state, options }: Raft, id: NodeId): boolean {
  return id !== options.id && currentConfiguration(state).voters.some((voter) => voter.id === id);
}

/** Once the successor's log is complete, it is told to campaign; each turn again, since messages get lost. */
export function advanceTransfer(raft: Raft): void {
  const { state } = raft;
  const peer = state.peers.find(({ id }) => id === state.transfer?.to);
  if (peer === undefined || peer.matchIndex < state.log.lastIndex || !isSuccessor(raft, peer.id)) return;
  state.leaseRevoked = true; // it may be elected at any time from here on, also long after this server gave it up
  send(raft, peer.id, { type: 'timeoutNow', term: state.currentTerm });
}

/** Servers that do not lead: tells whoever asked for the transfer how it went, once somebody leads. */
export function settleTransfer(raft: Raft): void {
  const { state } = raft;
  if (state.transfer === null || state.leader === null) return;
  const { id, to } = state.transfer;
  endTransfer(raft);
  if (state.leader === to) output(raft, { type: 'transferred', id, leader: to });
  else refuse(raft, id);
}

/** The successor did not take over in time. Whether this server goes on leading is another question. */
export function transferTimeout(raft: Raft): void {
  const { transfer, role } = raft.state;
  endTransfer(raft);
  refuse(raft, transfer!.id, role === 'leader' ? 'timeout' : 'notLeader');
}

function endTransfer({ state }: Raft): void {
  state.transfer = null;
  state.timers.transfer = Infinity;
}

/** The leader hands over: campaign at once, and without a pre-vote, since the others still hear the leader. */
export function handleTimeoutNow(raft: Raft, from: NodeId): void {
  const { state } = raft;
  if (state.role === 'leader' || !isVoter(raft) || diskStalled(raft) || state.install !== null) return;
  if (state.leader === from || state.leader === null) campaign(raft, true);
}
