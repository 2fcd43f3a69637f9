import type { JournalRecord } from '../../core/index.js';
import { claimedSize, decodeFrame, FRAME_HEADER_BYTES, recordOf } from './record-format.js';
import type { Frame } from './record-format.js';
import type { Segment } from './segment.js';

const WINDOW_BYTES = 256 * 1024;

/** Which part of a segment a {@link RecordScanner} reads. */
export interface ScanRange {
  /** The position to begin at, where a frame should be. */
  readonly from: number;
  /** The position to end at. */
  readonly end: number;
  readonly salt: number;
}

/**
 * Reads the frames of a segment in order through a window of bounded size: 256 KiB, or one frame when that is larger.
 * `next` is synchronous as long as the window lasts, because an await for each record would cost more than the record.
 */
export class RecordScanner {
  readonly #segment: Segment;
  readonly #end: number;
  readonly #salt: number;
  #memory = Buffer.alloc(0);
  /** The part of the memory that was read. */
  #window = this.#memory;
  /** Where in the window the next frame begins. */
  #at = 0;
  #position: number;
  #wanted = 0;
  /** How many bytes the last fill tried to get for the frame that is next; 0 when a frame was taken since. */
  #tried = 0;

  constructor(segment: Segment, range: ScanRange) {
    this.#segment = segment;
    this.#position = range.from;
    this.#end = range.end;
    this.#salt = range.salt;
  }

  /** Position of the frame that {@link RecordScanner.next} looks at next: after `bad`, that of the bad frame. */
  get position(): number {
    return this.#position;
  }

  /** The next frame; `more`: call {@link RecordScanner.fill} first; `end`; `bad`: no valid frame is here. */
  next(): Frame | 'more' | 'end' | 'bad' {
    if (this.#position === this.#end) return 'end';
    const available = this.#window.length - this.#at;
    if (available < FRAME_HEADER_BYTES) return this.#need(FRAME_HEADER_BYTES);
    const size = claimedSize(this.#window, this.#at, this.#position);
    if (size === 0) return 'bad';
    if (available < size) return this.#need(size);
    const frame = decodeFrame(this.#window, this.#at, size, { position: this.#position, salt: this.#salt });
    if (frame === undefined) return 'bad';
    this.#at += size;
    this.#position += size;
    this.#tried = 0;
    return frame;
  }

  /** The record of the frame that {@link RecordScanner.next} returned last, with data of its own. */
  record(frame: Frame): JournalRecord {
    const { group, index, data } = recordOf(frame, this.#window, this.#at - frame.size);
    return { group, index, data: data.slice() };
  }

  /** Reads on, so that the frame that the window cut off fits. */
  async fill(): Promise<void> {
    const size = Math.min(Math.max(WINDOW_BYTES, this.#wanted), this.#end - this.#position);
    if (this.#memory.length < size) this.#memory = Buffer.allocUnsafeSlow(size);
    const read = await this.#segment.shared.read(
      this.#memory.subarray(0, size),
      this.#segment.offsetOf(this.#position),
    );
    this.#window = this.#memory.subarray(0, read);
    this.#at = 0;
    this.#tried = size;
  }

  #need(size: number): 'more' | 'bad' {
    // The second condition: a file that is shorter than it was would otherwise be read again for ever.
    if (this.#position + size > this.#end || this.#tried >= size) return 'bad';
    this.#wanted = size;
    return 'more';
  }
}
