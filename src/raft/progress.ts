import type { NodeId } from '../core/index.js';
import { committedIndex, majority, type QuorumSystem } from '../quorum/index.js';
import type { Raft } from './context.js';
import type { Configuration } from './entry.js';
import { MAX_VOTERS } from './parse.js';
import { configurationOf, type PeerState } from './state.js';

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

/** Configurations never change, so the system of each is made once. */
const systems = new WeakMap<Configuration, QuorumSystem>();

/** Who decides: a majority of the voters of the configuration in force. */
export function quorumOf({ state }: Raft): QuorumSystem {
  const configuration = configurationOf(state);
  const known = systems.get(configuration);
  if (known !== undefined) return known;
  const system = majority(configuration.voters.map(({ id }) => id));
  systems.set(configuration, system);
  return system;
}

const numbers = new Float64Array(MAX_VOTERS);

/** The highest number that a quorum has reached, this server having reached `own`. */
export function reachedByQuorum(raft: Raft, own: number, of: (peer: PeerState) => number): number {
  const { peers } = raft.state;
  const system = quorumOf(raft);
  let next = 0; // peers are the other voters, in the order of the configuration
  for (let i = 0; i < system.members.length; i++) {
    numbers[i] = system.members[i] === raft.options.id ? own : of(peers[next++]!);
  }
  return committedIndex(system, numbers);
}
