import { InvalidOptionError, type JournalRecord, OverloadedError } from '../../core/index.js';
import { checkRecords } from '../check-records.js';
import { Batch } from './batch.js';
import type { JournalError } from './errors.js';
import { frameSize } from './record-format.js';
import { encodeSegmentHeader, Segment, segmentPath } from './segment.js';
import type { Store } from './store.js';

/** Limits of a {@link BatchWriter}. */
export interface BatchWriterLimits {
  readonly segmentBytes: number;
  readonly maxQueuedBytes: number;
}

/**
 * Group commit: what is appended while a write is under way is gathered in one batch, which the next write and fsync
 * make durable together. One batch fills while the other is written.
 */
export class BatchWriter {
  readonly #store: Store;
  readonly #limits: BatchWriterLimits;
  #filling = new Batch();
  #writing = new Batch();
  /** Resolves when nothing is left to write; undefined while nothing is. */
  #running: Promise<void> | undefined;

  constructor(store: Store, limits: BatchWriterLimits) {
    this.#store = store;
    this.#limits = limits;
    this.#filling.reset(store.end);
    this.#writing.reset(store.end);
  }

  /** Bytes that are not durable yet. */
  get queuedBytes(): number {
    return this.#filling.length + this.#writing.length;
  }

  /** Position behind the last record that was taken. */
  get end(): number {
    return this.#filling.end;
  }

  /** Takes records in this order; resolves when they are durable. Throws when they are refused: then none was taken. */
  append(records: readonly JournalRecord[]): Promise<void> {
    checkRecords(records, (group) => this.#store.group(group));
    this.#checkSize(records);
    if (records.length === 0) return this.drained(this.end);
    for (const record of records) this.#take(record);
    this.#running ??= this.#run();
    return this.#filling.finished;
  }

  /** Resolves when everything before a position that was taken is durable. */
  async drained(position: number): Promise<void> {
    if (position > this.#filling.start) await this.#filling.finished;
    else if (position > this.#store.end) await this.#writing.finished;
  }

  /** Resolves when no write is under way; the journal takes nothing more by then. Never rejects. */
  async idle(): Promise<void> {
    await this.#running;
  }

  /** Rejects all that wait; a write that the disk has already may still arrive. */
  abandon(reason: JournalError): void {
    for (const batch of [this.#filling, this.#writing]) {
      if (batch.length > 0) batch.finish(reason); // nobody waits for an empty one
    }
  }

  #checkSize(records: readonly JournalRecord[]): void {
    const { maxQueuedBytes } = this.#limits;
    let bytes = 0;
    for (const record of records) bytes += frameSize(record);
    if (bytes > maxQueuedBytes) {
      throw new InvalidOptionError(
        'records',
        `${bytes} bytes`,
        `at most maxQueuedBytes (${maxQueuedBytes}) in one call`,
      );
    }
    if (this.queuedBytes + bytes > maxQueuedBytes)
      throw new OverloadedError('the queue of the journal', maxQueuedBytes);
  }

  #take(record: JournalRecord): void {
    const group = this.#store.group(record.group);
    if (record.index > 0) {
      group.next = group.proposedNext;
      group.lastEntryPosition = this.#filling.end;
    }
    this.#filling.add(record, group, this.#store.salt);
  }

  async #run(): Promise<void> {
    // Appends that are made in the same turn join the first batch.
    await Promise.resolve();
    while (this.#filling.length > 0 && this.#store.failure === undefined) {
      const batch = this.#filling;
      this.#filling = this.#writing;
      this.#writing = batch;
      this.#filling.reset(batch.end);
      await this.#commit(batch);
    }
    if (this.#filling.length > 0) this.#filling.finish(this.#store.failure);
    this.#running = undefined;
  }

  async #commit(batch: Batch): Promise<void> {
    const { directory, segments } = this.#store;
    const last = segments.at(-1);
    const isFull = last === undefined || last.stub || last.fileBytes >= this.#limits.segmentBytes;
    const path = isFull ? segmentPath(directory, batch.start) : last.path;
    const write = (): Promise<Segment> => (isFull ? this.#beginSegment(path, batch) : this.#extend(last, batch));
    try {
      batch.place(await this.#store.change(write, path));
      batch.finish();
    } catch (error) {
      batch.finish(error as JournalError);
    }
  }

  async #extend(active: Segment, batch: Batch): Promise<Segment> {
    await active.file.write(batch.bytes, active.offsetOf(batch.start));
    const [linked] = await Promise.all([active.file.isLinked(), active.file.sync('segment-data')]);
    if (!linked) throw Object.assign(new Error('ENOENT: the file was removed'), { code: 'ENOENT' });
    return active;
  }

  /** All before the batch is durable already: a segment therefore proves that the one before it is whole. */
  async #beginSegment(path: string, batch: Batch): Promise<Segment> {
    const { layer, directory, segments } = this.#store;
    const file = await layer.open(path, 'create', true);
    const segment = new Segment(path, { base: batch.start, end: batch.start, stub: false }, file);
    try {
      await file.write(encodeSegmentHeader(batch.start), 0);
      await file.write(batch.bytes, segment.offsetOf(batch.start));
      await file.sync('segment-data');
      await layer.syncDirectory(directory, 'segment-directory');
    } catch (error) {
      await segment.shared.release();
      throw error;
    }
    segments.push(segment);
    return segment;
  }
}
