import type { NodeId } from '../core/index.js';
import { committedIndex } from '../quorum/index.js';
import { MAX_MEMBERS, memberIdsIn, quorumIn } from './configuration.js';
import type { Raft } from './context.js';
import type { ResolvedRaftOptions } from './options.js';
import { configurationIndex, currentConfiguration, type PeerState } from './state.js';

/** What a new leader assumes of a follower: that its log equals the leader's, until it says otherwise (section 5.3). */
function newPeer(id: NodeId, nextIndex: number, now: number): PeerState {
  return {
    id,
    nextIndex,
    matchIndex: 0,
    flow: 'probe',
    inflight: [],
    inflightBytes: [],
    toldCommit: 0,
    readingLog: false,
    round: 0,
    heardAt: now,
    snapshot: null,
  };
}

/**
 * Leaders: a peer for each other member, and for those whom an uncommitted configuration removes, until they have been
 * sent it. Those that come get `nextIndex` first, and say what they lack.
 */
export function syncPeers(raft: Raft, nextIndex: number): void {
  const { state, options, now } = raft;
  const ids = new Set(memberIdsIn(currentConfiguration(state)));
  const before = state.configurations.at(-2);
  if (before !== undefined && configurationIndex(state) > state.commitIndex) {
    for (const id of memberIdsIn(before.configuration)) ids.add(id);
  }
  ids.delete(options.id);
  const known = new Map(state.peers.map((peer) => [peer.id, peer]));
  state.peers = [...ids].sort().map((id) => known.get(id) ?? newPeer(id, nextIndex, now));
}

/** Goes back to finding out where the logs meet. */
export function startProbing(peer: PeerState): void {
  peer.flow = 'probe';
  clearInflight(peer);
  peer.snapshot = null;
  peer.nextIndex = peer.matchIndex + 1;
}

/** Whether another append may be on the way to a follower: one while probing, else as many as the limits allow. */
export function hasRoom(peer: PeerState, options: ResolvedRaftOptions): boolean {
  const { inflight, inflightBytes } = peer;
  if (inflight.length === 0) return true;
  if (peer.flow === 'probe' || inflight.length >= options.maxInflightAppends) return false;
  let bytes = 0;
  for (let i = 0; i < inflightBytes.length; i++) bytes += inflightBytes[i]!;
  return bytes < options.maxInflightBytes;
}

/** Entries up to an index are on the way. */
export function noteSent(peer: PeerState, lastIndex: number, bytes: number): void {
  peer.inflight.push(lastIndex);
  peer.inflightBytes.push(bytes);
}

/** Entries up to an index have arrived. */
export function noteArrived(peer: PeerState, matchIndex: number): void {
  while (peer.inflight.length > 0 && peer.inflight[0]! <= matchIndex) {
    peer.inflight.shift();
    peer.inflightBytes.shift();
  }
}

/** What was on the way counts as lost. */
export function clearInflight(peer: PeerState): void {
  peer.inflight.length = 0;
  peer.inflightBytes.length = 0;
}

const numbers = new Float64Array(2 * MAX_MEMBERS);

/** The highest number that a quorum has reached, this server having reached `own`, if it votes. */
export function reachedByQuorum(raft: Raft, own: number, of: (peer: PeerState) => number): number {
  const { peers } = raft.state;
  const quorum = quorumIn(currentConfiguration(raft.state));
  let next = 0; // both are by id, but for learners and joint configurations
  for (let i = 0; i < quorum.members.length; i++) {
    const id = quorum.members[i]!;
    if (id === raft.options.id) {
      numbers[i] = own;
      continue;
    }
    if (peers[next]?.id !== id) next = peers.findIndex((peer) => peer.id === id);
    numbers[i] = of(peers[next++]!);
  }
  return committedIndex(quorum, numbers);
}
