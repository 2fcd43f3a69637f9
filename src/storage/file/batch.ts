import type { JournalRecord } from '../../core/index.js';
import type { GroupState } from './group-state.js';
import { encodeFrame, frameSize } from './record-format.js';
import type { Segment } from './segment.js';

const INITIAL_BYTES = 64 * 1024;
const LARGEST_KEPT_BYTES = 4 * 1024 * 1024;

/** The frames that one write and one fsync make durable, in a buffer that is used again. */
export class Batch {
  /** Bytes of frames. */
  length = 0;
  /** Position of the first frame. */
  start = 0;
  #buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  readonly #groups: GroupState[] = [];
  readonly #indexes: number[] = [];
  readonly #sizes: number[] = [];
  #resolve: () => void = () => undefined;
  #reject: (error: Error) => void = () => undefined;
  /** Resolves when the batch is durable; all appends that joined it share it. Made anew by {@link Batch.reset}. */
  finished: Promise<void> = Promise.resolve();

  /** Position behind the last frame. */
  get end(): number {
    return this.start + this.length;
  }

  /** The frames. Valid until the next {@link Batch.reset}. */
  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.length);
  }

  /** Empties the batch; the next frame will be at position `start`. */
  reset(start: number): void {
    this.start = start;
    this.length = 0;
    this.#groups.length = 0;
    this.#indexes.length = 0;
    this.#sizes.length = 0;
    this.finished = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    if (this.#buffer.length > LARGEST_KEPT_BYTES) this.#buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  }

  /** Adds a record that was checked. */
  add(record: JournalRecord, group: GroupState, salt: number): void {
    this.#reserve(this.length + frameSize(record));
    const place = { position: this.end, batchStart: this.start, salt };
    const size = encodeFrame(this.#buffer, this.length, record, place);
    this.length += size;
    this.#groups.push(group);
    this.#indexes.push(record.index);
    this.#sizes.push(size);
  }

  /** Makes the frames visible: they are durable, in `segment`. */
  place(segment: Segment): void {
    let position = this.start;
    for (const [i, group] of this.#groups.entries()) {
      const size = this.#sizes[i] as number;
      const index = this.#indexes[i] as number;
      if (index === 0) segment.lastLoose.set(group, position);
      else group.entries.put(index, position, size);
      position += size;
    }
    segment.end = position;
  }

  /** Tells all who wait; nothing is queued here any more. */
  finish(error?: Error): void {
    this.length = 0;
    if (error === undefined) this.#resolve();
    else this.#reject(error);
  }

  #reserve(length: number): void {
    if (length <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(length, this.#buffer.length * 2));
    larger.set(this.bytes);
    this.#buffer = larger;
  }
}
