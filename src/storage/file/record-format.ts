import { crc32 } from 'node:zlib';
import type { JournalRecord } from '../../core/index.js';

/**
 * A record on the disk, a frame, little-endian:
 *
 * | bytes | what |
 * |---|---|
 * | 0-3 | CRC-32 of all that follows, begun with the salt of the journal |
 * | 4-7 | length of the data |
 * | 8-11 | distance back to the position of the first frame of the same write (the batch) |
 * | 12-19 | position of the frame in the journal, as a float64 |
 * | 20-27 | log index or 0, as a float64 |
 * | 28 | length of the group name |
 * | 29- | group name, then data |
 *
 * The position makes a frame recognisable wherever a search starts; the salt keeps data that looks like a frame from
 * being taken for one. A batch is written only when all before it is durable, so a valid frame proves that everything
 * before its batch once was.
 */
export const FRAME_HEADER_BYTES = 29;

/** The longest group name, in characters. */
const MAX_GROUP_LENGTH = 64;

/** The largest data of one record: what a frame's length field and one write can be trusted with. */
export const MAX_DATA_BYTES = 0x3fff_ffff;

/** What the header of a valid frame says. */
export interface Frame {
  readonly position: number;
  /** Position of the first frame of the batch it was written with. */
  readonly batchStart: number;
  readonly index: number;
  readonly group: string;
  /** Size of the frame in bytes. */
  readonly size: number;
}

/** The size of a record's frame in bytes. */
export function frameSize(record: JournalRecord): number {
  return FRAME_HEADER_BYTES + record.group.length + record.data.length;
}

/** Writes a frame at `offset` of `target`, which must have room; returns its size. */
export function encodeFrame(
  target: Buffer,
  offset: number,
  record: JournalRecord,
  place: { readonly position: number; readonly batchStart: number; readonly salt: number },
): number {
  const { group, index, data } = record;
  const size = frameSize(record);
  target.writeUInt32LE(data.length, offset + 4);
  target.writeUInt32LE(place.position - place.batchStart, offset + 8);
  target.writeDoubleLE(place.position, offset + 12);
  target.writeDoubleLE(index, offset + 20);
  target[offset + 28] = group.length;
  target.write(group, offset + FRAME_HEADER_BYTES, 'latin1');
  target.set(data, offset + FRAME_HEADER_BYTES + group.length);
  target.writeUInt32LE(crc32(target.subarray(offset + 4, offset + size), place.salt), offset);
  return size;
}

/** The size that a frame header claims, or 0 when no frame begins so. Needs {@link FRAME_HEADER_BYTES} at `offset`. */
export function claimedSize(source: Buffer, offset: number, position: number): number {
  const groupLength = source[offset + 28] ?? 0;
  const plausible =
    groupLength >= 1 && groupLength <= MAX_GROUP_LENGTH && source.readDoubleLE(offset + 12) === position;
  return plausible ? FRAME_HEADER_BYTES + groupLength + source.readUInt32LE(offset + 4) : 0;
}

/** The frame of `size` bytes at `offset` when its checksum holds, otherwise undefined. */
export function decodeFrame(
  source: Buffer,
  offset: number,
  size: number,
  expected: { readonly position: number; readonly salt: number },
): Frame | undefined {
  const { position, salt } = expected;
  if (crc32(source.subarray(offset + 4, offset + size), salt) !== source.readUInt32LE(offset)) return undefined;
  const nameStart = offset + FRAME_HEADER_BYTES;
  return {
    position,
    batchStart: position - source.readUInt32LE(offset + 8),
    index: source.readDoubleLE(offset + 20),
    group: source.toString('latin1', nameStart, nameStart + source.readUInt8(offset + 28)),
    size,
  };
}

/** The record of a valid frame at `offset`. Its data shares the memory of `source`. */
export function recordOf(frame: Frame, source: Buffer, offset: number): JournalRecord {
  const start = offset + FRAME_HEADER_BYTES + frame.group.length;
  const data = new Uint8Array(source.buffer, source.byteOffset + start, offset + frame.size - start);
  return { group: frame.group, index: frame.index, data };
}
