import { raftCodec, type RaftMessage } from '../../raft/index.js';
import type { ReplayRules } from './rules.js';

/**
 * The rules by which the recording of a Raft server that followed is replayed against a fresh one with a clock and a
 * disk of its own, with `pace: 'both'`. Its answers to votes, appends and snapshots must be the recorded ones. What may
 * differ:
 *
 * - what it says of itself when its election timer fires; answers to that are not played;
 * - which journal it has, so it must be opened with `newCluster: true`: nobody answers its own introductions;
 * - how far its disk is when it answers a heartbeat;
 * - how it gathers acknowledgements, and the order of answers of which some wait for the disk.
 *
 * Not for a server that led: what a leader sends depends on its clock and on proposals, which no message shows. The
 * replay of one says that its appends do not come.
 *
 * @param group - the group of the server, which is the name of its channel; other channels are compared as they are
 */
export function raftReplayRules(group = 'raft'): ReplayRules {
  const codec = raftCodec();
  return {
    codec: (channel) => (channel === group ? codec : undefined),
    normalise: (message, channel) => (channel === group ? compared(message as RaftMessage) : message),
    stream: (message, channel) => (channel === group ? kindOf(message as RaftMessage) : ''),
    covers: (later, earlier) => isAcknowledgement(later) && isAcknowledgement(earlier) && isBeyond(later, earlier),
    plays: (message, channel) => channel !== group || !isAnswer(message as RaftMessage),
  };
}

/**
 * What is compared: all but campaigns, without what depends on the moment, and all but introductions, since a fresh
 * server has another journal. So a server that leads is found.
 */
function compared(message: RaftMessage): unknown {
  if (message.type === 'preVote' || message.type === 'requestVote' || message.type === 'introduction') return undefined;
  if (message.type !== 'appendEntriesReply' || message.round === 0) return message;
  const { type, term, round } = message; // a heartbeat is answered at once, for what is durable just then
  return { type, term, round };
}

function isAnswer(message: RaftMessage): boolean {
  return message.type.endsWith('Reply');
}

/** Answers of one kind leave in order; those that wait for the disk fall behind those that do not. */
function kindOf(message: RaftMessage): string {
  if (message.type !== 'appendEntriesReply') return message.type;
  if (message.round > 0) return 'heartbeat';
  return message.success ? 'acknowledgement' : 'rejection';
}

interface Acknowledgement {
  readonly type: 'appendEntriesReply';
  readonly term: number;
  readonly matchIndex: number;
}

function isAcknowledgement(value: unknown): value is Acknowledgement {
  return typeof value === 'object' && value !== null && 'matchIndex' in value;
}

function isBeyond(later: Acknowledgement, earlier: Acknowledgement): boolean {
  return later.term === earlier.term && later.matchIndex > earlier.matchIndex;
}
