import type { JournalError } from './errors.js';
import type { FileLayer } from './file-layer.js';
import { GroupState } from './group-state.js';
import type { Metadata } from './metadata.js';
import type { Segment } from './segment.js';
import { writeFailure } from './system-failure.js';

/** What the parts of an open file journal share. */
export class Store {
  readonly layer: FileLayer;
  readonly directory: string;
  /** Whose journal it is, and what else the file of that name says. */
  readonly metadata: Metadata;
  /** In order, without gaps. Frames are added to the last one unless that is a stub. */
  readonly segments: Segment[] = [];
  readonly groups = new Map<string, GroupState>();
  #failure: JournalError | undefined;

  constructor(layer: FileLayer, directory: string, metadata: Metadata) {
    this.layer = layer;
    this.directory = directory;
    this.metadata = metadata;
  }

  /** Begins every checksum. */
  get salt(): number {
    return this.metadata.salt;
  }

  /** The error that poisoned the journal, when one did. */
  get failure(): JournalError | undefined {
    return this.#failure;
  }

  /** Position behind the last durable frame. */
  get end(): number {
    return this.segments.at(-1)?.end ?? 0;
  }

  /** The state of a group, made when there is none. */
  group(name: string): GroupState {
    const known = this.groups.get(name);
    if (known !== undefined) return known;
    const group = new GroupState(name);
    this.groups.set(name, group);
    return group;
  }

  /** The metadata with the checkpoints that the groups have now. */
  currentMetadata(): Metadata {
    const known = [...this.groups.values()].flatMap(({ name, checkpoint }): [string, number][] =>
      checkpoint === undefined ? [] : [[name, checkpoint.facts.sequence]],
    );
    return { ...this.metadata, checkpoints: Object.fromEntries(known) };
  }

  /** The segment that holds a position. O(log n). */
  segmentAt(position: number): Segment | undefined {
    let low = 0;
    let high = this.segments.length;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if ((this.segments[middle] as Segment).base <= position) low = middle;
      else high = middle;
    }
    return this.segments[low];
  }

  /** Poisons the journal; the first failure stays. @param path - what was being changed */
  fail(cause: unknown, path = this.directory): JournalError {
    this.#failure ??= writeFailure(path, cause);
    return this.#failure;
  }

  /** Runs what changes files, `path` above all; a failure poisons the journal. */
  async change<T>(operation: () => Promise<T>, path = this.directory): Promise<T> {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      return await operation();
    } catch (error) {
      throw this.fail(error, path);
    }
  }

  /** Closes all files; errors of that are of no use to anybody any more. */
  async closeFiles(): Promise<void> {
    const files = this.segments.map((segment) => segment.shared);
    for (const group of this.groups.values()) {
      if (group.checkpoint !== undefined) files.push(group.checkpoint.shared);
    }
    await Promise.allSettled(files.map((file) => file.release()));
  }
}
