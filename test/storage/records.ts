import type { Journal, JournalRecord, ReplayItem } from '../../src/core/journal.js';

/** An entry; its data says what it is unless given. */
export function entry(group: string, index: number, data = `${group}${index}`): JournalRecord {
  return { group, index, data: new TextEncoder().encode(data) };
}

/** A record that is no entry. */
export function loose(group: string, data: string): JournalRecord {
  return { group, index: 0, data: new TextEncoder().encode(data) };
}

/** A source of chunks. */
export async function* source(...chunks: string[]): AsyncIterable<Uint8Array> {
  for (const chunk of chunks) yield new TextEncoder().encode(chunk);
}

/** A source that ends only after `open` was called. */
export function gated(chunk: string): { chunks: AsyncIterable<Uint8Array>; open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  async function* chunks(): AsyncIterable<Uint8Array> {
    yield* source(chunk);
    await opened;
  }
  return { chunks: chunks(), open: () => open() };
}

/** Everything a journal replays, as short texts. */
export async function replayed(journal: Pick<Journal, 'replay'>): Promise<string[]> {
  const items: string[] = [];
  for await (const item of journal.replay()) items.push(await shownItem(item));
  return items;
}

async function shownItem(item: ReplayItem): Promise<string> {
  if (item.type === 'record') return shown([item.record]).join();
  let state = '';
  for await (const chunk of item.chunks) state += text(chunk);
  return `${item.group}=${state}`;
}

/** Records as short texts. */
function shown(records: readonly JournalRecord[]): string[] {
  return records.map(({ group, index, data }) => `${group}${index}:${text(data)}`);
}

const text = (data: Uint8Array = new Uint8Array()): string => new TextDecoder().decode(data);
