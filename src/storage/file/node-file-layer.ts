import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { FileLayer, OpenFile, OpenMode } from './file-layer.js';
import { lockDirectory } from './lock.js';
import { writeAll } from './write-all.js';

const FLAGS = { create: 'w+', read: 'r', update: 'r+' } as const satisfies Record<OpenMode, string>;

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
  open: async (path, mode) => new NodeFile(await open(path, FLAGS[mode])),
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

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  read(target: Uint8Array, position: number): Promise<number> {
    return readFully(this.#handle, target, position);
  }

  write(source: Uint8Array, position: number): Promise<void> {
    return writeAll((...part) => this.#handle.write(...part), source, position);
  }

  truncate(size: number): Promise<void> {
    return this.#handle.truncate(size);
  }

  async size(): Promise<number> {
    return (await this.#handle.stat()).size;
  }

  async isLinked(): Promise<boolean> {
    return (await this.#handle.stat()).nlink > 0;
  }

  // fdatasync suffices: it covers the size, and no other property of a file is ever read.
  sync(): Promise<void> {
    return this.#handle.datasync();
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}
