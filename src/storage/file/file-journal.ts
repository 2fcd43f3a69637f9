import {
  type CheckpointOptions,
  type CheckpointPiece,
  type Clock,
  ClosedError,
  type Journal,
  type JournalRecord,
  QuorateError,
  type ReadOptions,
  type ReplayItem,
} from '../../core/index.js';
import { checkCheckpoint, checkCheckpointRead, checkRead } from '../check-records.js';
import { BatchWriter } from './batch-writer.js';
import type { BatchWriterLimits } from './batch-writer.js';
import { CheckpointWriter } from './checkpoint-writer.js';
import { readEntries } from './entry-reader.js';
import { replay } from './replay.js';
import type { Store } from './store.js';
import { stalled } from './system-failure.js';

const DEFAULT_READ_BYTES = 1024 * 1024;

/** What a {@link FileJournal} needs of its options. @internal */
export interface FileJournalLimits extends BatchWriterLimits {
  readonly closeTimeoutMs: number;
  readonly clock: Clock;
}

/** How large a file journal is at the moment. */
export interface FileJournalStatus {
  /** Segment files, those included that only stand for what was freed. */
  readonly segments: number;
  /** Bytes of all segment files. */
  readonly segmentBytes: number;
  /** Bytes of records that wait for the disk. */
  readonly queuedBytes: number;
}

/**
 * A {@link Journal} in a directory of a local disk, made by `openFileJournal`. Entries cost twelve bytes of memory each
 * until a checkpoint drops them. Not for a network file system, whose fsync and locks may promise less.
 */
export class FileJournal implements Journal {
  readonly #store: Store;
  readonly #batches: BatchWriter;
  readonly #checkpoints: CheckpointWriter;
  readonly #limits: FileJournalLimits;
  readonly #unlock: () => Promise<void>;
  #closing: Promise<void> | undefined;

  /** @internal */
  constructor(store: Store, limits: FileJournalLimits, unlock: () => Promise<void>) {
    this.#store = store;
    this.#limits = limits;
    this.#batches = new BatchWriter(store, limits);
    this.#checkpoints = new CheckpointWriter(store, this.#batches);
    this.#unlock = unlock;
  }

  /** The directory, as an absolute path. */
  get directory(): string {
    return this.#store.directory;
  }

  /** How large the journal is at the moment. O(segments). */
  status(): FileJournalStatus {
    const { segments } = this.#store;
    return {
      segments: segments.length,
      segmentBytes: segments.reduce((sum, segment) => sum + segment.fileBytes, 0),
      queuedBytes: this.#batches.queuedBytes,
    };
  }

  /**
   * Appends records; resolves when they are durable. Calls of one turn, and those made while the disk is busy, share
   * one write and one fsync.
   *
   * @throws (as rejections) InvalidOptionError; OverloadedError when more than `maxQueuedBytes` would wait; JournalError
   *   with outcome `unknown`: `journal-full`, `journal-permission`, `journal-missing-file` or `journal-failed` when the
   *   disk refused, `journal-stalled` when it hung and the journal was closed
   */
  append(records: readonly JournalRecord[]): Promise<void> {
    try {
      this.#refuse();
      return this.#batches.append(records);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Reads durable entries. The data of the records of one call may share memory. O(bytes read). */
  async read(group: string, from: number, to: number, options: ReadOptions = {}): Promise<JournalRecord[]> {
    this.#refuse();
    const { maxBytes = DEFAULT_READ_BYTES, signal } = options;
    checkRead(from, to, maxBytes);
    signal?.throwIfAborted();
    const state = this.#store.groups.get(group);
    if (state === undefined) return [];
    return readEntries(this.#store, state, { from, to, maxBytes, signal });
  }

  /** Streams what is durable when the iteration begins, with a window of 256 KiB (or one record). */
  replay(options: { readonly signal?: AbortSignal } = {}): AsyncGenerator<ReplayItem, void, void> {
    return replay(this.#store, { signal: options.signal, refuse: () => this.#refuse() });
  }

  /**
   * Replaces what is below, then frees the segments that nobody needs any more.
   *
   * @throws (as rejections) InvalidOptionError; QuorateError `checkpoint-under-way` when one of the group is; whatever
   *   `chunks` throws; ClosedError; the JournalErrors of {@link FileJournal.append}
   */
  async checkpoint(group: string, chunks: AsyncIterable<Uint8Array>, options: CheckpointOptions): Promise<void> {
    this.#refuse();
    checkCheckpoint(group, options);
    const state = this.#store.group(group);
    if (state.checkpointing) {
      throw new QuorateError('checkpoint-under-way', `Group ${group} has a checkpoint under way; wait for its end`);
    }
    state.checkpointing = true;
    try {
      await this.#checkpoints.write(state, chunks, options);
    } finally {
      state.checkpointing = false;
    }
  }

  /** A verified piece of the current checkpoint; null when there is none. */
  async readCheckpoint(group: string, offset: number, maxBytes: number): Promise<CheckpointPiece | null> {
    this.#refuse();
    checkCheckpointRead(offset, maxBytes);
    const checkpoint = this.#store.groups.get(group)?.checkpoint;
    if (checkpoint === undefined) return null;
    checkpoint.shared.retain();
    try {
      return await checkpoint.piece(offset, maxBytes);
    } finally {
      await checkpoint.shared.release();
    }
  }

  /**
   * Waits for the appends under way, ends checkpoints that still wait for their source (they reject with ClosedError),
   * and gives the directory free.
   *
   * A disk that hangs is waited for as long as `closeTimeoutMs` says. Then this call and the appends under way reject,
   * but the directory stays locked until the disk answers or the process ends: a write that it has already may still
   * arrive, and must not meet another journal there.
   *
   * @throws (as a rejection) JournalError `journal-stalled` with outcome `unknown`
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Closes it: for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const { clock, closeTimeoutMs } = this.#limits;
    const released = this.#release();
    await new Promise<void>((resolve, reject) => {
      const cancel = clock.after(closeTimeoutMs, () => {
        const failure = this.#store.fail(stalled(this.#store.directory, closeTimeoutMs));
        this.#batches.abandon(failure);
        reject(failure);
      });
      released.finally(cancel).then(resolve, reject);
    });
  }

  async #release(): Promise<void> {
    await Promise.all([this.#batches.idle(), this.#checkpoints.stop(new ClosedError('The journal'))]);
    await this.#store.closeFiles();
    await this.#unlock();
  }

  #refuse(): void {
    if (this.#closing !== undefined) throw new ClosedError('The journal');
    if (this.#store.failure !== undefined) throw this.#store.failure;
  }
}
