import type { NodeId } from '../core/index.js';
import type { ReplicatedLogStatus } from '../host/index.js';
import type { Role } from './commands.js';
import { isJoint, voterIdsIn } from './configuration.js';
import { currentConfiguration, type PeerState, type RaftState } from './state.js';
import type { LastSnapshot } from './node-snapshots.js';

/** Where a {@link RaftNode} stands. Plain numbers, as of the call; good for a page or a metric. */
export interface RaftNodeStatus extends ReplicatedLogStatus {
  readonly role: Role;
  readonly term: number;
  /** The last index that is durable here. */
  readonly storedIndex: number;
  /** Whether the cluster is on its way from one set of voters to another, so that majorities of both are needed. */
  readonly joint: boolean;
  /** What this server is in the configuration in force: it votes, only gets the log, or is no member (any more). */
  readonly membership: 'voter' | 'learner' | 'none';
  /** On leaders: whether a change of members waits or is under way. */
  readonly changing: boolean;
  /** To whom leadership is being handed over. */
  readonly transferringTo: NodeId | null;
  /** On leaders: how far each other member is. */
  readonly peers: readonly RaftPeerStatus[];
  /**
   * Whether this server takes part. A founding member does so once enough of the others know its journal; see
   * {@link RaftNodeOptions.newCluster}.
   */
  readonly admitted: boolean;
  /** The last snapshot that this run took or got. */
  readonly lastSnapshot: LastSnapshot | null;
  /** Messages from outside that were none of Raft. */
  readonly malformed: number;
  /** Messages that were dropped because too many waited for the disk. */
  readonly droppedMessages: number;
  readonly queues: RaftQueues;
}

/** How much waits in a {@link RaftNode}. Each has a limit, named in the options. */
export interface RaftQueues {
  /** Proposals of callers here that are not answered. */
  readonly proposals: number;
  /** Reads of callers here that are not answered. */
  readonly reads: number;
  /** On leaders: bytes of entries that are not committed, durable and applied; see `maxUncommittedBytes`. */
  readonly uncommittedBytes: number;
  /** Entries that the journal has not made durable yet. */
  readonly unstoredEntries: number;
  /** Entries that are committed and not applied yet. */
  readonly unappliedEntries: number;
  /** Bytes of the log in memory; see `logMemoryBytes`. */
  readonly logBytes: number;
}

/** What a leader knows of another member. */
export interface RaftPeerStatus {
  readonly id: NodeId;
  /** Whether it votes. */
  readonly voter: boolean;
  /** The highest index that it has durably. */
  readonly matchIndex: number;
  /** How many entries of the leader's log it lacks, as far as is known. */
  readonly lag: number;
  /** How entries flow to it: one append at a time, freely, or as a snapshot. */
  readonly flow: 'probe' | 'replicate' | 'snapshot';
  /** Appends on the way to it; see `maxInflightAppends`. */
  readonly inflightAppends: number;
  /** What their entries count for; see `maxInflightBytes`. */
  readonly inflightBytes: number;
  /** How much it has of the snapshot that it gets, in bytes; `null` when it gets none. */
  readonly snapshotBytes: number | null;
  /** Milliseconds since it was last heard from. */
  readonly silentMs: number;
}

type MachineStatus = Omit<RaftNodeStatus, 'appliedIndex' | 'lastSnapshot' | 'malformed' | 'droppedMessages' | 'queues'>;

/** What the machine's state says of the status. */
export function machineStatus(id: NodeId, state: RaftState, now: number): MachineStatus {
  const configuration = currentConfiguration(state);
  const voters = voterIdsIn(configuration);
  const learners = configuration.learners.map((member) => member.id);
  return {
    id,
    role: state.role,
    term: state.currentTerm,
    leader: state.leader,
    members: configuration.voters.map((member) => member.id),
    learners,
    joint: isJoint(configuration),
    membership: voters.includes(id) ? 'voter' : learners.includes(id) ? 'learner' : 'none',
    changing: state.change !== null,
    transferringTo: state.transfer?.to ?? null,
    commitIndex: state.commitIndex,
    lastIndex: state.log.lastIndex,
    storedIndex: state.storedIndex,
    snapshotIndex: state.log.snapshotIndex,
    peers: state.peers.map((peer) => peerStatus(peer, voters.includes(peer.id), state.log.lastIndex, now)),
    admitted: state.admitted,
  };
}

function peerStatus(peer: PeerState, voter: boolean, lastIndex: number, now: number): RaftPeerStatus {
  const { id, matchIndex, flow, inflight, inflightBytes, snapshot, heardAt } = peer;
  return {
    id,
    voter,
    matchIndex,
    lag: lastIndex - matchIndex,
    flow,
    inflightAppends: inflight.length,
    inflightBytes: inflightBytes.reduce((sum, bytes) => sum + bytes, 0),
    snapshotBytes: snapshot?.offset ?? null,
    silentMs: now - heardAt,
  };
}
