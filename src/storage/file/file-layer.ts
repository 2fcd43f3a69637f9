/**
 * Why a sync is made: one name for each place in the journal that makes one. Tests switch off one purpose at a time and
 * require that a crash then loses something, so that no sync is there in vain and none can be forgotten.
 */
export type SyncPurpose =
  | 'journal-parent'
  | 'metadata-file'
  | 'recovered-directory'
  | 'recovered-tail'
  | 'segment-data'
  | 'segment-directory'
  | 'checkpoint-file'
  | 'checkpoint-directory'
  | 'stub-file'
  | 'stub-directory';

/** How {@link FileLayer.open} opens: `create` empties a file that exists, the others want it to be there. */
export type OpenMode = 'create' | 'read' | 'update';

/** An open file of a {@link FileLayer}. */
export interface OpenFile {
  /** Reads from `position` until `target` is full or the file ends; resolves to how many bytes were read. */
  read(target: Uint8Array, position: number): Promise<number>;
  /** Writes all of `source` at `position`. Not durable before {@link OpenFile.sync}. */
  write(source: Uint8Array, position: number): Promise<void>;
  /** Cuts the file to `size` bytes. Not durable before {@link OpenFile.sync}. */
  truncate(size: number): Promise<void>;
  /** The size in bytes. */
  size(): Promise<number>;
  /** Whether the file has a name still: writes to one that was removed are lost with the last of its users. */
  isLinked(): Promise<boolean>;
  /** Resolves when the content and the size of the file are durable. Its directory entry need not be. */
  sync(purpose: SyncPurpose): Promise<void>;
  /** Gives the file free. What was not synced may be lost. */
  close(): Promise<void>;
}

/**
 * The few operations of a file system that the file journal uses. The default is the real one; tests pass one that
 * fails, counts, or forgets what was not synced. Errors carry the `code` of Node's system errors (`ENOENT`, ...).
 */
export interface FileLayer {
  /** Creates one directory; resolves to false when it exists. Its parent must exist. */
  makeDirectory(path: string): Promise<boolean>;
  /** The names in a directory, in any order. */
  list(directory: string): Promise<string[]>;
  /**
   * Opens a file.
   *
   * @param writesSync - a hint: each write will be synced at once, so that one that is durable by itself costs less.
   * {@link OpenFile.sync} is called all the same.
   */
  open(path: string, mode: OpenMode, writesSync?: boolean): Promise<OpenFile>;
  /** Atomically gives a file another name; a file that had it is replaced. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file. */
  remove(path: string): Promise<void>;
  /** Resolves when the names in the directory (created, renamed, removed) are durable. */
  syncDirectory(path: string, purpose: SyncPurpose): Promise<void>;
  /**
   * Takes the directory for this journal alone and resolves to the function that gives it back. The end of the process
   * gives it back too, however it ends.
   *
   * @throws JournalError with code `journal-locked` when another journal holds it
   */
  lock(directory: string): Promise<() => Promise<void>>;
}
