import { crc32 } from 'node:zlib';
import type { Journal, JournalRecord, ReplayItem } from '../../src/core/journal.js';

/** A checkpoint as it was called for. */
export interface HistoryCheckpoint {
  readonly group: string;
  readonly payload: string;
  readonly keepFrom: number;
  readonly carry: readonly string[];
  /** How many records had been appended before the call. */
  readonly boundary: number;
}

/** What a journal holds of one group, in a form that can be compared. */
export interface Contents {
  readonly checkpoint: string | null;
  readonly records: readonly string[];
}

/** All that was ever asked of a journal, and how much of it must have survived. */
export class History {
  /** All records, in the order of their appends. */
  readonly records: JournalRecord[] = [];
  /** How many of them were acknowledged, or seen after a reopening. */
  acknowledged = 0;
  /** Checkpoints that took effect, in order. */
  readonly checkpoints: HistoryCheckpoint[] = [];
  /** Checkpoints whose outcome is not known. */
  readonly open = new Set<HistoryCheckpoint>();

  /** The entries of a group that count when the first `count` records survived. */
  entries(
    group: string,
    count: number,
    checkpoints: readonly HistoryCheckpoint[],
  ): { at: number; record: JournalRecord }[] {
    let entries: { at: number; record: JournalRecord }[] = [];
    for (let at = 0; at < count; at += 1) {
      const record = this.records[at] as JournalRecord;
      if (record.group !== group || record.index === 0) continue;
      while ((entries.at(-1)?.record.index ?? 0) >= record.index) entries.pop();
      entries.push({ at, record });
    }
    for (const { boundary, keepFrom } of checkpoints.filter((checkpoint) => checkpoint.group === group)) {
      entries = entries.filter(({ at, record }) => at >= boundary || record.index >= keepFrom);
    }
    return entries;
  }

  /** What must be stored of a group when the first `count` records and these checkpoints survived. */
  contents(group: string, count: number, checkpoints: readonly HistoryCheckpoint[]): Contents {
    const newest = checkpoints.filter((checkpoint) => checkpoint.group === group).at(-1);
    const loose = this.records
      .slice(0, count)
      .map((record, at) => ({ at, record }))
      .filter(({ at, record }) => record.group === group && record.index === 0 && at >= (newest?.boundary ?? 0));
    const living = [...loose, ...this.entries(group, count, checkpoints)].sort((a, b) => a.at - b.at);
    const carried = (newest?.carry ?? []).map((data) => `0:${data}`);
    return {
      checkpoint: newest?.payload ?? null,
      records: [...carried, ...living.map(({ record }) => describeRecord(record))],
    };
  }

  /**
   * Finds which prefix of the history, with which of the open checkpoints, the contents are. What is found counts as
   * acknowledged from now on.
   *
   * @throws when there is none
   */
  settle(found: ReadonlyMap<string, Contents>, groups: readonly string[]): void {
    const open = [...this.open];
    for (let choice = 0; choice < 2 ** open.length; choice += 1) {
      const checkpoints = [...this.checkpoints, ...open.filter((_, i) => (choice >> i) & 1)];
      const least = Math.max(this.acknowledged, ...checkpoints.map(({ boundary }) => boundary));
      for (let count = this.records.length; count >= least; count -= 1) {
        if (!groups.every((group) => same(found.get(group), this.contents(group, count, checkpoints)))) continue;
        this.records.length = count;
        this.acknowledged = count;
        this.checkpoints.splice(0, Infinity, ...checkpoints);
        this.open.clear();
        return;
      }
    }
    throw new Error(`what is stored is no prefix of what was appended:\n${this.#explain(found, groups)}`);
  }

  #explain(found: ReadonlyMap<string, Contents>, groups: readonly string[]): string {
    const expected = groups.map((group) => [group, this.contents(group, this.acknowledged, this.checkpoints)]);
    return `acknowledged: ${JSON.stringify(expected)}\nfound: ${JSON.stringify([...found])}`;
  }
}

/** A record as a short text that differs for different records. */
export function describeRecord({ index, data }: JournalRecord): string {
  return `${index}:${describeData(data)}`;
}

const described = new WeakMap<Uint8Array, string>();

/** Data as a short text: its first bytes, which the tests make unique, its length and its checksum. */
export function describeData(data: Uint8Array): string {
  const known = described.get(data);
  if (known !== undefined) return known;
  const text = `${Buffer.from(data.subarray(0, 8)).toString('hex')}/${data.length}/${crc32(data)}`;
  described.set(data, text);
  return text;
}

/** Everything a journal replays, by group. */
export async function contentsOf(journal: Journal): Promise<Map<string, Contents>> {
  const contents = new Map<string, { checkpoint: string | null; records: string[] }>();
  const of = (group: string): { checkpoint: string | null; records: string[] } => {
    const known = contents.get(group) ?? { checkpoint: null, records: [] };
    contents.set(group, known);
    return known;
  };
  for await (const item of journal.replay()) {
    if (item.type === 'record') of(item.record.group).records.push(describeRecord(item.record));
    else of(item.group).checkpoint = await textOf(item);
  }
  return contents;
}

async function textOf(item: ReplayItem & { type: 'checkpoint' }): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const chunk of item.chunks) parts.push(chunk);
  return Buffer.concat(parts).toString();
}

function same(found: Contents = { checkpoint: null, records: [] }, expected: Contents): boolean {
  return (
    found.checkpoint === expected.checkpoint &&
    found.records.length === expected.records.length &&
    found.records.every((record, i) => record === expected.records[i])
  );
}
