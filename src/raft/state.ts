import { QuorateError, seedRandom, type NodeId, type RandomState } from '../core/index.js';
import type { Role } from './commands.js';
import { configurationOf } from './configuration.js';
import { isEntry, type Configuration, type Entry, type Member, type RaftRecord } from './entry.js';
import { appendEntry, emptyLog, logAfterSnapshot, releaseMemory, truncateFrom, type LogState } from './log.js';
import { resolveOptions, type RaftOptions } from './options.js';

/** Everything that a Raft server knows: plain data. The first block is figure 2 of the paper, under its names. */
export interface RaftState {
  /** Latest term the server has seen. Persistent. */
  currentTerm: number;
  /** Candidate that received its vote in the current term. Persistent. */
  votedFor: NodeId | null;
  /** The log entries. Persistent. */
  log: LogState;
  /** Highest index known to be committed. */
  commitIndex: number;
  /** Highest index that the host confirmed as applied. */
  lastApplied: number;
  /** On leaders, for each other member by id: `nextIndex[]` and `matchIndex[]`, and what goes with them. */
  peers: PeerState[];

  /** Which journal this server runs on; `null` when it was not made by founding. Persistent. */
  identity: string | null;
  /** Whether it takes part. Persistent. */
  admitted: boolean;
  /** Whether enough of the others know the identity. Persistent. */
  introduced: boolean;
  /** Who answered its introduction: whether they knew no other journal of it. */
  introductions: Record<NodeId, boolean>;
  /** The identities of the journals of others. Persistent. */
  acquaintances: Record<NodeId, string>;

  role: Role;
  leader: NodeId | null;
  /** The configurations in the log, ascending; the last one is in force as soon as it is appended. */
  configurations: ConfigurationAt[];
  /** Votes of this campaign, on candidates and pre-candidates. */
  votes: Record<NodeId, boolean>;
  /** Highest index handed to the host for applying; beyond `lastApplied` while the host is at it. */
  applying: number;
  /** Whether entries for applying are being read from the journal. */
  readingForApply: boolean;

  /** When a leader was last heard from; `-Infinity` for not in this incarnation. */
  leaderContact: number;
  /** The election timeout of this campaign. */
  electionTimeout: number;
  timers: Timers;
  random: RandomState;

  /** Numbers the writes, from 1 in each incarnation. */
  writeCount: number;
  /** The number of the write of the term and vote, while it is outstanding; else 0. */
  hardStateWrite: number;
  /** Highest index up to which the log is durable here. */
  storedIndex: number;
  /** Writes of entries that are outstanding, by the last index of each batch; both ascend. */
  unstored: UnstoredEntries[];

  /** On leaders: the index of the entry that began the term. */
  termStartIndex: number;
  /** On leaders: the last heartbeat round. */
  round: number;
  /** On leaders: reads waiting for a round. */
  reads: PendingRead[];
  /** On leaders that read by lease: the rounds that no quorum has answered yet, ascending. */
  rounds: SentRound[];
  /** On leaders that read by lease: until when nobody else can have been elected. */
  leaseUntil: number;
  /** On leaders: whether a successor was told to campaign, so that no lease holds any more in this term. */
  leaseRevoked: boolean;
  /** On others: reads for which the leader is asked. */
  asked: AskedRead[];
  /** How often a leader was asked in this incarnation. */
  askCount: number;
  /** When it was last asked. */
  askedAt: number;
  /** On leaders: the change of members that was asked for. */
  change: PendingChange | null;
  /** The handing over of leadership that was asked for. */
  transfer: PendingTransfer | null;
  /** On leaders: bytes of this term's entries that are not committed, durable here, and applied here. */
  backlogBytes: number;
  /** On leaders: the last entry that is all of that. */
  settledIndex: number;
  /** On leaders: what the largest proposal counts for that was refused since there was room; 0 for none. */
  refusedBytes: number;
  /** The index of a snapshot that the host took and that waits for the log to be durable so far; else 0. */
  snapshotTaken: number;
  /** A snapshot that is being received. */
  install: InstallState | null;
}

/** A configuration and the index from which it holds. */
export interface ConfigurationAt {
  readonly index: number;
  readonly configuration: Configuration;
}

/** Deadlines by name; `Infinity` while not armed. */
export interface Timers {
  /** When to campaign. */
  election: number;
  /** When the leader shows that it is alive. */
  heartbeat: number;
  /** When the leader checks that it still has a majority. */
  quorum: number;
  /** When a founding member introduces itself again. */
  introduction: number;
  /** When a successor should have taken over. */
  transfer: number;
}

/** What a leader knows of one follower. Invariant: `matchIndex < nextIndex`. */
export interface PeerState {
  readonly id: NodeId;
  /** The next entry to send (figure 2, `nextIndex[]`). */
  nextIndex: number;
  /** Highest entry known to be replicated there (figure 2, `matchIndex[]`). */
  matchIndex: number;
  /**
   * - `probe`: where the logs meet is unknown; one append at a time;
   * - `replicate`: known; appends follow each other without waiting;
   * - `snapshot`: it needs entries that are gone; a snapshot is on its way.
   */
  flow: 'probe' | 'replicate' | 'snapshot';
  /** The last index of each append that is unanswered, ascending. */
  inflight: number[];
  /** What the entries of each of these count for. */
  inflightBytes: number[];
  /** The commit index that it was last told. */
  toldCommit: number;
  /** Whether entries for it are being read from the journal. */
  readingLog: boolean;
  /** The latest heartbeat round that it answered. */
  round: number;
  /** When it was last heard from in this term. */
  heardAt: number;
  /** The snapshot that is being sent. */
  snapshot: SendingSnapshot | null;
}

/** The progress of a snapshot on its way to a follower. */
export interface SendingSnapshot {
  readonly index: number;
  readonly term: number;
  readonly configuration: Configuration;
  /** Bytes that the follower has. */
  offset: number;
  /** `reading` from the journal, `sent` and unanswered, or neither. */
  step: 'idle' | 'reading' | 'sent';
  /** When the last piece was sent. */
  sentAt: number;
}

/** The progress of a snapshot on its way in. */
export interface InstallState {
  readonly from: NodeId;
  readonly index: number;
  readonly term: number;
  readonly configuration: Configuration;
  /** Bytes taken in. */
  offset: number;
  /** Whether the host is busy with a piece. */
  busy: boolean;
  /** Whether the last piece is in, so that the log must not change until the snapshot is installed. */
  finishing: boolean;
}

/** Entries up to `index` that are durable once the write with that number is. */
export interface UnstoredEntries {
  write: number;
  index: number;
  /** When the write was issued. */
  readonly at: number;
}

/** A read that waits to be confirmed. */
export interface PendingRead {
  /** Of this server's own read; of another's, the number of its latest question. */
  id: number;
  /** Who asked; `null` for this server. */
  readonly from: NodeId | null;
  /** The run of whoever asked. */
  readonly incarnation: number;
  /** The commit index when the read came; 0 until the leader has committed an entry of its term. */
  index: number;
  /** The heartbeat round that confirms it; 0 until one was started. */
  round: number;
}

/** A heartbeat round and when it was sent. */
export interface SentRound {
  readonly round: number;
  readonly at: number;
}

/** A read of a server that does not lead. */
export interface AskedRead {
  readonly id: number;
  /** Who led when it came. */
  readonly leader: NodeId;
  /** The number of the question that is to confirm it; 0 until one was sent. */
  ask: number;
}

/** A change of members on its way. */
export interface PendingChange {
  readonly id: number;
  /** Where it is to lead. */
  readonly voters: readonly Member[];
  readonly learners: readonly Member[];
  /** Whether a configuration was appended for it. */
  begun: boolean;
  /** How far the voters to be are with catching up. */
  catchUp: CatchUp[];
}

/** The rounds in which a new server catches up: each brings it what the log had when the round began (thesis, 4.2.1). */
export interface CatchUp {
  readonly id: NodeId;
  /** The last index of the log when the round began. */
  end: number;
  /** When the round began. */
  startedAt: number;
  /** Whether a round took less than an election timeout, so that it will not hold the others up as a voter. */
  done: boolean;
}

/** Leadership on its way to another server. */
export interface PendingTransfer {
  readonly id: number;
  readonly to: NodeId;
}

const NOBODY: Configuration = configurationOf([]);

/** The configuration in force: nobody until a first one is known. */
export function currentConfiguration(state: RaftState): Configuration {
  return state.configurations.at(-1)?.configuration ?? NOBODY;
}

/** The index from which the configuration in force holds. */
export function configurationIndex(state: RaftState): number {
  return state.configurations.at(-1)?.index ?? 0;
}

/**
 * The state of a server that has never run. It knows no members and waits for a leader to tell it.
 *
 * @throws InvalidOptionError naming the option, the value and what is allowed
 */
export function initialState(options: RaftOptions): RaftState {
  const { id, seed, electionTimeoutMs, logMemoryBytes } = resolveOptions(options);
  return {
    currentTerm: 0,
    votedFor: null,
    log: emptyLog(logMemoryBytes),
    commitIndex: 0,
    lastApplied: 0,
    peers: [],
    identity: null,
    admitted: true,
    introduced: true,
    introductions: {},
    acquaintances: {},
    role: 'follower',
    leader: null,
    configurations: [],
    votes: {},
    applying: 0,
    readingForApply: false,
    leaderContact: -Infinity,
    electionTimeout: electionTimeoutMs,
    timers: {
      election: -Infinity,
      heartbeat: Infinity,
      quorum: Infinity,
      introduction: Infinity,
      transfer: Infinity,
    },
    random: seedRandom(seed, streamOf(id)),
    writeCount: 0,
    hardStateWrite: 0,
    storedIndex: 0,
    unstored: [],
    termStartIndex: 0,
    round: 0,
    reads: [],
    rounds: [],
    leaseUntil: -Infinity,
    leaseRevoked: false,
    asked: [],
    askCount: 0,
    askedAt: -Infinity,
    change: null,
    transfer: null,
    backlogBytes: 0,
    settledIndex: 0,
    refusedBytes: 0,
    snapshotTaken: 0,
    install: null,
  };
}

/** What a checkpoint says besides the bytes of the state machine. */
export interface SnapshotHeader {
  readonly index: number;
  readonly term: number;
  readonly configuration: Configuration;
}

/** Folds the header of a checkpoint in: everything up to its index is committed and in the state machine. */
export function replaySnapshot(state: RaftState, snapshot: SnapshotHeader): void {
  state.log = logAfterSnapshot(state.log, snapshot.index, snapshot.term);
  state.configurations = [{ index: snapshot.index, configuration: snapshot.configuration }];
  raiseTerm(state, snapshot.term);
  state.commitIndex = snapshot.index;
  state.lastApplied = snapshot.index;
  state.applying = snapshot.index;
  state.storedIndex = snapshot.index;
}

/** A journal lacks something. An older copy would forget votes, so that is no remedy. */
export function inconsistent(found: string): QuorateError {
  const remedy = 'do not start the member on it again: the others hold what it held';
  return new QuorateError('journal-inconsistent', `the journal ${found}; ${remedy}`);
}

/**
 * Folds one journal record in, in the order in which they were written; the entries of a checkpoint's time come after
 * {@link replaySnapshot}.
 *
 * @throws QuorateError with code `journal-inconsistent` when an entry leaves a gap
 */
export function replay(state: RaftState, record: RaftRecord): void {
  if (!isEntry(record)) return replayFact(state, record);
  const { log } = state;
  if (record.index > log.lastIndex + 1) {
    throw inconsistent(`has entry ${record.index} right behind entry ${log.lastIndex}`);
  }
  if (record.index <= log.lastIndex) truncateLog(state, record.index);
  // Entries that a snapshot covers may be kept behind it for followers that are a little behind.
  log.firstIndex = Math.min(log.firstIndex, record.index);
  appendEntry(log, record);
  releaseMemory(log, log.lastIndex);
  raiseTerm(state, record.term);
  state.storedIndex = log.lastIndex;
  noteConfiguration(state, record);
}

function replayFact(state: RaftState, record: Exclude<RaftRecord, Entry>): void {
  switch (record.type) {
    case 'hardState':
      state.currentTerm = record.term;
      state.votedFor = record.votedFor;
      return;
    case 'identity':
      state.identity = record.identity;
      state.admitted = record.admitted;
      state.introduced = record.introduced;
      return;
    case 'introduced':
      state.acquaintances[record.member] = record.identity;
  }
}

/** The configuration in force at `index`, which a snapshot there must carry. */
export function configurationAt(state: RaftState, index: number): Configuration {
  return state.configurations.findLast((known) => known.index <= index)?.configuration ?? NOBODY;
}

/** Takes note of an entry that was appended: a configuration is in force from there on. */
export function noteConfiguration(state: RaftState, entry: Entry): void {
  if (entry.type !== 'configuration' || entry.index <= state.log.snapshotIndex) return;
  state.configurations.push({ index: entry.index, configuration: entry.data });
}

/** Removes entries from `index` on, and the configurations that they brought; that of the snapshot stays. */
export function truncateLog(state: RaftState, index: number): void {
  truncateFrom(state.log, index);
  const gone = Math.max(index, state.log.snapshotIndex + 1);
  while (state.configurations.length > 0 && state.configurations.at(-1)!.index >= gone) state.configurations.pop();
}

function raiseTerm(state: RaftState, term: number): void {
  if (term <= state.currentTerm) return;
  state.currentTerm = term;
  state.votedFor = null;
}

/** An independent generator for each server: FNV-1a of its id. */
function streamOf(id: NodeId): number {
  let hash = 0x811c_9dc5;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x0100_0193);
  return hash >>> 0;
}
