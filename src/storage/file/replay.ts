import type { ReplayItem } from '../../core/index.js';
import type { CheckpointFile } from './checkpoint-file.js';
import { corruption } from './errors.js';
import type { Frame } from './record-format.js';
import { RecordScanner } from './record-scanner.js';
import type { Segment } from './segment.js';
import type { SharedFile } from './shared-file.js';
import type { Store } from './store.js';

/** What a replay needs to know of a group, as of its begin. */
interface GroupView {
  readonly boundary: number;
  readonly positionOf: (index: number) => number;
  readonly checkpoint: CheckpointFile | undefined;
}

/** A segment as of the begin of a replay. */
interface SegmentView {
  readonly segment: Segment;
  readonly end: number;
}

/** Options of {@link replay}. */
export interface ReplayOptions {
  readonly signal: AbortSignal | undefined;
  /** Throws when the journal is closed or poisoned. */
  readonly refuse: () => void;
}

/**
 * Streams what is durable when it begins. Appends and checkpoints meanwhile do not show, and files that they supersede
 * stay readable until the end. One generator and not several nested ones: each level costs microseconds a record.
 */
export async function* replay(store: Store, options: ReplayOptions): AsyncGenerator<ReplayItem, void, void> {
  const { signal } = options;
  options.refuse();
  const groups = new Map<string, GroupView>();
  for (const { name, boundary, entries, checkpoint } of store.groups.values()) {
    groups.set(name, { boundary, positionOf: entries.snapshot(), checkpoint });
  }
  const segments = store.segments.filter((segment) => !segment.stub).map((segment) => ({ segment, end: segment.end }));
  const files = retainFiles(groups, segments);
  try {
    for (const [group, { checkpoint }] of groups) {
      if (checkpoint === undefined) continue;
      signal?.throwIfAborted();
      yield { type: 'checkpoint', group, chunks: checkpoint.chunks(signal) };
      for (const record of checkpoint.carried()) yield { type: 'record', record };
    }
    for (const { segment, end } of segments) {
      const scanner = new RecordScanner(segment, { from: segment.base, end, salt: store.salt });
      for (let next = scanner.next(); next !== 'end'; next = scanner.next()) {
        if (next === 'more') {
          signal?.throwIfAborted();
          await scanner.fill();
        } else if (next === 'bad') {
          throw corruption(segment.path, segment.offsetOf(scanner.position), 'a record was damaged since the opening');
        } else if (isAlive(next, groups.get(next.group))) {
          yield { type: 'record', record: scanner.record(next) };
        }
      }
    }
  } finally {
    await Promise.all(files.map((file) => file.release()));
  }
}

function retainFiles(groups: ReadonlyMap<string, GroupView>, segments: readonly SegmentView[]): SharedFile[] {
  const files = segments.map(({ segment }) => segment.shared);
  for (const { checkpoint } of groups.values()) {
    if (checkpoint !== undefined) files.push(checkpoint.shared);
  }
  for (const file of files) file.retain();
  return files;
}

function isAlive(frame: Frame, group: GroupView | undefined): boolean {
  if (group === undefined) return false;
  return frame.index === 0 ? frame.position >= group.boundary : frame.position === group.positionOf(frame.index);
}
