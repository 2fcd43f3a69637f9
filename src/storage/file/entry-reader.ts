import type { JournalRecord } from '../../core/index.js';
import { corruption } from './errors.js';
import type { GroupState } from './group-state.js';
import { decodeFrame, FRAME_HEADER_BYTES, recordOf } from './record-format.js';
import type { Segment } from './segment.js';
import type { Store } from './store.js';

/** Entries at most this far from each other are read at once: reading a little too much is cheaper than a second read. */
const LARGEST_GAP_BYTES = 16 * 1024;

/** Which entries to read. */
export interface EntryRange {
  readonly from: number;
  readonly to: number;
  readonly maxBytes: number;
  readonly signal: AbortSignal | undefined;
}

/** Frames of one segment that are read at once. */
interface Run {
  readonly segment: Segment;
  readonly positions: number[];
  readonly sizes: number[];
  end: number;
}

/** Reads durable entries; see `read` of a journal. One read of the file for entries that lie together. */
export async function readEntries(store: Store, group: GroupState, range: EntryRange): Promise<JournalRecord[]> {
  const runs = planRuns(store, group, range);
  for (const run of runs) run.segment.shared.retain();
  const records: JournalRecord[] = [];
  try {
    for (const run of runs) {
      range.signal?.throwIfAborted();
      await readRun(run, store.salt, records);
    }
  } finally {
    await Promise.all(runs.map((run) => run.segment.shared.release()));
  }
  return records;
}

function planRuns(store: Store, group: GroupState, range: EntryRange): Run[] {
  const { entries, name } = group;
  const runs: Run[] = [];
  const to = Math.min(range.to, entries.last);
  let bytes = 0;
  for (let index = Math.max(range.from, entries.first); index <= to; index += 1) {
    const position = entries.positionOf(index);
    const size = entries.sizeOf(index);
    bytes += size - FRAME_HEADER_BYTES - name.length;
    if (runs.length > 0 && bytes > range.maxBytes) break;
    let run = runs.at(-1);
    if (run === undefined || position >= run.segment.end || position - run.end > LARGEST_GAP_BYTES) {
      run = { segment: store.segmentAt(position) as Segment, positions: [], sizes: [], end: position };
      runs.push(run);
    }
    run.positions.push(position);
    run.sizes.push(size);
    run.end = position + size;
  }
  return runs;
}

/** The data of all records shares the memory of one buffer. */
async function readRun(run: Run, salt: number, records: JournalRecord[]): Promise<void> {
  const { segment } = run;
  const start = run.positions[0] as number;
  const buffer = Buffer.allocUnsafeSlow(run.end - start);
  const read = await segment.shared.read(buffer, segment.offsetOf(start));
  for (const [i, position] of run.positions.entries()) {
    const size = run.sizes[i] as number;
    const offset = position - start;
    const frame = offset + size <= read ? decodeFrame(buffer, offset, size, { position, salt }) : undefined;
    if (frame === undefined) {
      throw corruption(segment.path, segment.offsetOf(position), 'a record was damaged after the journal was opened');
    }
    records.push(recordOf(frame, buffer, offset));
  }
}
