import { claimedSize, FRAME_HEADER_BYTES } from './record-format.js';
import type { Frame } from './record-format.js';
import { RecordScanner } from './record-scanner.js';
import type { ScanRange } from './record-scanner.js';
import type { Segment } from './segment.js';

const WINDOW_BYTES = 1024 * 1024;

/** Disks write sectors of at least this size as a whole. */
const SECTOR_BYTES = 512;

/**
 * Decides whether the bytes from `range.from` on, where no valid frame is, are what a crash left of the last write, or
 * damage to what was durable. Only the former may be cut off.
 *
 * - No valid frame behind: a write that was cut short.
 * - A valid frame behind whose batch began later: it was written after everything before its batch was durable, so this
 *   is damage.
 * - Valid frames of the same batch behind: the pages of one write may reach the disk in any order, and a sector that
 *   did not reads as zeros. With such a sector it is a torn write, otherwise damage.
 *
 * Looks at every byte offset, because the length in a damaged frame says nothing. O(rest of the file).
 */
export async function isTornWrite(segment: Segment, range: ScanRange): Promise<boolean> {
  let first: Frame | undefined;
  for await (const frame of validFrames(segment, range)) {
    if (frame.batchStart > range.from) return false;
    first ??= frame;
  }
  if (first === undefined) return true;
  return lacksSector(segment, { from: range.from, to: first.position, batchStart: first.batchStart });
}

/** All valid frames from a position on, wherever they begin. */
async function* validFrames(segment: Segment, range: ScanRange): AsyncIterable<Frame> {
  let from = range.from;
  while (from < range.end) {
    const scanner = new RecordScanner(segment, { ...range, from });
    for (let next = scanner.next(); next !== 'bad' && next !== 'end'; next = scanner.next()) {
      if (next === 'more') await scanner.fill();
      else yield next;
    }
    from = await nextCandidate(segment, scanner.position + 1, range.end);
  }
}

/** The first position from `from` on where a frame header claims to be at its place; `end` when none does. */
async function nextCandidate(segment: Segment, from: number, end: number): Promise<number> {
  const window = Buffer.allocUnsafeSlow(Math.min(WINDOW_BYTES, Math.max(0, end - from)));
  let position = from;
  while (position + FRAME_HEADER_BYTES <= end) {
    const candidates = (await segment.shared.read(window, segment.offsetOf(position))) - FRAME_HEADER_BYTES + 1;
    if (candidates <= 0) break;
    for (let offset = 0; offset < candidates; offset += 1) {
      if (claimedSize(window, offset, position + offset) > 0) return position + offset;
    }
    position += candidates;
  }
  return end;
}

/** Whether a sector that overlaps the positions [from, to) reads as zeros as far as its batch filled it. */
async function lacksSector(
  segment: Segment,
  range: { readonly from: number; readonly to: number; readonly batchStart: number },
): Promise<boolean> {
  const batchOffset = segment.offsetOf(range.batchStart);
  const sector = Buffer.alloc(SECTOR_BYTES);
  let start = Math.floor(segment.offsetOf(range.from) / SECTOR_BYTES) * SECTOR_BYTES;
  for (; start < segment.offsetOf(range.to); start += SECTOR_BYTES) {
    const read = await segment.shared.read(sector, start);
    const written = sector.subarray(Math.max(0, batchOffset - start), read);
    if (written.every((byte) => byte === 0)) return true;
  }
  return false;
}
