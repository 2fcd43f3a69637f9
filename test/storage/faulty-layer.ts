import type { FileLayer, OpenFile } from '../../src/storage/file.js';

/** What a test puts in the place of operations; the others go through. */
export interface Faults {
  /** `growth`: by how many bytes the file would become larger. */
  readonly write?: (source: Uint8Array, put: (part: Uint8Array) => Promise<void>, growth: number) => Promise<void>;
  readonly sync?: (sync: () => Promise<void>) => Promise<void>;
  readonly open?: () => Promise<void>;
}

/** A file layer over another one, with faults that may be exchanged at any time. */
export function faultyLayer(under: FileLayer, faults: Faults): FileLayer {
  const wrap = (file: OpenFile): OpenFile => ({
    read: (target, position) => file.read(target, position),
    write: async (source, position) => {
      const put = (part: Uint8Array): Promise<void> => file.write(part, position);
      if (faults.write === undefined) return put(source);
      return faults.write(source, put, Math.max(0, position + source.length - (await file.size())));
    },
    truncate: (size) => file.truncate(size),
    size: () => file.size(),
    isLinked: () => file.isLinked(),
    sync: (purpose) => {
      const sync = (): Promise<void> => file.sync(purpose);
      return faults.sync === undefined ? sync() : faults.sync(sync);
    },
    close: () => file.close(),
  });
  return {
    makeDirectory: (path) => under.makeDirectory(path),
    list: (directory) => under.list(directory),
    open: async (path, mode) => {
      await faults.open?.();
      return wrap(await under.open(path, mode));
    },
    rename: (from, to) => under.rename(from, to),
    remove: (path) => under.remove(path),
    syncDirectory: (path, purpose) => under.syncDirectory(path, purpose),
    lock: (directory) => under.lock(directory),
  };
}

/** What the system says, as Node passes it on. */
export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: as injected`), { code });
}
