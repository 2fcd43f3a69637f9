/** How many bytes the largest count takes: 53 bits, seven in each. */
export const MAX_COUNT_BYTES = 8;

const NO_BYTES = new Uint8Array(0);

/** A place in bytes that are being read. */
export interface Cursor {
  at: number;
}

/** How many bytes a count takes. */
function countLength(count: number): number {
  let bytes = 1;
  for (let rest = count; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes++;
  return bytes;
}

/** Writes a safe integer from 0, seven bits in each byte, the lowest first (LEB128). Returns the place behind it. */
function writeCount(bytes: Uint8Array, at: number, count: number): number {
  let rest = count;
  while (rest >= 0x80) {
    bytes[at++] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  bytes[at++] = rest;
  return at;
}

/** Reads what {@link writeCount} wrote, and moves the cursor behind it; -1 when there is no count. */
export function readCount(bytes: Uint8Array, cursor: Cursor): number {
  let count = 0;
  let scale = 1;
  for (let i = 0; i < MAX_COUNT_BYTES; i++) {
    const byte = bytes[cursor.at++];
    if (byte === undefined) return -1;
    count += (byte & 0x7f) * scale;
    if (byte < 0x80) return Number.isSafeInteger(count) ? count : -1;
    scale *= 0x80;
  }
  return -1;
}

/** Counts and what follows them, in bytes of their own; before them a byte that marks them, if there is one. */
export function packCounts(counts: readonly number[], tail: Uint8Array = NO_BYTES, mark?: number): Uint8Array {
  let at = mark === undefined ? 0 : 1;
  let length = at + tail.length;
  for (const count of counts) length += countLength(count);
  const bytes = new Uint8Array(length);
  if (mark !== undefined) bytes[0] = mark;
  for (const count of counts) at = writeCount(bytes, at, count);
  bytes.set(tail, at);
  return bytes;
}

/** Pieces as one. */
export function concatenate(pieces: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
