/**
 * A `Journal` in memory, for tests, simulations and what need not survive its process. Runs anywhere.
 *
 * @module storage/memory
 */
import {
  type CheckpointOptions,
  type CheckpointPiece,
  ClosedError,
  type Journal,
  type JournalRecord,
  QuorateError,
  type ReadOptions,
  type ReplayItem,
} from '../core/index.js';
import { checkCheckpoint, checkCheckpointRead, checkRead, checkRecords, nextAfterCheckpoint } from './check-records.js';

const DEFAULT_READ_BYTES = 1024 * 1024;

interface MemoryCheckpoint {
  readonly sequence: number;
  readonly data: Uint8Array;
  readonly carry: readonly JournalRecord[];
}

interface MemoryGroup {
  /** The entries that count, with contiguous indexes. */
  entries: JournalRecord[];
  next: number;
  proposedNext: number;
  checkpoint: MemoryCheckpoint | undefined;
  checkpointing: boolean;
}

/**
 * What a {@link MemoryJournal} has stored: its disk, so to speak. It outlives the journal: a new one made with the same
 * store finds everything again. Only one open journal at a time should use it.
 */
export class MemoryStore {
  /** All records that count, in the order of their appends. @internal */
  records: JournalRecord[] = [];
  /** @internal */
  readonly groups = new Map<string, MemoryGroup>();

  /** @internal */
  group(name: string): MemoryGroup {
    const known = this.groups.get(name);
    if (known !== undefined) return known;
    const group = { entries: [], next: 1, proposedNext: 1, checkpoint: undefined, checkpointing: false };
    this.groups.set(name, group);
    return group;
  }

  /** Removes records by identity: the same object may have been appended only once. @internal */
  discard(gone: ReadonlySet<JournalRecord>): void {
    if (gone.size > 0) this.records = this.records.filter((record) => !gone.has(record));
  }
}

/** Options of a {@link MemoryJournal}. */
export interface MemoryJournalOptions {
  /** Where the contents are kept. @defaultValue a new one: nothing is there yet, and nothing outlives the journal */
  readonly store?: MemoryStore;
}

/**
 * A {@link Journal} without a disk: what resolved is stored as long as its {@link MemoryStore} lives. Not for members of
 * a real cluster: one that forgets its vote or its log when it restarts breaks the promises of the protocol. It never
 * fails a write.
 *
 * Appending costs O(1) a record, truncating and checkpointing O(records).
 */
export class MemoryJournal implements Journal {
  readonly #store: MemoryStore;
  #closed = false;

  constructor(options: MemoryJournalOptions = {}) {
    this.#store = options.store ?? new MemoryStore();
    for (const group of this.#store.groups.values()) group.checkpointing = false;
  }

  async append(records: readonly JournalRecord[]): Promise<void> {
    this.#refuse();
    checkRecords(records, (group) => this.#store.group(group));
    for (const { group, index, data } of records) this.#add({ group, index, data });
  }

  async read(group: string, from: number, to: number, options: ReadOptions = {}): Promise<JournalRecord[]> {
    this.#refuse();
    const { maxBytes = DEFAULT_READ_BYTES, signal } = options;
    checkRead(from, to, maxBytes);
    signal?.throwIfAborted();
    const entries = this.#store.groups.get(group)?.entries ?? [];
    const first = entries[0]?.index ?? 1;
    const found: JournalRecord[] = [];
    let bytes = 0;
    for (const entry of entries.slice(Math.max(0, from - first), Math.max(0, to - first + 1))) {
      bytes += entry.data.length;
      if (found.length > 0 && bytes > maxBytes) break;
      found.push(entry);
    }
    return found;
  }

  async *replay(options: { readonly signal?: AbortSignal } = {}): AsyncGenerator<ReplayItem, void, void> {
    this.#refuse();
    const records = this.#store.records.slice();
    const checkpoints = [...this.#store.groups].map(([group, { checkpoint }]) => ({ group, checkpoint }));
    for (const { group, checkpoint } of checkpoints) {
      if (checkpoint === undefined) continue;
      options.signal?.throwIfAborted();
      yield { type: 'checkpoint', group, chunks: once(checkpoint.data) };
      for (const record of checkpoint.carry) yield { type: 'record', record };
    }
    for (const record of records) {
      options.signal?.throwIfAborted();
      yield { type: 'record', record };
    }
  }

  async checkpoint(group: string, chunks: AsyncIterable<Uint8Array>, options: CheckpointOptions): Promise<void> {
    this.#refuse();
    checkCheckpoint(group, options);
    const state = this.#store.group(group);
    if (state.checkpointing) {
      throw new QuorateError('checkpoint-under-way', `Group ${group} has a checkpoint under way; wait for its end`);
    }
    const older = new Set(this.#store.records.filter((record) => record.group === group));
    const next = nextAfterCheckpoint(state.next, options.keepFrom);
    state.checkpointing = true;
    try {
      const data = await collect(chunks, () => this.#refuse());
      this.#replace(state, { older, next, data, options });
    } finally {
      state.checkpointing = false;
    }
  }

  async readCheckpoint(group: string, offset: number, maxBytes: number): Promise<CheckpointPiece | null> {
    this.#refuse();
    checkCheckpointRead(offset, maxBytes);
    const checkpoint = this.#store.groups.get(group)?.checkpoint;
    if (checkpoint === undefined) return null;
    const { sequence, data } = checkpoint;
    const start = Math.min(offset, data.length);
    return { sequence, offset: start, size: data.length, data: data.slice(start, start + maxBytes) };
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  /** Closes it: for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #add(record: JournalRecord): void {
    const group = this.#store.group(record.group);
    if (record.index > 0) {
      const first = group.entries[0]?.index ?? record.index;
      this.#store.discard(new Set(group.entries.splice(Math.max(0, record.index - first))));
      group.entries.push(record);
      group.next = record.index + 1;
    }
    this.#store.records.push(record);
  }

  #replace(
    state: MemoryGroup,
    change: {
      /** The records of the group as of the call. */
      readonly older: ReadonlySet<JournalRecord>;
      readonly next: number;
      readonly data: Uint8Array;
      readonly options: CheckpointOptions;
    },
  ): void {
    const { older, next, data, options } = change;
    const { keepFrom, carry } = options;
    const gone = new Set([...older].filter(({ index }) => index === 0 || index < keepFrom));
    const sequence = (state.checkpoint?.sequence ?? 0) + 1;
    const newest = state.entries.at(-1);
    state.checkpoint = { sequence, data, carry: carry.map((record) => ({ ...record })) };
    state.entries = state.entries.filter((entry) => !gone.has(entry));
    if (newest === undefined || older.has(newest)) state.next = next;
    this.#store.discard(gone);
  }

  #refuse(): void {
    if (this.#closed) throw new ClosedError('The journal');
  }
}

async function* once(data: Uint8Array): AsyncIterable<Uint8Array> {
  if (data.length > 0) yield data;
}

async function collect(chunks: AsyncIterable<Uint8Array>, check: () => void): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) {
    check();
    parts.push(chunk.slice());
  }
  check();
  const data = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    data.set(part, offset);
    offset += part.length;
  }
  return data;
}
