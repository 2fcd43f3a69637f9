import { join } from 'node:path';
import type { JournalRecord } from '../../src/core/index.js';
import { newMetadata, writeMetadata } from '../../src/storage/file/metadata.js';
import { openFileJournal, type FileJournal } from '../../src/storage/file.js';
import { VirtualClock } from '../../src/testing/index.js';
import { DIRECTORY, MemoryFiles } from './memory-files.js';

export const SEGMENT = 'segment-0000000000000000';
export const CHECKPOINT = 'checkpoint-0000000001-g';
export const METADATA = 'journal.json';

const SEGMENT_HEADER_BYTES = 28;
const FRAME_HEADER_BYTES = 29;
const IDENTITY = { cluster: 'cluster', node: 'node' };

/** A journal as it was closed. */
export interface WrittenJournal {
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** What its checkpoint replays; empty without one. */
  readonly checkpoint: readonly string[];
  /** What each append replays; each was durable before the next. */
  readonly appends: readonly (readonly string[])[];
  /** Where in the segment the bytes of each append end. */
  readonly ends: readonly number[];
}

/** Writes a journal of as many appends as there are sizes, of as many records. The salt makes it one of its own. */
export async function writeJournal(
  salt: number,
  sizes: readonly number[],
  checkpoint: boolean,
): Promise<WrittenJournal> {
  const layer = new MemoryFiles();
  const path = join(DIRECTORY, METADATA);
  await writeMetadata(layer, path, { ...newMetadata(IDENTITY), salt }); // one that every run has
  const journal = await openJournal(layer);
  let index = 1;
  let end = SEGMENT_HEADER_BYTES;
  if (checkpoint) {
    const records = [record(index++), record(0)];
    await journal.append(records);
    end += frameBytes(records);
    await journal.checkpoint('g', chunks('the state, '.repeat(20)), { keepFrom: index, carry: [record(0)] });
  }
  const appends: JournalRecord[][] = [];
  for (const size of sizes) {
    const records = Array.from({ length: size }, () => record(index % 5 === 4 ? 0 : index++));
    await journal.append(records);
    appends.push(records);
  }
  await journal.close();
  const replayed = await replayJournal(layer);
  const ends = appends.map((records) => (end += frameBytes(records)));
  const texts = appends.map((records) => records.map(textOf));
  return {
    files: layer.files,
    checkpoint: replayed.slice(0, replayed.length - texts.flat().length),
    appends: texts,
    ends,
  };
}

/** Opens the journal and replays all of it; rejects with what either rejects with. */
export async function replayJournal(layer: MemoryFiles): Promise<string[]> {
  const journal = await openJournal(layer);
  try {
    const texts: string[] = [];
    for await (const item of journal.replay()) {
      if (item.type === 'record') {
        texts.push(textOf(item.record));
      } else {
        for await (const chunk of item.chunks) texts.push(`checkpoint ${Buffer.from(chunk).toString()}`);
      }
    }
    return texts;
  } finally {
    await journal.close();
  }
}

function openJournal(fileLayer: MemoryFiles): Promise<FileJournal> {
  return openFileJournal({ directory: DIRECTORY, ...IDENTITY, fileLayer, clock: new VirtualClock() });
}

function record(index: number): JournalRecord {
  return { group: 'g', index, data: Buffer.from(`record ${index}`) };
}

function textOf({ group, index, data }: JournalRecord): string {
  return `${group} ${index} ${Buffer.from(data).toString()}`;
}

function frameBytes(records: readonly JournalRecord[]): number {
  return records.reduce((sum, { group, data }) => sum + FRAME_HEADER_BYTES + group.length + data.length, 0);
}

async function* chunks(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
