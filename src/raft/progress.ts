import type { NodeId } from '../core/index.js';
import { committedIndex, MAX_QUORUM_MEMBERS } from '../quorum/index.js';
import type { Raft } from './context.js';
import type { PeerState } from './state.js';

/** What a new leader assumes of a follower: that its log equals the leader's, until it says otherwise (section 5.3). */
export function newPeer(id: NodeId, nextIndex: number, now: number): PeerState {
  return {
    id,
    nextIndex,
    matchIndex: 0,
    flow: 'probe',
    inflight: [],
    toldCommit: 0,
    readingLog: false,
    round: 0,
    heardAt: now,
    snapshot: null,
  };
}

/** Goes back to finding out where the logs meet. */
export function startProbing(peer: PeerState): void {
  peer.flow = 'probe';
  peer.inflight.length = 0;
  peer.snapshot = null;
  peer.nextIndex = peer.matchIndex + 1;
}

const indexes = new Float64Array(MAX_QUORUM_MEMBERS);

/** The highest number that a majority has reached, this server having reached `own`. */
export function reachedByMajority(raft: Raft, own: number, of: (peer: PeerState) => number): number {
  const { peers } = raft.state;
  indexes[0] = own;
  for (let i = 0; i < peers.length; i++) indexes[i + 1] = of(peers[i]!);
  return committedIndex(indexes, peers.length + 1);
}
