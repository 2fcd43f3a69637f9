import { dirname, basename } from 'node:path';
import { JournalError } from '../../src/storage/file.js';
import type { FileLayer, OpenFile, OpenMode, SyncPurpose } from '../../src/storage/file.js';

const SECTOR = 512;
const PAGE = 4096;

interface MemoryFile {
  readonly type: 'file';
  /** What reads see: the cache. */
  visible: Buffer;
  /** What the disk holds. */
  durable: Buffer;
  /** The content after each operation since the last sync. */
  versions: Buffer[];
  /** Pages that a sync would write. */
  dirty: Set<number>;
}

interface MemoryDirectory {
  readonly type: 'directory';
  visible: Map<string, Node>;
  durable: Map<string, Node>;
  /** Changes of names since the last sync; each happens as a whole or not at all. */
  pending: ((names: Map<string, Node>) => void)[];
}

type Node = MemoryFile | MemoryDirectory;

/** What else there is to know of an operation. */
interface Operation {
  /** The process that does it. */
  readonly process?: number;
  readonly needsSpace?: boolean;
  /** What a part of it does. */
  readonly partly?: () => void;
  /** What it does to what is there when it fails. */
  readonly onFailure?: () => unknown;
}

const NEEDS_SPACE: Operation = { needsSpace: true };

/**
 * What an operation does when it is hit by a fault:
 *
 * - `crash`: the process dies, before or after it;
 * - `fail`: it reports a failure, and may have happened all the same;
 * - `short`: a write puts down some of its bytes and reports a failure; another operation fails without effect;
 * - `full`: from here on nothing that needs space succeeds, and a write puts down some of its bytes.
 */
export type Fault = 'crash' | 'fail' | 'short' | 'full';

/**
 * A file system in memory that forgets on `powerLoss` what was not synced: any subset of the changed names and of the
 * changed sectors survives, and a file may have any size between the old and the new one. All of it is drawn from
 * `random`, so a seed tells the whole story. All paths are absolute; `/` exists.
 */
export class ForgetfulFileLayer implements FileLayer {
  /** Syncs with this purpose do nothing. */
  ignored: SyncPurpose | undefined;
  /** The fault that meets the operation with this number (see `operations`). */
  fault: { readonly kind: Fault; readonly at: number } | undefined;
  /** Operations so far that change or sync something. */
  operations = 0;
  /** Syncs that were made, in order. */
  readonly syncs: SyncPurpose[] = [];
  readonly #random: () => number;
  readonly #root: MemoryDirectory = newDirectory();
  /** Grows when the process dies: what it had open is of no use any more. */
  #process = 0;
  #crashed = false;
  #hit = false;
  readonly #locks = new Set<string>();

  constructor(random: () => number) {
    this.#random = random;
  }

  /** Whether the crash that was asked for has happened. */
  get crashed(): boolean {
    return this.#crashed;
  }

  /** Whether the fault has met an operation. */
  get hit(): boolean {
    return this.#hit;
  }

  /** The process dies; the caches of the system live on. */
  killProcess(): void {
    this.#process += 1;
    this.#crashed = false;
    this.#hit = false;
    this.fault = undefined;
    this.#locks.clear();
  }

  /** The machine dies: what was not synced is lost, or part of it. */
  powerLoss(): void {
    this.killProcess();
    this.#forget(this.#root);
  }

  /** The content of a file as reads see it, to look at or to damage. */
  content(path: string): Buffer {
    return this.#file(path).visible;
  }

  /** Replaces the content of a file, cache and disk. */
  damage(path: string, content: Buffer): void {
    const file = this.#file(path);
    file.visible = Buffer.from(content);
    file.durable = Buffer.from(content);
    file.versions = [];
  }

  async makeDirectory(path: string): Promise<boolean> {
    return this.#operate(() => {
      const parent = this.#directory(dirname(path));
      if (parent.visible.has(basename(path))) return false;
      const directory = newDirectory();
      change(parent, (names) => names.set(basename(path), directory));
      return true;
    }, NEEDS_SPACE);
  }

  async list(directory: string): Promise<string[]> {
    return [...this.#directory(directory).visible.keys()];
  }

  async open(path: string, mode: OpenMode): Promise<OpenFile> {
    const parent = this.#directory(dirname(path));
    const name = basename(path);
    if (mode === 'create') {
      await this.#operate(() => {
        const file: MemoryFile = { type: 'file', ...emptyContent() };
        change(parent, (names) => names.set(name, file));
      }, NEEDS_SPACE);
    }
    return this.#opened(this.#file(path), this.#process);
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#operate(() => {
      const directory = this.#directory(dirname(from));
      const node = directory.visible.get(basename(from));
      if (node === undefined) throw systemError('ENOENT', from);
      change(directory, (names) => {
        names.delete(basename(from));
        names.set(basename(to), node);
      });
    });
  }

  async remove(path: string): Promise<void> {
    await this.#operate(() => change(this.#directory(dirname(path)), (names) => names.delete(basename(path))));
  }

  async syncDirectory(path: string, purpose: SyncPurpose): Promise<void> {
    await this.#sync(purpose, () => {
      const directory = this.#directory(path);
      directory.durable = new Map(directory.visible);
      directory.pending = [];
    });
  }

  async lock(directory: string): Promise<() => Promise<void>> {
    if (this.#locks.has(directory)) throw new JournalError('journal-locked', 'held', { path: directory });
    this.#locks.add(directory);
    const process = this.#process;
    return async () => void (process === this.#process && this.#locks.delete(directory));
  }

  #opened(file: MemoryFile, process: number): OpenFile {
    const put = (content: Buffer, from: number, to: number): void => {
      file.visible = content;
      file.versions.push(content);
      for (let page = Math.floor(from / PAGE); page * PAGE < to; page += 1) file.dirty.add(page);
    };
    const write = (source: Uint8Array, position: number): void =>
      put(overwrite(file.visible, position, source), position, position + source.length);
    return {
      read: async (target, position) => file.visible.copy(target, 0, Math.min(position, file.visible.length)),
      write: (source, position) =>
        this.#operate(() => write(source, position), {
          process,
          needsSpace: position + source.length > file.visible.length,
          partly: () => write(source.subarray(0, Math.floor(this.#random() * source.length)), position),
        }),
      truncate: (size) => this.#operate(() => put(resize(file.visible, size), size, size + 1), { process }),
      size: async () => file.visible.length,
      isLinked: async () => true,
      sync: (purpose) => this.#sync(purpose, () => syncFile(file), file),
      close: async () => undefined,
    };
  }

  async #sync(purpose: SyncPurpose, effect: () => void, file?: MemoryFile): Promise<void> {
    this.syncs.push(purpose);
    await this.#operate(
      () => {
        if (purpose !== this.ignored) effect();
      },
      {
        // As Linux does it: after a failed fsync the pages count as clean, and no later one writes them.
        onFailure: () => file !== undefined && ((file.versions = []), file.dirty.clear()),
      },
    );
  }

  async #operate<T>(effect: () => T, how: Operation = {}): Promise<T> {
    const { process = this.#process, needsSpace = false, partly, onFailure } = how;
    for (let turns = Math.floor(this.#random() * 4); turns > 0; turns -= 1) await Promise.resolve();
    if (this.#crashed || process !== this.#process) throw systemError('EIO', 'the process is dead');
    this.operations += 1;
    if (!this.#isMet(needsSpace)) return effect();
    this.#hit = true;
    switch (this.fault?.kind) {
      case 'crash':
        this.#crashed = true;
        if (this.#random() < 0.5) effect();
        throw systemError('EIO', 'the process is dead');
      case 'fail':
        if (onFailure !== undefined) onFailure();
        else if (this.#random() < 0.5) effect();
        break;
      default:
        (partly ?? onFailure)?.();
    }
    throw systemError('ENOSPC', 'no space left');
  }

  #isMet(needsSpace: boolean): boolean {
    if (this.fault === undefined) return false;
    const { kind, at } = this.fault;
    return kind === 'full' ? needsSpace && this.operations >= at : this.operations === at;
  }

  #forget(node: Node): void {
    const keep = [0, 1, 0.5, 0.8][Math.floor(this.#random() * 4)] as number;
    const survives = (): boolean => this.#random() < keep;
    if (node.type === 'file') return forgetFile(node, survives, this.#random);
    for (const operation of node.pending) if (survives()) operation(node.durable);
    node.pending = [];
    node.visible = new Map(node.durable);
    for (const child of node.visible.values()) this.#forget(child);
  }

  #directory(path: string): MemoryDirectory {
    let node: Node | undefined = this.#root;
    for (const name of path.split('/').filter((part) => part !== '')) {
      if (node?.type !== 'directory') throw systemError('ENOTDIR', path);
      node = node.visible.get(name);
    }
    if (node?.type !== 'directory') throw systemError('ENOENT', path);
    return node;
  }

  #file(path: string): MemoryFile {
    const node = this.#directory(dirname(path)).visible.get(basename(path));
    if (node?.type !== 'file') throw systemError('ENOENT', path);
    return node;
  }
}

function change(directory: MemoryDirectory, operation: (names: Map<string, Node>) => void): void {
  operation(directory.visible);
  directory.pending.push(operation);
}

/** Writes the dirty pages: those that an earlier failed sync declared clean stay lost. */
function syncFile(file: MemoryFile): void {
  let durable = resize(file.durable, file.visible.length);
  for (const page of file.dirty) {
    durable = overwrite(durable, page * PAGE, file.visible.subarray(page * PAGE, (page + 1) * PAGE));
  }
  file.durable = durable;
  file.versions = [];
  file.dirty.clear();
}

/** Each sector is as it was after any one of the operations since the last sync. */
function forgetFile(file: MemoryFile, survives: () => boolean, random: () => number): void {
  const versions = [file.durable, ...file.versions];
  const newest = file.versions.at(-1) ?? file.durable;
  const pick = (): Buffer => (survives() ? newest : (versions[Math.floor(random() * versions.length)] as Buffer));
  const sizes = [file.durable.length, newest.length].sort((a, b) => a - b) as [number, number];
  let size = pick().length;
  if (random() < 0.3) size = sizes[0] + Math.floor(random() * (sizes[1] - sizes[0]));
  const content = Buffer.alloc(size);
  for (let at = 0; at < size; at += SECTOR) content.set(pick().subarray(at, Math.min(at + SECTOR, size)), at);
  file.durable = content;
  file.visible = content;
  file.versions = [];
  file.dirty.clear();
}

function overwrite(old: Buffer, position: number, source: Uint8Array): Buffer {
  const content = Buffer.alloc(Math.max(old.length, position + source.length));
  old.copy(content);
  content.set(source, position);
  return content;
}

function resize(old: Buffer, size: number): Buffer {
  const content = Buffer.alloc(size);
  old.copy(content);
  return content;
}

const newDirectory = (): MemoryDirectory => ({
  type: 'directory',
  visible: new Map(),
  durable: new Map(),
  pending: [],
});

const emptyContent = (): Omit<MemoryFile, 'type'> => ({
  visible: Buffer.alloc(0),
  durable: Buffer.alloc(0),
  versions: [],
  dirty: new Set(),
});

function systemError(code: string, message: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${message}`), { code });
}
