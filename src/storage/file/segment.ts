import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { OpenFile } from './file-layer.js';
import type { GroupState } from './group-state.js';
import { SharedFile } from './shared-file.js';

/**
 * A segment file begins with this header, little-endian: `QJSG`, format version, position of the first frame (the base)
 * as a float64, and for a stub the position behind the frames it stands for, otherwise -1; then CRC-32 of all before.
 *
 * Positions count the bytes of all frames ever written, so the segments of a journal join without gaps from position 0.
 * Frames that nobody needs any more are replaced by a stub, a header without frames: the chain stays whole, and a file
 * that somebody removed by hand is noticed.
 */
export const SEGMENT_HEADER_BYTES = 28;

const MAGIC = 0x47534a51;
const VERSION = 1;
const NAME = /^segment-(\d{16})$/;

/** A file of frames that follow each other, or a stub in the place of some that are gone. */
export class Segment {
  readonly path: string;
  /** Position of the first frame. */
  readonly base: number;
  /** Position behind the last durable frame. */
  end: number;
  /** Whether it is a header only, standing for frames that were removed. */
  readonly stub: boolean;
  readonly shared: SharedFile;
  /** For each group with records that are no entries: the position of the last one here. */
  readonly lastLoose = new Map<GroupState, number>();

  constructor(
    path: string,
    range: { readonly base: number; readonly end: number; readonly stub: boolean },
    file: OpenFile,
  ) {
    this.path = path;
    this.base = range.base;
    this.end = range.end;
    this.stub = range.stub;
    this.shared = new SharedFile(path, file);
  }

  get file(): OpenFile {
    return this.shared.file;
  }

  /** The size of the file as far as it is in use. */
  get fileBytes(): number {
    return this.stub ? SEGMENT_HEADER_BYTES : this.offsetOf(this.end);
  }

  /** The byte in the file at which a position lies. */
  offsetOf(position: number): number {
    return SEGMENT_HEADER_BYTES + position - this.base;
  }
}

/** The path of the segment that begins at a position. */
export function segmentPath(directory: string, base: number): string {
  return join(directory, `segment-${String(base).padStart(16, '0')}`);
}

/** The position at which the segment of this name begins; undefined when it is not the name of a segment. */
export function segmentBase(name: string): number | undefined {
  const digits = NAME.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** The header of a segment; `stubEnd` makes it a stub. */
export function encodeSegmentHeader(base: number, stubEnd = -1): Buffer {
  const header = Buffer.alloc(SEGMENT_HEADER_BYTES);
  header.writeUInt32LE(MAGIC, 0);
  header.writeUInt32LE(VERSION, 4);
  header.writeDoubleLE(base, 8);
  header.writeDoubleLE(stubEnd, 16);
  header.writeUInt32LE(crc32(header.subarray(0, 24)), 24);
  return header;
}

/** Where a stub ends, -1 for a segment with frames, undefined when this is not a header with this base. */
export function decodeSegmentHeader(header: Buffer, base: number): number | undefined {
  if (header.readUInt32LE(24) !== crc32(header.subarray(0, 24))) return undefined;
  if (header.readUInt32LE(0) !== MAGIC || header.readUInt32LE(4) !== VERSION) return undefined;
  return header.readDoubleLE(8) === base ? header.readDoubleLE(16) : undefined;
}
