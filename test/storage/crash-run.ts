import { seededRandom } from '../../src/core/random.js';
import { isQuorateError } from '../../src/core/errors.js';
import { openFileJournal } from '../../src/storage/file.js';
import type { FileJournal, SyncPurpose } from '../../src/storage/file.js';
import { type Fault, ForgetfulFileLayer } from './forgetful-file-layer.js';
import { contentsOf, describeData, describeRecord, History } from './history.js';
import type { HistoryCheckpoint } from './history.js';

const GROUPS = ['a', 'b', 'c'];
const DIRECTORY = '/journal';
const OWNER = { cluster: 'cluster', node: 'node' };
const ROUNDS = 6;

/** Options of {@link crashRun}. */
export interface CrashRunOptions {
  readonly seed: number;
  /** Syncs with this purpose do nothing. */
  readonly ignored?: SyncPurpose;
}

/**
 * One journal through several lives: each does random appends, truncations and checkpoints, and ends by a close, a
 * killed process, a failing disk or a power loss, at a random operation. After each reopening everything acknowledged
 * must be there, and what is there must be a prefix of what was done. A reopening is often cut short as well.
 *
 * @throws when that does not hold
 */
export async function crashRun(options: CrashRunOptions): Promise<void> {
  await new CrashRun(options).run();
}

type Ending = 'close' | 'kill' | 'fail' | 'power';

class CrashRun {
  readonly #random: () => number;
  readonly #layer: ForgetfulFileLayer;
  readonly #history = new History();
  /** Whether an opening succeeded: then the directory belongs to its owner for good. */
  #owned = false;
  #nextId = 1;

  constructor({ seed, ignored }: CrashRunOptions) {
    this.#random = seededRandom(seed);
    this.#layer = new ForgetfulFileLayer(this.#random);
    this.#layer.ignored = ignored;
  }

  async run(): Promise<void> {
    for (let round = 0; round < ROUNDS; round += 1) {
      const ending = this.#pick<Ending>(['close', 'kill', 'fail', 'power', 'power']);
      this.#plan(ending);
      const journal = await this.#open();
      if (journal !== undefined) {
        await this.#live(journal);
        await journal.close().catch(() => undefined);
      }
      this.#end(ending);
    }
    this.#layer.powerLoss();
    const journal = await this.#open();
    if (journal === undefined) throw new Error('the last opening failed');
    await journal.close();
  }

  #plan(ending: Ending): void {
    if (ending === 'close') return;
    const at = this.#layer.operations + 1 + Math.floor(this.#random() ** 2 * 120);
    const kind = ending === 'fail' ? this.#pick<Fault>(['fail', 'short', 'full']) : 'crash';
    this.#layer.fault = { kind, at };
  }

  #end(ending: Ending): void {
    if (ending === 'power') this.#layer.powerLoss();
    else this.#layer.killProcess();
  }

  /** Undefined when the planned fault hit the opening. */
  async #open(): Promise<FileJournal | undefined> {
    const faultBefore = this.#layer.fault;
    let journal: FileJournal;
    try {
      if (this.#owned) await this.#checkOwner();
      journal = await openFileJournal({ directory: DIRECTORY, ...OWNER, segmentBytes: 4096, fileLayer: this.#layer });
    } catch (error) {
      const hit = faultBefore !== undefined && this.#layer.operations >= faultBefore.at;
      if (hit && !isQuorateError(error, 'journal-corrupt')) return undefined;
      throw error;
    }
    this.#owned = true;
    this.#history.settle(await contentsOf(journal), GROUPS);
    await this.#checkReads(journal);
    return journal;
  }

  async #checkOwner(): Promise<void> {
    const stranger = { ...OWNER, node: 'stranger' };
    const journal = await openFileJournal({ directory: DIRECTORY, ...stranger, fileLayer: this.#layer }).catch(
      (error: unknown) => {
        if (!isQuorateError(error, 'journal-mismatch')) throw error;
      },
    );
    if (journal !== undefined) throw new Error('the journal forgot whose it is');
  }

  async #checkReads(journal: FileJournal): Promise<void> {
    const { records, checkpoints } = this.#history;
    for (const group of GROUPS) {
      const expected = this.#history.entries(group, records.length, checkpoints).map(({ record }) => record);
      const read = await journal.read(group, 1, Infinity, { maxBytes: Infinity });
      if (read.map(describeRecord).join() !== expected.map(describeRecord).join()) {
        throw new Error(`read of group ${group} differs from replay`);
      }
    }
  }

  async #live(journal: FileJournal): Promise<void> {
    const underWay = new Set<Promise<void>>();
    const follow = (promise: Promise<void>): void => {
      const settled = promise.catch((error: unknown) => {
        if (isQuorateError(error, 'invalid-option')) throw error;
      });
      underWay.add(settled);
      void settled.finally(() => underWay.delete(settled)).catch(() => undefined);
    };
    const steps = Math.floor(this.#random() * 60);
    for (let step = 0; step < steps && !this.#layer.crashed; step += 1) {
      const choice = this.#random();
      if (choice < 0.7) follow(this.#append(journal));
      else if (choice < 0.78) follow(this.#checkpoint(journal));
      else if (choice < 0.9) await Promise.all(underWay);
      else for (let turns = Math.floor(this.#random() * 20); turns > 0; turns -= 1) await Promise.resolve();
    }
    await Promise.all(underWay);
  }

  async #append(journal: FileJournal): Promise<void> {
    const count = 1 + Math.floor(this.#random() ** 2 * 5);
    const first = this.#history.records.length;
    for (let i = 0; i < count; i += 1) {
      const group = this.#pick(GROUPS);
      this.#history.records.push({ group, index: this.#nextIndex(group), data: this.#data() });
    }
    const records = this.#history.records.slice(first);
    await journal.append(records);
    this.#history.acknowledged = Math.max(this.#history.acknowledged, first + count);
  }

  #nextIndex(group: string): number {
    if (this.#random() < 0.2) return 0;
    const { records, checkpoints } = this.#history;
    const entries = this.#history.entries(group, records.length, checkpoints);
    const last = entries.at(-1)?.record.index;
    if (last === undefined) {
      const newest = checkpoints.filter((checkpoint) => checkpoint.group === group).at(-1);
      return newest?.keepFrom === Infinity && !this.#hasOpen(group) ? 1 + Math.floor(this.#random() * 50) : 1;
    }
    return this.#random() < 0.15 ? Math.max(1, last - Math.floor(this.#random() * 4)) : last + 1;
  }

  #hasOpen(group: string): boolean {
    return [...this.#history.open].some((checkpoint) => checkpoint.group === group);
  }

  async #checkpoint(journal: FileJournal): Promise<void> {
    const group = this.#pick(GROUPS);
    if (this.#hasOpen(group)) return;
    const history = this.#history;
    const last = history.entries(group, history.records.length, history.checkpoints).at(-1)?.record.index ?? 0;
    const carry = Array.from({ length: Math.floor(this.#random() * 3) }, () => this.#data());
    const payload = `${'checkpoint '.repeat(Math.floor(this.#random() * 200))}${this.#nextId++}`;
    const checkpoint: HistoryCheckpoint = {
      group,
      payload,
      keepFrom: this.#random() < 0.2 ? Infinity : Math.max(1, last + 3 - Math.floor(this.#random() * 12)),
      carry: carry.map(describeData),
      boundary: history.records.length,
    };
    history.open.add(checkpoint);
    const source = chunksOf(payload, this.#random() < 0.1);
    const carried = carry.map((data) => ({ group, index: 0, data }));
    try {
      await journal.checkpoint(group, source, { keepFrom: checkpoint.keepFrom, carry: carried });
      history.checkpoints.push(checkpoint);
      history.open.delete(checkpoint);
    } catch (error) {
      if (error instanceof SourceError) history.open.delete(checkpoint);
      throw error;
    }
  }

  #data(): Uint8Array {
    const id = this.#nextId++;
    const data = new Uint8Array(8 + Math.floor(this.#random() ** 3 * 1500)).fill(this.#random() < 0.1 ? 0 : id & 0xff);
    new DataView(data.buffer).setUint32(0, id);
    return data;
  }

  #pick<T>(values: readonly T[]): T {
    return values[Math.floor(this.#random() * values.length)] as T;
  }
}

class SourceError extends Error {}

async function* chunksOf(payload: string, fails: boolean): AsyncIterable<Uint8Array> {
  for (let at = 0; at < payload.length; at += 700) {
    await Promise.resolve();
    yield new TextEncoder().encode(payload.slice(at, at + 700));
  }
  if (fails) throw new SourceError('the source failed');
}
