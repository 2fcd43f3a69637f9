/** One record of a {@link Journal}. */
export interface JournalRecord {
  /** Which of the logs that share the journal it belongs to: a name of 1 to 64 printable ASCII characters. */
  readonly group: string;
  /**
   * The log index of a log entry, from 1; 0 for what is no log entry (a vote, for instance). An entry whose index is at
   * or below the group's last one replaces that entry and discards all behind it: truncation is a record like any other.
   */
  readonly index: number;
  /** The record itself. Not changed by the caller after it was handed over. */
  readonly data: Uint8Array;
}

/**
 * Durable storage for what a protocol must not forget. Several groups (logs) share one journal, so that they share its
 * fsync. Raft, Paxos acceptors, transaction logs and outboxes use this one seam.
 *
 * A failed write poisons the journal: every later call rejects with the same error until it is opened anew, because
 * what a failed fsync left on the disk is unknown.
 */
export interface Journal extends AsyncDisposable {
  /**
   * Appends records in this order and resolves when they are durable. Calls are carried out in the order in which they
   * were made; concurrent ones share one fsync. All records of one call survive a crash, or a prefix of them does. A
   * group begins with index 1, or where its last checkpoint lets it begin.
   *
   * @throws InvalidOptionError (as a rejection) when an entry leaves a gap behind the group's last index
   */
  append(records: readonly JournalRecord[]): Promise<void>;
  /**
   * The entries of a group with `from <= index <= to`, in order: as many as fit into `maxBytes` of data, but at least
   * one when there is one. Durable entries only. Entries below the first that is kept are not there: the result then
   * starts later.
   */
  read(group: string, from: number, to: number, options?: ReadOptions): Promise<JournalRecord[]>;
  /**
   * Everything that is stored, as it must be folded to get the state back: for each group its checkpoint if it has one,
   * then what that checkpoint carried, then the records in the order of their appends, without those that were replaced.
   */
  replay(options?: { readonly signal?: AbortSignal }): AsyncIterable<ReplayItem>;
  /**
   * Atomically replaces what is below: the new checkpoint and `carry` take the place of the old checkpoint, of the
   * entries below `keepFrom`, and of all records with index 0 that were appended before this call. What is appended
   * during the call is kept, whatever its index. Resolves when the replacement is durable; a crash before that leaves
   * the old state. When `chunks` throws, nothing has changed and the journal goes on.
   *
   * @throws QuorateError with code `checkpoint-under-way` when the group has one under way already
   */
  checkpoint(group: string, chunks: AsyncIterable<Uint8Array>, options: CheckpointOptions): Promise<void>;
  /**
   * A piece of a group's current checkpoint; `null` when there is none. A newer checkpoint may have taken its place
   * between two calls: `sequence` tells.
   */
  readCheckpoint(group: string, offset: number, maxBytes: number): Promise<CheckpointPiece | null>;
  /** Waits for the appends under way and frees the storage. Closing twice is harmless. */
  close(): Promise<void>;
}

/** Options of `read` of a {@link Journal}. */
export interface ReadOptions {
  /** How many bytes of data to return at most (the first entry excepted). @defaultValue 1 MiB */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
}

/** Options of `checkpoint` of a {@link Journal}. */
export interface CheckpointOptions {
  /**
   * The first index whose entry is kept. Above the last entry, the next one may have any index up to it; `Infinity`
   * keeps none, and the next one may have any index.
   */
  readonly keepFrom: number;
  /** Records with index 0 to keep besides: what the replaced records said and the checkpoint does not. */
  readonly carry: readonly JournalRecord[];
}

/** A piece of a checkpoint. */
export interface CheckpointPiece {
  /** Grows with each checkpoint of the group; pieces of one checkpoint have the same. */
  readonly sequence: number;
  readonly offset: number;
  readonly data: Uint8Array;
  /** The size of the whole checkpoint in bytes. */
  readonly size: number;
}

/** What `replay` of a {@link Journal} yields. */
export type ReplayItem =
  | { readonly type: 'checkpoint'; readonly group: string; readonly chunks: AsyncIterable<Uint8Array> }
  | { readonly type: 'record'; readonly record: JournalRecord };
