import { type Decision, type NodeId, type Outgoing } from '../core/index.js';
import type { RaftOutput } from './commands.js';
import type { Entry, HardState, RaftRecord } from './entry.js';
import { appendEntry } from './log.js';
import type { RaftMessage } from './messages.js';
import type { ResolvedRaftOptions } from './options.js';
import { noteConfiguration, type RaftState } from './state.js';

/** What the rules work on: one server, at one moment. */
export interface Raft {
  readonly options: ResolvedRaftOptions;
  readonly state: RaftState;
  /** What was recorded since the last take. */
  readonly turn: Turn;
  /** The time of the current step. */
  now: number;
}

/** Effects in the making; empty after each take. */
export interface Turn {
  writes: RaftRecord[];
  messages: Outgoing<RaftMessage>[];
  outputs: Decision<RaftOutput>[];
  /** The term or the vote changed and is not in `writes` yet. */
  hardStateChanged: boolean;
  /** Something changed that may let the leader commit. */
  matchChanged: boolean;
  /** A heartbeat was answered or a read came in. */
  readsChanged: boolean;
  /** What a follower has to acknowledge: one answer for all appends of the turn. */
  ack: { readonly to: NodeId; readonly term: number; readonly matchIndex: number } | null;
  /** On leaders, while followers are sent what they lack: the last entries sent. */
  sending: readonly Entry[] | null;
  /** The first write number of this turn. */
  firstWrite: number;
}

/** A turn in which nothing happened yet. */
export function newTurn(writeCount: number): Turn {
  return {
    writes: [],
    messages: [],
    outputs: [],
    hardStateChanged: false,
    matchChanged: false,
    readsChanged: false,
    ack: null,
    sending: null,
    firstWrite: writeCount + 1,
  };
}

/**
 * Sends a message, once the write numbered `after` is durable. Term and vote are made durable before anything leaves
 * that could depend on them: this is the one place from which messages leave.
 */
export function send(raft: Raft, to: NodeId, message: RaftMessage, after = 0): void {
  saveHardState(raft);
  const { turn } = raft;
  turn.messages = add(turn.messages, { to, message, after: Math.max(after, raft.state.hardStateWrite) });
}

/** Tells the host something, once the write numbered `after` is durable. */
export function output(raft: Raft, value: RaftOutput, after = 0): void {
  raft.turn.outputs = add(raft.turn.outputs, { output: value, after });
}

/** Writes term and vote, in one record, if they changed. */
export function saveHardState(raft: Raft): void {
  const { state, turn } = raft;
  if (!turn.hardStateChanged) return;
  turn.hardStateChanged = false;
  turn.writes = add(turn.writes, hardState(raft));
  state.hardStateWrite = ++state.writeCount;
}

/** The term and the vote as they are now. */
export function hardState({ state }: Raft): HardState {
  return { type: 'hardState', term: state.currentTerm, votedFor: state.votedFor };
}

/** Appends an entry to the log and issues its write. {@link coverWrites} comes after the last one. */
export function appendToLog(raft: Raft, entry: Entry): void {
  saveHardState(raft); // an entry of a term must not be durable before the term is
  const { state, turn } = raft;
  appendEntry(state.log, entry);
  noteConfiguration(state, entry);
  if (entry.type === 'configuration') output(raft, { type: 'configuration', configuration: entry.data });
  turn.writes = add(turn.writes, entry);
  state.writeCount++;
}

/** Remembers that the log is durable up to its end once the last write is. One note for each turn. */
export function coverWrites(raft: Raft): void {
  const { state, turn } = raft;
  const last = state.unstored.at(-1);
  if (last !== undefined && last.write >= turn.firstWrite) {
    last.write = state.writeCount;
    last.index = state.log.lastIndex;
  } else {
    state.unstored.push({ write: state.writeCount, index: state.log.lastIndex, at: raft.now });
  }
}

/** Most lists of a turn get one element: a literal takes a fifth of the memory of an array that grows. */
function add<T>(list: T[], item: T): T[] {
  if (list.length === 0) return [item];
  list.push(item);
  return list;
}
