import { join, resolve } from 'node:path';
import { freeze, type FrozenFiles } from './frozen-files.js';
import { BACKUP_NAME, METADATA_NAME, readMetadata } from './metadata.js';
import { recover } from './recovery.js';
import { replay } from './replay.js';
import { Store } from './store.js';
import { openFailure } from './system-failure.js';

/** What is in a journal or in a backup of one. */
export interface JournalReport {
  /** As an absolute path. */
  readonly directory: string;
  readonly cluster: string;
  readonly node: string;
  /** Of a backup: when it was taken, as an ISO date. Of a journal: null. */
  readonly takenAt: string | null;
  readonly groups: readonly JournalGroupReport[];
  /** Bytes of the files that count. */
  readonly bytes: number;
  /**
   * What the next opening cuts off: the rest of a write that a crash interrupted or that is under way. Damage to the very
   * last write looks the same.
   */
  readonly unfinished: { readonly path: string; readonly offset: number; readonly bytes: number } | null;
}

/** What is in a journal of one group. */
export interface JournalGroupReport {
  readonly group: string;
  /** The index of the first entry that is kept; 0 when there is none. */
  readonly firstIndex: number;
  /** That of the last one; 0 when there is none. */
  readonly lastIndex: number;
  /** Records with index 0, votes for instance. */
  readonly otherRecords: number;
  readonly checkpoint: { readonly sequence: number; readonly bytes: number } | null;
}

/**
 * Reads and verifies everything in a journal or a backup, and changes nothing; also beside the process that has the
 * journal open, as of one moment. O(bytes of the files).
 *
 * @throws (as rejections) JournalError: `journal-corrupt` or `journal-missing-file` when it is damaged,
 *   `journal-directory` when no journal is there, and what opening a journal throws
 */
export async function inspectFileJournal(directory: string): Promise<JournalReport> {
  const path = resolve(directory);
  return withFrozenJournal(path, (store, files) => report(store, files));
}

/** A journal as it is at one moment, whose segments were verified. */
export interface FrozenJournal {
  readonly store: Store;
  /** Whoever opened it closes them. */
  readonly files: FrozenFiles;
}

/** Opens a journal as it is at one moment, and verifies its segments. */
export async function openFrozenJournal(directory: string): Promise<FrozenJournal> {
  try {
    const files = await freeze(directory);
    try {
      return { store: await load(directory, files), files };
    } catch (error) {
      await files.close();
      throw error;
    }
  } catch (error) {
    throw openFailure(directory, error);
  }
}

/** Runs `use` on a journal as it is at one moment. */
export async function withFrozenJournal<T>(
  directory: string,
  use: (store: Store, files: FrozenFiles) => Promise<T>,
): Promise<T> {
  const { store, files } = await openFrozenJournal(directory);
  try {
    return await use(store, files);
  } finally {
    await files.close();
  }
}

async function load(directory: string, { names, layer }: FrozenFiles): Promise<Store> {
  const name = names.includes(BACKUP_NAME) ? BACKUP_NAME : METADATA_NAME;
  const store = new Store(layer, directory, await readMetadata(layer, join(directory, name)));
  await recover(store, names);
  return store;
}

/** What is in a journal whose segments are verified; its checkpoints are here. */
export async function report(store: Store, { cut }: Pick<FrozenFiles, 'cut'>): Promise<JournalReport> {
  const others = await countOthers(store);
  const { cluster, node, takenAt = null } = store.metadata;
  const groups = [...store.groups.values()].map(({ name, entries, checkpoint }): JournalGroupReport => {
    const empty = entries.last < entries.first;
    return {
      group: name,
      firstIndex: empty ? 0 : entries.first,
      lastIndex: empty ? 0 : entries.last,
      otherRecords: others.get(name) ?? 0,
      checkpoint:
        checkpoint === undefined ? null : { sequence: checkpoint.facts.sequence, bytes: checkpoint.facts.size },
    };
  });
  const bytes = store.segments.reduce((sum, segment) => sum + segment.fileBytes, 0);
  const checkpointBytes = groups.reduce((sum, { checkpoint }) => sum + (checkpoint?.bytes ?? 0), 0);
  const unfinished = cut.at(-1) ?? null;
  return { directory: store.directory, cluster, node, takenAt, groups, bytes: bytes + checkpointBytes, unfinished };
}

/** How many records with index 0 each group has. Reads checkpoints too, which verifies them. */
async function countOthers(store: Store): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for await (const item of replay(store, { signal: undefined, refuse: () => undefined })) {
    if (item.type === 'checkpoint') {
      for await (const _ of item.chunks);
    } else if (item.record.index === 0) {
      counts.set(item.record.group, (counts.get(item.record.group) ?? 0) + 1);
    }
  }
  return counts;
}
