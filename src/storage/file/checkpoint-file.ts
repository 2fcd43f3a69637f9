import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { CheckpointPiece, JournalRecord } from '../../core/index.js';
import { corruption } from './errors.js';
import type { FileLayer, OpenFile } from './file-layer.js';
import { SharedFile } from './shared-file.js';

/** The data of a checkpoint is checked in blocks of this size, so that any piece can be read and verified alone. */
const BLOCK_BYTES = 64 * 1024;

const MAGIC = 0x50434a51;
const TRAILER_BYTES = 12;
const NAME = /^checkpoint-(\d{10})-([a-z0-9_%-]+)$/;

/** What a checkpoint file says besides its data. */
export interface CheckpointFacts {
  readonly group: string;
  /** 1 for the first checkpoint of the group. */
  readonly sequence: number;
  /** Bytes of data. */
  readonly size: number;
  /** Records of the group before this position are gone, except the entries `first` to `last`. */
  readonly boundary: number;
  readonly first: number;
  /** `first - 1` when no entry was kept. */
  readonly last: number;
  /** The highest index that the next entry might have; null when any would do. */
  readonly next: number | null;
  /** The data of the carried records. */
  readonly carry: readonly Uint8Array[];
  /** CRC-32 of each block of data. */
  readonly blocks: readonly number[];
}

/**
 * A checkpoint on the disk: its data, then the facts as JSON (carried records in base64), then a trailer of the length
 * of the JSON, its CRC-32 and `QJCP`.
 */
export class CheckpointFile {
  readonly path: string;
  readonly facts: CheckpointFacts;
  readonly shared: SharedFile;

  constructor(path: string, facts: CheckpointFacts, file: OpenFile) {
    this.path = path;
    this.facts = facts;
    this.shared = new SharedFile(path, file);
  }

  /** The carried records. */
  carried(): JournalRecord[] {
    return this.facts.carry.map((data) => ({ group: this.facts.group, index: 0, data }));
  }

  /** A verified piece of the data. */
  async piece(offset: number, maxBytes: number): Promise<CheckpointPiece> {
    const { sequence, size } = this.facts;
    const start = Math.min(offset, size);
    const end = Math.min(start + maxBytes, size);
    const firstBlock = Math.floor(start / BLOCK_BYTES);
    const blocksStart = firstBlock * BLOCK_BYTES;
    const blocksEnd = Math.min(Math.ceil(end / BLOCK_BYTES) * BLOCK_BYTES, size);
    const bytes = Buffer.allocUnsafeSlow(Math.max(0, blocksEnd - blocksStart));
    await this.shared.read(bytes, blocksStart);
    for (let at = 0; at < bytes.length; at += BLOCK_BYTES) {
      const actual = crc32(bytes.subarray(at, at + BLOCK_BYTES));
      const expected = this.facts.blocks[firstBlock + at / BLOCK_BYTES];
      if (actual !== expected) throw corruption(this.path, blocksStart + at, 'a block of the checkpoint is damaged');
    }
    return { sequence, offset: start, size, data: new Uint8Array(bytes.buffer, start - blocksStart, end - start) };
  }

  /** All data, verified, in blocks. */
  async *chunks(signal?: AbortSignal): AsyncIterable<Uint8Array> {
    this.shared.retain();
    try {
      for (let offset = 0; offset < this.facts.size; offset += BLOCK_BYTES) {
        signal?.throwIfAborted();
        yield (await this.piece(offset, BLOCK_BYTES)).data;
      }
    } finally {
      await this.shared.release();
    }
  }
}

/** Writes the data of a checkpoint block by block. */
export class CheckpointDataWriter {
  readonly blocks: number[] = [];
  readonly #file: OpenFile;
  readonly #block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  #filled = 0;

  constructor(file: OpenFile) {
    this.#file = file;
  }

  /** Bytes of data so far. */
  get size(): number {
    return this.blocks.length * BLOCK_BYTES + this.#filled;
  }

  /** Appends a chunk of any size. */
  async write(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length;) {
      const part = chunk.subarray(at, at + BLOCK_BYTES - this.#filled);
      this.#block.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled === BLOCK_BYTES) await this.#flush();
    }
  }

  /** Writes the last block and what makes it a checkpoint; the caller syncs. */
  async finish(facts: Omit<CheckpointFacts, 'size' | 'blocks'>): Promise<CheckpointFacts> {
    const size = this.size;
    if (this.#filled > 0) await this.#flush();
    const complete = { ...facts, size, blocks: this.blocks };
    await this.#file.write(encodeFooter(complete), size);
    return complete;
  }

  async #flush(): Promise<void> {
    const block = this.#block.subarray(0, this.#filled);
    await this.#file.write(block, this.blocks.length * BLOCK_BYTES);
    this.blocks.push(crc32(block));
    this.#filled = 0;
  }
}

/** The path of a checkpoint. The group's name is escaped so that no file system confuses two of them. */
export function checkpointPath(directory: string, group: string, sequence: number): string {
  const escaped = group.replace(/[^a-z0-9_-]/g, (character) => `%${character.charCodeAt(0).toString(16)}`);
  return join(directory, `checkpoint-${String(sequence).padStart(10, '0')}-${escaped}`);
}

/** The group (escaped) and sequence in the name of a checkpoint; undefined when it is not the name of one. */
export function parseCheckpointName(name: string): { readonly group: string; readonly sequence: number } | undefined {
  const match = NAME.exec(name);
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  return { sequence: Number(match[1]), group: match[2] };
}

/** Opens a checkpoint and reads its facts; its data is verified when it is read. */
export async function openCheckpoint(layer: FileLayer, path: string): Promise<CheckpointFile> {
  const file = await layer.open(path, 'read');
  try {
    return new CheckpointFile(path, await readFooter(file, path), file);
  } catch (error) {
    await file.close();
    throw error;
  }
}

function encodeFooter(facts: CheckpointFacts): Buffer {
  const carry = facts.carry.map((data) => Buffer.from(data).toString('base64'));
  const json = Buffer.from(JSON.stringify({ ...facts, carry }));
  const trailer = Buffer.alloc(TRAILER_BYTES);
  trailer.writeUInt32LE(json.length, 0);
  trailer.writeUInt32LE(crc32(json), 4);
  trailer.writeUInt32LE(MAGIC, 8);
  return Buffer.concat([json, trailer]);
}

async function readFooter(file: OpenFile, path: string): Promise<CheckpointFacts> {
  const trailerStart = (await file.size()) - TRAILER_BYTES;
  const trailer = Buffer.alloc(TRAILER_BYTES);
  if (trailerStart < 0) throw corruption(path, 0, 'the checkpoint is too short');
  await file.read(trailer, trailerStart);
  const jsonStart = trailerStart - trailer.readUInt32LE(0);
  // Of no bytes the checksum is 0, so a trailer of zeros would fit them.
  if (trailer.readUInt32LE(8) !== MAGIC || jsonStart < 0 || jsonStart === trailerStart) {
    throw corruption(path, trailerStart, 'the checkpoint has no valid end');
  }
  const json = Buffer.alloc(trailerStart - jsonStart);
  await file.read(json, jsonStart);
  if (crc32(json) !== trailer.readUInt32LE(4))
    throw corruption(path, jsonStart, 'the facts of the checkpoint are damaged');
  const facts = JSON.parse(json.toString()) as Omit<CheckpointFacts, 'carry'> & { readonly carry: readonly string[] };
  if (facts.size !== jsonStart) throw corruption(path, jsonStart, 'the checkpoint does not have the size it says');
  return { ...facts, carry: facts.carry.map((data) => new Uint8Array(Buffer.from(data, 'base64'))) };
}
