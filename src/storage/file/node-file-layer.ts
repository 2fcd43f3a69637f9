import { constants, fstatSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { FileLayer, OpenFile, OpenMode } from './file-layer.js';
import { lockDirectory } from './lock.js';
import { writeAll } from './write-all.js';

const { O_CREAT, O_DSYNC, O_RDONLY, O_RDWR, O_TRUNC } = constants;
const FLAGS: Readonly<Record<OpenMode, number>> = {
  create: O_RDWR | O_CREAT | O_TRUNC,
  read: O_RDONLY,
  update: O_RDWR,
};

/**
 * On Linux a file can be opened so that a write returns when it is durable: one call for a thread instead of two. On
 * macOS that flag does not reach beyond the cache of the disk, and a sync does.
 */
const SYNC_FLAG = process.platform === 'linux' ? O_DSYNC : 0;

/** The file system of the machine, through `node:fs`. POSIX only: Windows cannot sync a directory. */
export const nodeFileLayer: FileLayer = {
  async makeDirectory(path) {
    try {
      await mkdir(path);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    }
  },
  list: (directory) => readdir(directory),
  async open(path, mode, writesSync = false) {
    const flag = writesSync ? SYNC_FLAG : 0;
    return new NodeFile(await open(path, FLAGS[mode] | flag), flag !== 0);
  },
  rename: (from, to) => rename(from, to),
  remove: (path) => rm(path, { force: true }),
  async syncDirectory(path) {
    const handle = await open(path, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
  lock: (directory) => lockDirectory(directory),
};

/** Reads from `position` until `target` is full or the file ends; resolves to how many bytes were read. */
export async function readFully(handle: FileHandle, target: Uint8Array, position: number): Promise<number> {
  let done = 0;
  while (done < target.length) {
    const { bytesRead } = await handle.read(target, done, target.length - done, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}

class NodeFile implements OpenFile {
  readonly #handle: FileHandle;
  /** Whether a write is durable when it returns. */
  readonly #writesSync: boolean;
  /** Whether something may not be durable yet; at first what an earlier process has written and not synced. */
  #dirty = true;

  constructor(handle: FileHandle, writesSync: boolean) {
    this.#handle = handle;
    this.#writesSync = writesSync;
  }

  read(target: Uint8Array, position: number): Promise<number> {
    return readFully(this.#handle, target, position);
  }

  write(source: Uint8Array, position: number): Promise<void> {
    this.#dirty ||= !this.#writesSync;
    return writeAll((...part) => this.#handle.write(...part), source, position);
  }

  truncate(size: number): Promise<void> {
    this.#dirty = true;
    return this.#handle.truncate(size);
  }

  async size(): Promise<number> {
    return (await this.#handle.stat()).size;
  }

  // Synchronous: it reads what the kernel has in memory, in a microsecond, and a thread would cost fifty for each commit.
  async isLinked(): Promise<boolean> {
    return fstatSync(this.#handle.fd).nlink > 0;
  }

  // fdatasync suffices: it covers the size, and no other property of a file is ever read.
  async sync(): Promise<void> {
    if (!this.#dirty) return;
    await this.#handle.datasync();
    this.#dirty = false;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}
