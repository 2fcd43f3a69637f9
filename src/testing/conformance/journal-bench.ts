import type { Journal, JournalRecord, ReplayItem } from '../../core/index.js';
import { holds, type ConformanceCase } from './case.js';

/** How {@link journalCases} makes journals. */
export interface JournalSetup {
  /** Makes an empty place for each case, where a journal can be opened, closed and opened again. */
  place(): JournalPlace | Promise<JournalPlace>;
}

/** Where the journal of one case is stored. */
export interface JournalPlace {
  /** Opens the journal that is stored there. */
  open(): Journal | Promise<Journal>;
  /**
   * Takes the power away, now: what was open is of no use any more, and {@link JournalPlace.open} finds what has
   * survived. Needed when `crashes` of {@link JournalSupports} is set.
   */
  crash?(): void | Promise<void>;
  /** Removes the place; its journals are closed. @defaultValue nothing is left */
  remove?(): void | Promise<void>;
}

/** What a journal promises: switches the sections of {@link journalCases}. */
export interface JournalSupports {
  /** What was stored is there when the journal is opened again; otherwise the cases look at the open journal only. */
  readonly persistent: boolean;
  /** While the journal is open, a second opening of its place rejects. */
  readonly exclusive: boolean;
  /** The setup can take the power away in the midst of writes, which must not tear what is stored. */
  readonly crashes: boolean;
}

/** The journal of one case. */
export class JournalBench {
  readonly place: JournalPlace;
  readonly #supports: JournalSupports;
  #journal: Journal;

  constructor(place: JournalPlace, journal: Journal, supports: JournalSupports) {
    this.place = place;
    this.#journal = journal;
    this.#supports = supports;
  }

  /** The journal that is open. */
  get journal(): Journal {
    return this.#journal;
  }

  /** Closes the journal and opens it again, if it is one that finds everything again. */
  async reopen(): Promise<Journal> {
    if (!this.#supports.persistent) return this.#journal;
    await this.#journal.close();
    return this.open();
  }

  /** Takes the power away and opens what has survived. */
  async crash(): Promise<Journal> {
    holds(this.place.crash !== undefined, 'the place of a journal that supports crashes to have crash()');
    await this.place.crash();
    await this.#journal.close().catch(() => {}); // of no use, but it may hold something
    return this.open();
  }

  /** Opens the journal anew; the former one is closed or dead. */
  async open(): Promise<Journal> {
    return (this.#journal = await this.place.open());
  }

  /** Closes everything. */
  async end(): Promise<void> {
    await this.#journal.close().catch(() => {});
    await this.place.remove?.();
  }
}

/** Makes a case of a function that gets an open journal, and its bench. */
export type JournalTest = (
  name: string,
  run: (journal: Journal, bench: JournalBench) => Promise<void>,
) => ConformanceCase;

/** An entry; its data says what it is unless given. */
export function entry(group: string, index: number, data = `${group}${index}`): JournalRecord {
  return { group, index, data: new TextEncoder().encode(data) };
}

/** Entries with these indexes. */
export function entries(group: string, from: number, to: number, data?: string): JournalRecord[] {
  return Array.from({ length: to - from + 1 }, (_, i) => entry(group, from + i, data));
}

/** A record that is no entry. */
export function loose(group: string, data: string): JournalRecord {
  return { group, index: 0, data: new TextEncoder().encode(data) };
}

/** A source of chunks. */
export async function* source(...chunks: readonly string[]): AsyncIterable<Uint8Array> {
  for (const chunk of chunks) yield new TextEncoder().encode(chunk);
}

/** A source that gives some chunks and then throws. */
export async function* failing(error: Error, ...chunks: readonly string[]): AsyncIterable<Uint8Array> {
  yield* source(...chunks);
  throw error;
}

/** A source that ends only once `open` was called. */
export function gated(...chunks: readonly string[]): { chunks: AsyncIterable<Uint8Array>; open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  async function* held(): AsyncIterable<Uint8Array> {
    yield* source(...chunks);
    await opened;
  }
  return { chunks: held(), open: () => open() };
}

/** Everything that a journal replays, as short texts. */
export async function replayed(journal: Journal): Promise<string[]> {
  const items: string[] = [];
  for await (const item of journal.replay()) items.push(await shownItem(item));
  return items;
}

/** What a replay yields as a short text. */
export async function shownItem(item: ReplayItem): Promise<string> {
  if (item.type === 'record') return shown([item.record]).join();
  let state = '';
  for await (const chunk of item.chunks) state += text(chunk);
  return `${item.group}=${state}`;
}

/** Records as short texts. */
export function shown(records: readonly JournalRecord[]): string[] {
  return records.map(({ group, index, data }) => `${group}${index}:${text(data)}`);
}

/** Bytes as a text. */
export function text(data: Uint8Array = new Uint8Array()): string {
  return new TextDecoder().decode(data);
}
