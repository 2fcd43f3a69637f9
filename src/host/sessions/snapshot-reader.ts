import { MalformedError } from '../../core/index.js';
import { concatenate, MAX_COUNT_BYTES, readCount, type Cursor } from './bytes.js';

/** Reads counts and bytes off pieces that may be cut anywhere. Holds no more than one piece and what is being read. */
export class SnapshotReader {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #bytes: Uint8Array = new Uint8Array(0);
  readonly #cursor: Cursor = { at: 0 };

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /**
   * The next count.
   *
   * @throws MalformedError when there is none, or one above `most`
   */
  async count(what: string, most = Number.MAX_SAFE_INTEGER): Promise<number> {
    await this.#fill(MAX_COUNT_BYTES);
    const count = readCount(this.#bytes, this.#cursor);
    if (count < 0 || count > most) throw malformed(`${what} is ${count < 0 ? 'missing' : count}`);
    return count;
  }

  /** The next bytes, in memory of their own. Memory is taken as they come, not as they are announced. */
  async bytes(what: string, length: number): Promise<Uint8Array> {
    await this.#fill(length);
    const { at } = this.#cursor;
    const bytes = this.#bytes.slice(at, at + length);
    if (bytes.length < length) throw malformed(`${what} is cut off`);
    this.#cursor.at = at + length;
    return bytes;
  }

  /** All that follows. */
  async *rest(): AsyncGenerator<Uint8Array> {
    const left = this.#bytes.subarray(this.#cursor.at);
    if (left.length > 0) yield left;
    for (let next = await this.#pieces.next(); next.done !== true; next = await this.#pieces.next()) yield next.value;
  }

  /** Sees to it that so many bytes are at hand, or all that there are. */
  async #fill(length: number): Promise<void> {
    let missing = this.#cursor.at + length - this.#bytes.length;
    if (missing <= 0) return;
    const pieces = [this.#bytes.subarray(this.#cursor.at)];
    while (missing > 0) {
      const next = await this.#pieces.next();
      if (next.done === true) break;
      pieces.push(next.value);
      missing -= next.value.length;
    }
    this.#bytes = concatenate(pieces);
    this.#cursor.at = 0;
  }
}

/** The error for a snapshot that is none. */
export function malformed(why: string): MalformedError {
  return new MalformedError(`the snapshot is none of a state machine with sessions: ${why}`);
}
