import { dirname, join, resolve } from 'node:path';
import { parseCheckpointName } from './checkpoint-file.js';
import { JournalError, missingFile } from './errors.js';
import { FileJournal } from './file-journal.js';
import type { FileLayer } from './file-layer.js';
import {
  BACKUP_NAME,
  checkOwner,
  type JournalIdentity,
  type Metadata,
  METADATA_NAME,
  newMetadata,
  readMetadata,
  TEMPORARY_SUFFIX,
  writeMetadata,
} from './metadata.js';
import { checkFileJournalOptions } from './options.js';
import type { FileJournalOptions } from './options.js';
import { recover } from './recovery.js';
import { segmentBase } from './segment.js';
import { Store } from './store.js';
import { openFailure } from './system-failure.js';

/**
 * Opens the journal in a directory, which is created when it is missing, and recovers from whatever happened to the
 * process that had it before: what a crash left of the last write is cut off, unfinished files are removed.
 *
 * O(bytes of the segments): all of them are read and verified.
 *
 * @throws (as rejections) InvalidOptionError; JournalError with code `journal-locked`, `journal-mismatch`,
 *   `journal-backup`, `journal-corrupt`, `journal-missing-file`, `journal-directory`, `journal-permission`, `journal-full`
 *   or `journal-failed`
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
    if (name === BACKUP_NAME) throw backupOpened(directory);
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
): Promise<Metadata> {
  const path = join(directory, METADATA_NAME);
  if (names.includes(METADATA_NAME)) {
    const metadata = await readMetadata(layer, path);
    checkOwner(path, metadata, identity);
    return metadata;
  }
  if (names.length > 0) throw missingFile(path, 'it says whose journal the other files here are');
  // The directory may be new, here or in a process that died before this line.
  await layer.syncDirectory(dirname(directory), 'journal-parent');
  const metadata = newMetadata(identity);
  await writeMetadata(layer, path, metadata);
  return metadata;
}

function backupOpened(directory: string): JournalError {
  const message =
    `${directory} is a backup of a journal, and no member may be started on one: it has forgotten what was acknowledged ` +
    'since. Found a new cluster with it by quorate journal restore';
  return new JournalError('journal-backup', message, { path: directory });
}

async function usingDirectory<T>(directory: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    throw openFailure(directory, error);
  }
}
