import { basename, dirname } from 'node:path';
import type { FileLayer, OpenFile, OpenMode } from '../../src/storage/file.js';

/** The files of one directory, by name, in memory: neither faults nor forgets, and is fast. */
export class MemoryFiles implements FileLayer {
  readonly files: Map<string, Uint8Array>;

  constructor(files: ReadonlyMap<string, Uint8Array> = new Map()) {
    this.files = new Map(files);
  }

  async makeDirectory(): Promise<boolean> {
    return false;
  }

  async list(directory: string): Promise<string[]> {
    return directory === DIRECTORY ? [...this.files.keys()] : [];
  }

  async open(path: string, mode: OpenMode): Promise<OpenFile> {
    const name = this.#name(path);
    if (mode === 'create') this.files.set(name, new Uint8Array(0));
    if (!this.files.has(name)) throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });
    return new MemoryFile(this.files, name);
  }

  async rename(from: string, to: string): Promise<void> {
    this.files.set(this.#name(to), this.files.get(this.#name(from))!);
    this.files.delete(this.#name(from));
  }

  async remove(path: string): Promise<void> {
    this.files.delete(this.#name(path));
  }

  async syncDirectory(): Promise<void> {}

  async lock(): Promise<() => Promise<void>> {
    return async () => {};
  }

  #name(path: string): string {
    if (dirname(path) !== DIRECTORY) throw new Error(`${path} is not in the directory`);
    return basename(path);
  }
}

/** Where the files seem to be. */
export const DIRECTORY = '/journal';

class MemoryFile implements OpenFile {
  readonly #files: Map<string, Uint8Array>;
  readonly #name: string;

  constructor(files: Map<string, Uint8Array>, name: string) {
    this.#files = files;
    this.#name = name;
  }

  get #bytes(): Uint8Array {
    return this.#files.get(this.#name) ?? new Uint8Array(0);
  }

  async read(target: Uint8Array, position: number): Promise<number> {
    const part = this.#bytes.subarray(position, position + target.length);
    target.set(part);
    return part.length;
  }

  async write(source: Uint8Array, position: number): Promise<void> {
    const grown = new Uint8Array(Math.max(this.#bytes.length, position + source.length));
    grown.set(this.#bytes);
    grown.set(source, position);
    this.#files.set(this.#name, grown);
  }

  async truncate(size: number): Promise<void> {
    this.#files.set(this.#name, this.#bytes.slice(0, size));
  }

  async size(): Promise<number> {
    return this.#bytes.length;
  }

  async isLinked(): Promise<boolean> {
    return this.#files.has(this.#name);
  }

  async sync(): Promise<void> {}

  async close(): Promise<void> {}
}
