import { dirname, join, resolve } from 'node:path';
import { isQuorateError } from '../../core/index.js';
import { parseCheckpointName } from './checkpoint-file.js';
import { corruption, unusableDirectory } from './errors.js';
import { FileJournal } from './file-journal.js';
import type { FileLayer } from './file-layer.js';
import { checkMetadata, createMetadata, METADATA_NAME, TEMPORARY_SUFFIX } from './metadata.js';
import type { JournalIdentity } from './metadata.js';
import { checkFileJournalOptions } from './options.js';
import type { FileJournalOptions } from './options.js';
import { recover } from './recovery.js';
import { segmentBase } from './segment.js';
import { Store } from './store.js';

/**
 * Opens the journal in a directory, which is created when it is missing, and recovers from whatever happened to the
 * process that had it before: what a crash left of the last write is cut off, unfinished files are removed.
 *
 * O(bytes of the segments): all of them are read and verified.
 *
 * @throws (as rejections) InvalidOptionError; JournalError with code `journal-locked`, `journal-mismatch`,
 *   `journal-corrupt` or `journal-directory`
 */
export async function openFileJournal(options: FileJournalOptions): Promise<FileJournal> {
  const checked = checkFileJournalOptions(options);
  const directory = resolve(checked.directory);
  const layer = checked.fileLayer;
  await usingDirectory(directory, () => layer.makeDirectory(directory));
  const unlock = await usingDirectory(directory, () => layer.lock(directory));
  try {
    const store = await usingDirectory(directory, () => openStore(layer, directory, checked));
    return new FileJournal(store, checked, unlock);
  } catch (error) {
    await unlock();
    throw error;
  }
}

async function openStore(layer: FileLayer, directory: string, identity: JournalIdentity): Promise<Store> {
  const names: string[] = [];
  for (const name of await layer.list(directory)) {
    if (!isOurs(name.replace(TEMPORARY_SUFFIX, ''))) continue;
    if (name.endsWith(TEMPORARY_SUFFIX)) await layer.remove(join(directory, name));
    else names.push(name);
  }
  const store = new Store(layer, directory, await identify(layer, directory, identity, names));
  try {
    await recover(store, names);
    return store;
  } catch (error) {
    await store.closeFiles();
    throw error;
  }
}

/** Everything else in the directory is left alone. */
function isOurs(name: string): boolean {
  return name === METADATA_NAME || segmentBase(name) !== undefined || parseCheckpointName(name) !== undefined;
}

async function identify(
  layer: FileLayer,
  directory: string,
  identity: JournalIdentity,
  names: readonly string[],
): Promise<number> {
  if (names.includes(METADATA_NAME)) return checkMetadata(layer, directory, identity);
  if (names.length > 0) throw corruption(join(directory, METADATA_NAME), 0, 'the file is missing');
  // The directory may be new, here or in a process that died before this line.
  await layer.syncDirectory(dirname(directory), 'journal-parent');
  return createMetadata(layer, directory, identity);
}

async function usingDirectory<T>(directory: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    if (isQuorateError(error)) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw unusableDirectory(directory, REASONS[code ?? ''] ?? message ?? String(error), error);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'its parent does not exist; create it, or mount what should be there',
  ENOTDIR: 'it, or something above it, is not a directory',
  EEXIST: 'it is not a directory',
  EACCES: 'this process may not write there; give it permission, or choose another directory',
  EROFS: 'its file system is read-only; mount it writable, or choose another directory',
};
