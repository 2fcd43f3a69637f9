import type { GroupState } from './group-state.js';
import { TEMPORARY_SUFFIX } from './metadata.js';
import { encodeSegmentHeader, Segment } from './segment.js';
import type { Store } from './store.js';

/**
 * Frees the segments that hold nothing which any group needs: a run of neighbours becomes one stub. The last segment
 * stays, because frames are added to it.
 *
 * Only what is durable counts: an entry under way has not yet replaced anything.
 */
export async function reclaim(store: Store): Promise<void> {
  for (const run of unneededRuns(store)) await replaceByStub(store, run);
}

function unneededRuns(store: Store): Segment[][] {
  const runs: Segment[][] = [];
  let run: Segment[] = [];
  const finish = (): void => {
    if (run.some((segment) => !segment.stub) || run.length > 1) runs.push(run);
    run = [];
  };
  for (const segment of store.segments.slice(0, -1)) {
    if (segment.stub || !isNeeded(store.groups.values(), segment)) run.push(segment);
    else finish();
  }
  finish();
  return runs;
}

function isNeeded(groups: Iterable<GroupState>, segment: Segment): boolean {
  for (const group of groups) {
    if ((segment.lastLoose.get(group) ?? -1) >= group.boundary) return true;
    if (group.entries.countBefore(segment.end) > group.entries.countBefore(segment.base)) return true;
  }
  return false;
}

/** The rename puts the stub in the place of the first; only when that is durable may the others go. */
async function replaceByStub(store: Store, run: readonly Segment[]): Promise<void> {
  const { layer, directory } = store;
  const [first, last] = [run[0], run.at(-1)];
  if (first === undefined || last === undefined) return;
  const file = await layer.open(first.path + TEMPORARY_SUFFIX, 'create');
  const stub = new Segment(first.path, { base: first.base, end: last.end, stub: true }, file);
  await file.write(encodeSegmentHeader(first.base, last.end), 0);
  await file.sync('stub-file');
  await layer.rename(first.path + TEMPORARY_SUFFIX, first.path);
  if (run.length > 1) await layer.syncDirectory(directory, 'stub-directory');
  for (const segment of run.slice(1)) await layer.remove(segment.path);
  store.segments.splice(store.segments.indexOf(first), run.length, stub);
  for (const segment of run) await segment.shared.release();
}
