import { QuorateError, type CheckpointPiece, type Journal } from '../core/index.js';
import type { RaftOutput } from './commands.js';
import { decodeSnapshotHeader, encodeRecords, encodeSnapshotHeader } from './record-codec.js';
import type { SnapshotHeader } from './state.js';

/** How much of a checkpoint is read from the journal at a time, in bytes. */
const READ_BYTES = 256 * 1024;

/** The bytes of a group's current checkpoint; ends early, with an error, when a newer one takes its place. */
export async function* checkpointChunks(journal: Journal, group: string): AsyncGenerator<Uint8Array> {
  let offset = 0;
  let sequence: number | undefined;
  for (;;) {
    const piece: CheckpointPiece | null = await journal.readCheckpoint(group, offset, READ_BYTES);
    if (piece === null || (sequence !== undefined && piece.sequence !== sequence)) {
      throw new QuorateError('checkpoint-replaced', 'the checkpoint was replaced while it was being read');
    }
    sequence = piece.sequence;
    offset += piece.data.length;
    if (piece.data.length > 0) yield piece.data;
    if (offset >= piece.size) return;
  }
}

/** A snapshot as it is stored and sent: its header, then what the state machine gave. */
export async function* withHeader(
  header: SnapshotHeader,
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield encodeSnapshotHeader(header);
  yield* chunks;
}

/** Reads pieces of the checkpoint for followers, and knows by its sequence number which snapshot it is. */
export class CheckpointReader {
  readonly #journal: Journal;
  readonly #group: string;
  #sequence = -1;
  #index = 0;

  constructor(journal: Journal, group: string) {
    this.#journal = journal;
    this.#group = group;
  }

  /** A piece of the checkpoint at `index`; `null` when the journal has another one. */
  async read(index: number, offset: number, maxBytes: number): Promise<{ data: Uint8Array; done: boolean } | null> {
    const piece = await this.#journal.readCheckpoint(this.#group, offset, maxBytes);
    if (piece === null) return null;
    if (piece.sequence !== this.#sequence) await this.#identify();
    if (piece.sequence !== this.#sequence || this.#index !== index) return null;
    return { data: piece.data, done: offset + piece.data.length >= piece.size };
  }

  async #identify(): Promise<void> {
    let bytes = READ_BYTES;
    for (;;) {
      const piece = await this.#journal.readCheckpoint(this.#group, 0, bytes);
      const header = piece === null ? undefined : decodeSnapshotHeader(piece.data);
      if (header !== undefined) {
        this.#sequence = piece!.sequence;
        this.#index = header.index;
        return;
      }
      if (piece === null || piece.data.length >= piece.size) return;
      bytes *= 2; // a header with many long addresses
    }
  }
}

/** A snapshot on its way from the leader into the journal, piece by piece and never whole in memory. */
export class IncomingSnapshot {
  /** The index that it covers. */
  readonly index: number;
  /** Resolves when it is durable; rejects when it was abandoned or the journal failed. */
  readonly stored: Promise<void>;
  #offered: { readonly data: Uint8Array; readonly done: boolean } | null = null;
  #taken: (() => void) | null = null;
  #wakeReader: (() => void) | null = null;
  #abandoned = false;

  constructor(journal: Journal, group: string, { index, carry }: RaftOutput & { type: 'receiveSnapshot' }) {
    this.index = index;
    // The log here does not contain the snapshot's last entry, so nothing of it may be kept (figure 13, rule 7).
    const options = { keepFrom: Infinity, carry: encodeRecords(group, carry) };
    this.stored = journal.checkpoint(group, this.#pieces(), options);
    this.stored.catch(() => {}); // whoever adds the last piece looks at it
  }

  /** Hands over the next piece; `taken` is called once the journal has taken it. */
  add(data: Uint8Array, done: boolean, taken: () => void): void {
    this.#offered = { data, done };
    this.#taken = taken;
    this.#wakeReader?.();
  }

  /** Gives it up: the journal stays as it was. */
  abandon(): void {
    this.#abandoned = true;
    this.#wakeReader?.();
  }

  async *#pieces(): AsyncGenerator<Uint8Array> {
    for (;;) {
      while (this.#offered === null && !this.#abandoned) {
        await new Promise<void>((resolve) => {
          this.#wakeReader = resolve;
        });
      }
      if (this.#abandoned) throw new QuorateError('snapshot-abandoned', 'the log overtook the snapshot');
      const { data, done } = this.#offered!;
      this.#offered = null;
      if (data.length > 0) yield data;
      this.#taken?.();
      if (done) return;
    }
  }
}
