import type { NodeId } from '../core/index.js';
import type { Member } from '../host/index.js';

export type { Member };

/** Who forms the cluster. Each list is in ascending order of id. */
export interface Configuration {
  /** The members that vote and are counted. */
  readonly voters: readonly Member[];
  /**
   * While the cluster changes from one set of voters to another (joint consensus, section 6): those from before, of
   * whom a majority is needed besides one of `voters`. Else empty.
   */
  readonly outgoing: readonly Member[];
  /** Members that get the log and do not vote. None of them is in `voters`; who is to be demoted is in `outgoing` too. */
  readonly learners: readonly Member[];
}

/**
 * One entry of the replicated log. All kinds have the same fields, so that the engine sees one shape.
 *
 * - `command`: bytes for the state machine;
 * - `noop`: what a new leader appends so that it can commit (section 8 of the paper);
 * - `configuration`: who forms the cluster from here on.
 */
export type Entry = CommandEntry | NoopEntry | ConfigurationEntry;

/** An {@link Entry} for the state machine. */
export interface CommandEntry {
  readonly type: 'command';
  readonly index: number;
  readonly term: number;
  readonly data: Uint8Array;
}

/** An {@link Entry} that says nothing. */
export interface NoopEntry {
  readonly type: 'noop';
  readonly index: number;
  readonly term: number;
  readonly data: null;
}

/** An {@link Entry} that says who forms the cluster. */
export interface ConfigurationEntry {
  readonly type: 'configuration';
  readonly index: number;
  readonly term: number;
  readonly data: Configuration;
}

/** The term that a server is in and whom it voted for in that term: one record, so that they are never torn apart. */
export interface HardState {
  readonly type: 'hardState';
  readonly term: number;
  readonly votedFor: NodeId | null;
}

/** Which journal this is, so that the others notice when a member comes back with another one. */
export interface Identity {
  readonly type: 'identity';
  /** Drawn at random when the journal was founded. */
  readonly identity: string;
  /** Whether the server takes part. */
  readonly admitted: boolean;
  /** Whether enough of the others know the identity. */
  readonly introduced: boolean;
}

/** Whose journal has which identity, as another member has said. */
export interface Introduced {
  readonly type: 'introduced';
  readonly member: NodeId;
  readonly identity: string;
}

/** What a Raft server makes durable: log entries, its term and vote, and which journals are whose. */
export type RaftRecord = Entry | HardState | Identity | Introduced;

/** Whether a record is an entry of the log. */
export function isEntry(record: RaftRecord): record is Entry {
  return 'index' in record;
}

/** An allowance for the objects around an entry, in limits by bytes. */
const ENTRY_OVERHEAD_BYTES = 64;

/** What the entry of a payload counts for in limits by bytes. */
export function payloadBytes(data: Uint8Array): number {
  return data.length + ENTRY_OVERHEAD_BYTES;
}

/** What an entry counts for in limits by bytes. */
export function entryBytes(entry: Entry): number {
  return entry.type === 'command' ? payloadBytes(entry.data) : ENTRY_OVERHEAD_BYTES;
}

/** The entries of a message must follow each other, from behind the previous one, in terms that do not fall. */
export function areConsecutive(entries: readonly Entry[], prevLogIndex: number, prevLogTerm: number): boolean {
  let term = prevLogTerm;
  return entries.every((entry, i) => {
    const fits = entry.index === prevLogIndex + 1 + i && entry.term >= term;
    term = entry.term;
    return fits;
  });
}
