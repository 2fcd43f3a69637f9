import { join } from 'node:path';
import type { CheckpointOptions } from '../../core/index.js';
import { nextAfterCheckpoint } from '../check-records.js';
import type { BatchWriter } from './batch-writer.js';
import { CheckpointDataWriter, CheckpointFile, checkpointPath } from './checkpoint-file.js';
import type { CheckpointFacts } from './checkpoint-file.js';
import type { OpenFile } from './file-layer.js';
import type { GroupState } from './group-state.js';
import { METADATA_NAME, TEMPORARY_SUFFIX, writeMetadata } from './metadata.js';
import { reclaim } from './reclaim.js';
import type { Store } from './store.js';

/** What a checkpoint is to say, as far as it is known at the call. */
interface Plan {
  readonly group: GroupState;
  readonly options: CheckpointOptions;
  readonly sequence: number;
  /** Position behind the last record that had been appended. */
  readonly boundary: number;
  /** The highest index that the next entry may have, as far as the entries before the boundary tell. */
  readonly next: number;
}

/** Writes checkpoints and frees what they supersede. */
export class CheckpointWriter {
  readonly #store: Store;
  readonly #batches: BatchWriter;
  readonly #running = new Set<Promise<void>>();
  /** One for each running checkpoint: makes it stop waiting for its source. */
  readonly #stops = new Set<(reason: Error) => void>();
  /** Why no checkpoint may wait for its source any more. */
  #stopped: Error | undefined;
  /** Freeing space rewrites the metadata and rearranges the list of segments: one at a time. */
  #reclaiming: Promise<void> = Promise.resolve();

  constructor(store: Store, batches: BatchWriter) {
    this.#store = store;
    this.#batches = batches;
  }

  /** Carries out `checkpoint` of a journal for arguments that were checked. */
  write(group: GroupState, chunks: AsyncIterable<Uint8Array>, options: CheckpointOptions): Promise<void> {
    const plan: Plan = {
      group,
      options,
      sequence: (group.checkpoint?.facts.sequence ?? 0) + 1,
      boundary: this.#batches.end,
      next: nextAfterCheckpoint(group.next, options.keepFrom),
    };
    const running = this.#write(plan, chunks).finally(() => this.#running.delete(running));
    this.#running.add(running);
    return running;
  }

  /** Ends what still waits for its source, and resolves when no checkpoint is under way. */
  async stop(reason: Error): Promise<void> {
    this.#stopped = reason;
    for (const stop of this.#stops) stop(reason);
    await Promise.allSettled(this.#running);
  }

  async #write(plan: Plan, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const store = this.#store;
    const path = checkpointPath(store.directory, plan.group.name, plan.sequence);
    const file = await store.change(() => store.layer.open(path + TEMPORARY_SUFFIX, 'create'));
    let old: CheckpointFile | undefined;
    try {
      const facts = await this.#fill(file, plan, chunks);
      const checkpoint = new CheckpointFile(path, facts, file);
      old = await store.change(() => this.#commit(plan.group, checkpoint, plan.options.keepFrom), path);
    } catch (error) {
      // Nothing has changed unless the journal is poisoned; then opening it anew tells.
      await Promise.allSettled([file.close(), store.layer.remove(path + TEMPORARY_SUFFIX)]);
      throw error;
    }
    await this.#reclaim(old);
  }

  /** Writes and syncs all of the file but its final name. */
  async #fill(file: OpenFile, plan: Plan, chunks: AsyncIterable<Uint8Array>): Promise<CheckpointFacts> {
    const data = new CheckpointDataWriter(file);
    await this.#copy(chunks, (chunk) => this.#store.change(() => data.write(chunk)));
    // What was appended before the call is spoken of as durable from now on.
    await this.#batches.drained(plan.boundary);
    return this.#store.change(async () => {
      const facts = await data.finish(factsOf(plan));
      await file.sync('checkpoint-file');
      return facts;
    });
  }

  async #copy(chunks: AsyncIterable<Uint8Array>, write: (chunk: Uint8Array) => Promise<void>): Promise<void> {
    const iterator = chunks[Symbol.asyncIterator]();
    let stop: (reason: Error) => void = () => undefined;
    const stopped = new Promise<never>((_, reject) => (stop = reject));
    stopped.catch(() => undefined);
    this.#stops.add(stop);
    if (this.#stopped !== undefined) stop(this.#stopped);
    try {
      for (;;) {
        const next = await Promise.race([iterator.next(), stopped]);
        if (next.done === true) return;
        await write(next.value);
      }
    } catch (error) {
      // Not awaited: a source that hangs does not answer this either.
      void Promise.resolve(iterator.return?.()).catch(() => undefined);
      throw error;
    } finally {
      this.#stops.delete(stop);
    }
  }

  /** Makes the checkpoint the one that counts; returns the one that it supersedes. */
  async #commit(group: GroupState, checkpoint: CheckpointFile, keepFrom: number): Promise<CheckpointFile | undefined> {
    const { layer, directory } = this.#store;
    await layer.rename(checkpoint.path + TEMPORARY_SUFFIX, checkpoint.path);
    await layer.syncDirectory(directory, 'checkpoint-directory');
    const old = group.checkpoint;
    const { boundary, next } = checkpoint.facts;
    group.checkpoint = checkpoint;
    group.entries.drop(keepFrom, boundary);
    if (group.lastEntryPosition < boundary) group.next = next ?? Infinity;
    await old?.shared.release();
    return old;
  }

  /** Before anything goes, the metadata say on whose authority. */
  #reclaim(old: CheckpointFile | undefined): Promise<void> {
    const store = this.#store;
    const run = async (): Promise<void> => {
      await writeMetadata(store.layer, join(store.directory, METADATA_NAME), store.currentMetadata());
      if (old !== undefined) await store.layer.remove(old.path);
      await reclaim(store);
    };
    const reclaimed = this.#reclaiming.then(() => store.change(run));
    this.#reclaiming = reclaimed.catch(() => undefined);
    return reclaimed;
  }
}

/** The entries that are kept are those from `keepFrom` on that were appended before the call and are still there. */
function factsOf(plan: Plan): Omit<CheckpointFacts, 'size' | 'blocks'> {
  const { group, options, sequence, boundary } = plan;
  const { entries } = group;
  const last = entries.first + entries.countBefore(boundary) - 1;
  const keepsAny = last >= Math.max(entries.first, options.keepFrom);
  return {
    group: group.name,
    sequence,
    boundary,
    first: keepsAny ? Math.max(entries.first, options.keepFrom) : 1,
    last: keepsAny ? last : 0,
    next: plan.next === Infinity ? null : plan.next,
    carry: options.carry.map((record) => record.data),
  };
}
