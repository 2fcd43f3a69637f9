import { rmdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { NodeId, ReplayItem } from '../../core/index.js';
import { corruption, unusableDirectory } from './errors.js';
import type { OpenFile } from './file-layer.js';
import { inspectFileJournal, type JournalReport, openFrozenJournal, report, withFrozenJournal } from './inspect.js';
import { BACKUP_NAME, writeMetadata } from './metadata.js';
import { nodeFileLayer } from './node-file-layer.js';
import { replay } from './replay.js';
import type { Store } from './store.js';
import { openFailure } from './system-failure.js';

const COPY_BYTES = 1024 * 1024;

/**
 * Copies a journal, closed or in use, to a new directory: everything that was acknowledged when the call began, and
 * perhaps some of what came since. Whole records only. The copy is synced, then read back and compared, and gets the
 * file that makes it a backup last: an interrupted one is none.
 *
 * No journal can be opened on a backup, because a member that is started on an older copy has forgotten what it voted
 * and acknowledged.
 *
 * @param directory - of the journal
 * @param target - of the backup; must not exist or be empty, and its parent must exist
 * @returns what the backup holds
 * @throws (as rejections) JournalError: what {@link inspectFileJournal} throws for a damaged journal;
 *   `journal-directory`, `journal-full`, `journal-permission` or `journal-failed` when the target cannot be written
 */
export async function backupFileJournal(directory: string, target: string): Promise<JournalReport> {
  const to = resolve(target);
  return withFrozenJournal(resolve(directory), async (store, files) => {
    if (store.metadata.takenAt !== undefined) {
      throw unusableDirectory(store.directory, 'it is a backup itself; copy it as any directory');
    }
    const expected = await report(store, files);
    const created = await makeEmpty(to);
    try {
      await copyJournal(store, to);
      const found = await inspectFileJournal(to);
      if (JSON.stringify(found.groups) === JSON.stringify(expected.groups)) return found;
      throw corruption(to, 0, 'it does not read back as what was copied there');
    } catch (error) {
      await removeCopy(to, created);
      throw openFailure(to, error);
    }
  });
}

/** A backup that is open for reading. */
export interface JournalBackup extends AsyncDisposable {
  /** Of which cluster the journal was. */
  readonly cluster: string;
  /** Whose journal it was. */
  readonly node: NodeId;
  /** When it was taken, as an ISO date, by the clock of that machine. */
  readonly takenAt: string;
  /** Everything in it, as `replay` of the journal would have streamed it. May be called again. */
  replay(): AsyncIterable<ReplayItem>;
  /** Closes its files. Not while a replay is under way. */
  close(): Promise<void>;
}

/**
 * Opens a backup for reading, after its segments were verified.
 *
 * @throws (as rejections) what {@link inspectFileJournal} throws; JournalError `journal-directory` when it is no backup
 */
export async function openJournalBackup(directory: string): Promise<JournalBackup> {
  const path = resolve(directory);
  const { store, files } = await openFrozenJournal(path);
  const { cluster, node, takenAt } = store.metadata;
  const close = (): Promise<void> => files.close();
  if (takenAt === undefined) {
    await close();
    throw unusableDirectory(path, 'it is a journal and no backup; take one by quorate journal backup');
  }
  return {
    ...{ cluster, node, takenAt, close },
    replay: () => replay(store, { signal: undefined, refuse: () => undefined }),
    [Symbol.asyncDispose]: close,
  };
}

/** Makes sure of an empty directory; resolves to whether it is new. */
async function makeEmpty(directory: string): Promise<boolean> {
  try {
    const created = await nodeFileLayer.makeDirectory(directory);
    if (!created && (await nodeFileLayer.list(directory)).length > 0) {
      throw unusableDirectory(directory, 'it is not empty; choose a new one for each backup');
    }
    return created;
  } catch (error) {
    throw openFailure(directory, error);
  }
}

async function removeCopy(directory: string, created: boolean): Promise<void> {
  const names = await nodeFileLayer.list(directory);
  for (const name of names) await nodeFileLayer.remove(join(directory, name));
  if (created) await rmdir(directory);
}

async function copyJournal(store: Store, to: string): Promise<void> {
  const files = store.segments
    .filter((segment) => segment.stub || segment.end > segment.base)
    .map(({ path, file, fileBytes }) => ({ path, file, bytes: fileBytes }));
  for (const { checkpoint } of store.groups.values()) {
    if (checkpoint === undefined) continue;
    const { path, shared } = checkpoint;
    files.push({ path, file: shared.file, bytes: await shared.file.size() });
  }
  for (const { path, file, bytes } of files) await copyFile(file, bytes, join(to, basename(path)));
  const metadata = { ...store.currentMetadata(), takenAt: new Date().toISOString() };
  await writeMetadata(nodeFileLayer, join(to, BACKUP_NAME), metadata);
  for (const directory of [to, dirname(to)]) await nodeFileLayer.syncDirectory(directory, 'segment-directory');
}

async function copyFile(from: OpenFile, bytes: number, path: string): Promise<void> {
  const file = await nodeFileLayer.open(path, 'create');
  try {
    const chunk = Buffer.allocUnsafeSlow(Math.min(COPY_BYTES, bytes));
    for (let offset = 0; offset < bytes; offset += chunk.length) {
      const part = chunk.subarray(0, bytes - offset);
      if ((await from.read(part, offset)) < part.length) throw corruption(path, offset, 'its source became shorter');
      await file.write(part, offset);
    }
    await file.sync('segment-data');
  } finally {
    await file.close();
  }
}
