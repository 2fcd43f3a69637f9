import { constants, open, readdir, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parseCheckpointName } from './checkpoint-file.js';
import { JournalError, missingFile, unusableDirectory } from './errors.js';
import type { FileLayer, OpenFile } from './file-layer.js';
import { BACKUP_NAME, METADATA_NAME } from './metadata.js';
import { readFully } from './node-file-layer.js';
import { segmentBase } from './segment.js';

/** Checkpoints are rare, so that a second attempt nearly always succeeds. */
const ATTEMPTS = 20;

/** What is asked of the system; tests put something between. */
export interface DirectoryAccess {
  list(directory: string): Promise<string[]>;
  open(path: string): Promise<FileHandle>;
  /** Names a file: another one under the same path has another number. Undefined when there is none. */
  inode(path: string): Promise<number | undefined>;
}

const system: DirectoryAccess = {
  list: (directory) => readdir(directory),
  open: (path) => open(path, constants.O_RDONLY),
  inode: async (path) => (await stat(path).catch(() => undefined))?.ino,
};

interface FrozenFile {
  readonly handle: FileHandle;
  readonly size: number;
}

/**
 * The files of a journal as they are at one moment, for reading only: also beside the process that has the journal open.
 * What recovery wants to change is taken note of and not done.
 */
export interface FrozenFiles {
  /** The names of the files of a journal, the one that says whose it is included. */
  readonly names: readonly string[];
  readonly layer: FileLayer;
  /** Bytes at the end of a file that recovery would cut off: what a crash, or a write under way, left. */
  readonly cut: readonly { readonly path: string; readonly offset: number; readonly bytes: number }[];
  close(): Promise<void>;
}

/**
 * Opens the files of a journal as they are at one moment. A journal in use only grows, except when a checkpoint
 * replaces files: whoever has all of them open, and then finds each still in its place and no checkpoint besides, holds
 * what a crash at that moment would have left. Open files stay readable when they are removed later.
 *
 * @throws what the system says; JournalError `journal-directory` when this is no journal, `journal-missing-file` when
 *   what it says whose it is is missing, `journal-locked` when it changes all the time
 */
export async function freeze(directory: string, access: DirectoryAccess = system): Promise<FrozenFiles> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const names = (await access.list(directory)).filter(isOfJournal);
    const files = await openAll(directory, names, access);
    if (files === undefined) continue;
    const frozen = await takeStock(directory, files, access);
    if (frozen !== undefined) {
      await requireMetadata(directory, frozen);
      return frozen;
    }
    await closeAll(files.values());
  }
  const message = `The journal in ${directory} was being changed at each of ${ATTEMPTS} attempts to read it: try again`;
  throw new JournalError('journal-locked', message, { path: directory });
}

function isOfJournal(name: string): boolean {
  const isMetadata = name === METADATA_NAME || name === BACKUP_NAME;
  return isMetadata || segmentBase(name) !== undefined || parseCheckpointName(name) !== undefined;
}

/** Undefined when one went away meanwhile. */
async function openAll(
  directory: string,
  names: readonly string[],
  access: DirectoryAccess,
): Promise<Map<string, FileHandle> | undefined> {
  const files = new Map<string, FileHandle>();
  try {
    for (const name of names) files.set(name, await access.open(join(directory, name)));
    return files;
  } catch (error) {
    await closeAll(files.values());
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The files with their sizes of this moment; undefined when one was replaced or removed, or a checkpoint came. */
async function takeStock(
  directory: string,
  files: ReadonlyMap<string, FileHandle>,
  access: DirectoryAccess,
): Promise<Frozen | undefined> {
  for (const name of await access.list(directory)) {
    if (parseCheckpointName(name) !== undefined && !files.has(name)) return undefined;
  }
  const frozen = new Map<string, FrozenFile>();
  for (const [name, handle] of files) {
    const { ino, size } = await handle.stat();
    if (ino !== (await access.inode(join(directory, name)))) return undefined;
    frozen.set(name, { handle, size });
  }
  return new Frozen(frozen);
}

async function closeAll(files: Iterable<FrozenFile | FileHandle>): Promise<void> {
  await Promise.all(Array.from(files, (file) => ('handle' in file ? file.handle : file).close()));
}

async function requireMetadata(directory: string, frozen: FrozenFiles): Promise<void> {
  const { names } = frozen;
  if (names.includes(METADATA_NAME) || names.includes(BACKUP_NAME)) return;
  await frozen.close();
  if (names.length === 0) throw unusableDirectory(directory, 'it holds no journal; look at the path and the mounts');
  throw missingFile(join(directory, METADATA_NAME), 'it says whose journal the other files here are');
}

class Frozen implements FrozenFiles {
  readonly names: readonly string[];
  readonly cut: { path: string; offset: number; bytes: number }[] = [];
  readonly layer: FileLayer;
  readonly #files: ReadonlyMap<string, FrozenFile>;

  constructor(files: ReadonlyMap<string, FrozenFile>) {
    this.#files = files;
    this.names = [...files.keys()];
    this.layer = {
      makeDirectory: async () => false,
      list: async () => [...this.names],
      open: async (path) => this.#open(path),
      rename: async () => undefined,
      remove: async () => undefined,
      syncDirectory: async () => undefined,
      lock: async () => async () => undefined,
    };
  }

  close(): Promise<void> {
    return closeAll(this.#files.values());
  }

  #open(path: string): OpenFile {
    const file = this.#files.get(basename(path));
    if (file === undefined) throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });
    const { handle, size } = file;
    return {
      read: (target, position) => readFully(handle, target.subarray(0, Math.max(0, size - position)), position),
      write: async () => undefined,
      truncate: async (offset) => void (offset < size && this.cut.push({ path, offset, bytes: size - offset })),
      size: async () => size,
      isLinked: async () => true,
      sync: async () => undefined,
      close: async () => undefined,
    };
  }
}
