import { basename, join } from 'node:path';
import { checkpointPath, openCheckpoint, parseCheckpointName } from './checkpoint-file.js';
import { isTornWrite } from './damage.js';
import { corruption, missingFile } from './errors.js';
import type { GroupState } from './group-state.js';
import type { Frame } from './record-format.js';
import { RecordScanner } from './record-scanner.js';
import {
  decodeSegmentHeader,
  encodeSegmentHeader,
  Segment,
  segmentBase,
  SEGMENT_HEADER_BYTES,
  segmentPath,
} from './segment.js';
import type { Store } from './store.js';

const COPY_BYTES = 1024 * 1024;

/**
 * Rebuilds what is kept in memory from the files of a journal, and cuts off what a crash left of its last write.
 *
 * What is read here may be in the caches of the system only, when a process died before its fsync. It is about to be
 * taken for durable, so it is made durable first: the directory before anything that it supersedes is removed, the last
 * batch before anybody sees it.
 */
export async function recover(store: Store, names: readonly string[]): Promise<void> {
  await store.layer.syncDirectory(store.directory, 'recovered-directory');
  await loadCheckpoints(store, names);
  await loadSegments(store, names);
  for (const segment of store.segments) {
    if (!segment.stub) await loadFrames(store, segment, segment === store.segments.at(-1));
  }
  for (const group of store.groups.values()) checkGroup(store, group);
}

/** The newest checkpoint of each group counts; older ones were about to be removed. */
async function loadCheckpoints(store: Store, names: readonly string[]): Promise<void> {
  const newest = new Map<string, { readonly name: string; readonly sequence: number }>();
  for (const name of names) {
    const parsed = parseCheckpointName(name);
    if (parsed === undefined) continue;
    const other = newest.get(parsed.group);
    const isNewer = other === undefined || other.sequence < parsed.sequence;
    if (isNewer) newest.set(parsed.group, { name, sequence: parsed.sequence });
    const older = isNewer ? other?.name : name;
    if (older !== undefined) await store.layer.remove(join(store.directory, older));
  }
  requireCheckpoints(store, newest);
  for (const { name } of newest.values()) {
    const path = join(store.directory, name);
    const checkpoint = await openCheckpoint(store.layer, path);
    const { group: groupName, sequence, first, last, next } = checkpoint.facts;
    const group = store.group(groupName);
    group.checkpoint = checkpoint;
    group.entries.reserve(first, last);
    group.next = next ?? Infinity;
    if (path !== checkpointPath(store.directory, groupName, sequence)) throw corruption(path, 0, 'it was renamed');
  }
}

/** The metadata know which checkpoints there were; a newer one in the place of one of these is as good. */
function requireCheckpoints(store: Store, newest: ReadonlyMap<string, { readonly sequence: number }>): void {
  for (const [group, sequence] of Object.entries(store.metadata.checkpoints)) {
    const path = checkpointPath(store.directory, group, sequence);
    const found = newest.get(parseCheckpointName(basename(path))?.group ?? '');
    if (found !== undefined && found.sequence >= sequence) continue;
    throw missingFile(path, `group ${group} had this checkpoint, and neither it nor a newer one is there`);
  }
}

/** Opens the segments, which must join without gaps. What a stub stands for may still be there: it is removed. */
async function loadSegments(store: Store, names: readonly string[]): Promise<void> {
  const bases = names.map(segmentBase).filter((base) => base !== undefined);
  bases.sort((a, b) => a - b);
  let expected = 0;
  for (const base of bases) {
    const path = segmentPath(store.directory, base);
    const previous = store.segments.at(-1);
    if (base < expected && previous?.stub === true) {
      await store.layer.remove(path);
      continue;
    }
    if (base !== expected) throw await brokenChain(store, previous, path, base);
    const segment = await openSegment(store, base, base === bases.at(-1));
    store.segments.push(segment);
    expected = segment.end;
  }
}

/** Either the segment before ends too early or too late, or one is missing between the two. */
async function brokenChain(store: Store, previous: Segment | undefined, path: string, base: number): Promise<Error> {
  const expected = previous?.end ?? 0;
  const missing = missingFile(segmentPath(store.directory, expected), `the next segment there is ${basename(path)}`);
  if (previous === undefined) return missing;
  const scanner = new RecordScanner(previous, { from: previous.base, end: expected, salt: store.salt });
  let next = previous.stub ? 'end' : scanner.next();
  while (next !== 'end' && next !== 'bad') {
    if (next === 'more') await scanner.fill();
    next = scanner.next();
  }
  if (next === 'end' && base > expected) return missing;
  const offset = previous.stub ? 0 : previous.offsetOf(scanner.position);
  return corruption(previous.path, offset, `it does not go on to where ${basename(path)} begins`);
}

async function openSegment(store: Store, base: number, isLast: boolean): Promise<Segment> {
  const path = segmentPath(store.directory, base);
  const file = await store.layer.open(path, 'update', true);
  try {
    const header = Buffer.alloc(SEGMENT_HEADER_BYTES);
    await file.read(header, 0);
    const stubEnd = decodeSegmentHeader(header, base);
    const isStub = stubEnd !== undefined && stubEnd >= 0;
    const end = isStub ? stubEnd : Math.max(base, base + (await file.size()) - SEGMENT_HEADER_BYTES);
    const segment = new Segment(path, { base, end, stub: isStub }, file);
    if (stubEnd === undefined) await repairHeader(store, segment, isLast);
    return segment;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** A last segment may have a torn header: it is written with the first batch. */
async function repairHeader(store: Store, segment: Segment, isLast: boolean): Promise<void> {
  const range = { from: segment.base, end: segment.end, salt: store.salt };
  if (!isLast || !(await isTornWrite(segment, range))) throw corruption(segment.path, 0, 'its header is damaged');
  await segment.file.truncate(0);
  await segment.file.write(encodeSegmentHeader(segment.base), 0);
  segment.end = segment.base;
}

async function loadFrames(store: Store, segment: Segment, isLast: boolean): Promise<void> {
  const scanner = new RecordScanner(segment, { from: segment.base, end: segment.end, salt: store.salt });
  let batchStart = segment.base;
  for (let next = scanner.next(); next !== 'end'; next = scanner.next()) {
    if (next === 'bad') {
      await cutTail(store, segment, scanner.position, isLast);
      break;
    } else if (next === 'more') {
      await scanner.fill();
    } else {
      placeFrame(store, segment, next);
      batchStart = next.batchStart;
    }
  }
  if (isLast) await makeTailDurable(segment, batchStart);
}

/**
 * Frames arrive in the order of their appends, but stubs leave holes, and so does a checkpoint that does not keep what
 * was replaced while it was written. What is not there was dead: dropped by a checkpoint, or replaced by an entry at or
 * below it. So an entry that lacks its predecessor is dead as well, and among those before the boundary of a checkpoint
 * the last one of each kept index is the living one.
 */
function placeFrame(store: Store, segment: Segment, frame: Frame): void {
  const { index, position, size } = frame;
  const group = store.group(frame.group);
  if (index === 0) {
    segment.lastLoose.set(group, position);
  } else if (position < group.boundary) {
    if (index >= keptFirst(group) && index <= keptLast(group)) group.entries.fill(index, position, size);
  } else if (index <= group.next) {
    if (group.entries.takes(index)) group.entries.put(index, position, size);
    group.next = index + 1;
  } else if (!store.segments.some((other) => other.stub)) {
    throw corruption(segment.path, segment.offsetOf(position), `entry ${index} lacks the one before it`);
  }
}

const keptFirst = (group: GroupState): number => group.checkpoint?.facts.first ?? 1;
const keptLast = (group: GroupState): number => group.checkpoint?.facts.last ?? 0;

async function cutTail(store: Store, segment: Segment, position: number, isLast: boolean): Promise<void> {
  const range = { from: position, end: segment.end, salt: store.salt };
  if (!isLast || !(await isTornWrite(segment, range))) {
    throw corruption(segment.path, segment.offsetOf(position), 'a damaged record has intact ones after it');
  }
  segment.end = position;
  await segment.file.truncate(segment.offsetOf(position));
}

/**
 * Writes the last batch again before the sync: after a failed fsync a system may take pages for clean that never reached
 * the disk, and a sync alone would then do nothing. Only the last batch can be concerned; the next one would not have
 * been written.
 */
async function makeTailDurable(segment: Segment, batchStart: number): Promise<void> {
  const end = segment.offsetOf(segment.end);
  let offset = segment.offsetOf(batchStart);
  const chunk = Buffer.allocUnsafeSlow(Math.min(COPY_BYTES, end - offset));
  while (offset < end) {
    const part = chunk.subarray(0, end - offset);
    await segment.shared.read(part, offset);
    await segment.file.write(part, offset);
    offset += part.length;
  }
  await segment.file.sync('recovered-tail');
}

function checkGroup(store: Store, group: GroupState): void {
  if (group.checkpoint === undefined) return;
  const { path, facts } = group.checkpoint;
  if (facts.boundary > store.end) {
    const behind = segmentPath(store.directory, store.end);
    throw missingFile(behind, `${basename(path)} counts on records up to position ${facts.boundary}`);
  }
  const missing = group.entries.firstMissing();
  if (missing >= 0) throw corruption(path, 0, `entry ${missing}, on which it counts, is not in the journal`);
}
