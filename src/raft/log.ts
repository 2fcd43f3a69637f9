import { entryBytes, type Entry } from './entry.js';

/**
 * The log as a machine sees it: plain data. Entries behind a snapshot are gone; older entries that are applied and
 * durable may be in the journal only; the term of every entry is always known, since terms change rarely and only the
 * places where they do are kept.
 */
export interface LogState {
  /** The last index that the snapshot covers; 0 without a snapshot. */
  snapshotIndex: number;
  snapshotTerm: number;
  /** The first entry that the journal has; at most `snapshotIndex + 1`. */
  firstIndex: number;
  lastIndex: number;
  /** Where terms begin, ascending: entries from `index` on have `term`, until the next begins. */
  terms: TermStart[];
  /** The tail of the log, in memory; its last element has index `lastIndex`. */
  entries: Entry[];
  /** What `entries` counts for, by `entryBytes`. */
  bytes: number;
  /** How much of that stays in memory when the journal has it too. */
  memoryBytes: number;
}

/** Where a term begins in the log. */
export interface TermStart {
  readonly index: number;
  readonly term: number;
}

/** A log without entries, of which `memoryBytes` will stay in memory. */
export function emptyLog(memoryBytes: number): LogState {
  return {
    snapshotIndex: 0,
    snapshotTerm: 0,
    firstIndex: 1,
    lastIndex: 0,
    terms: [],
    entries: [],
    bytes: 0,
    memoryBytes,
  };
}

/** The log right after a snapshot took the place of everything. */
export function logAfterSnapshot(log: LogState, index: number, term: number): LogState {
  return {
    ...emptyLog(log.memoryBytes),
    snapshotIndex: index,
    snapshotTerm: term,
    firstIndex: index + 1,
    lastIndex: index,
  };
}

/** The index of the first entry in memory; behind the last one when there is none. */
export function memoryFrom(log: LogState): number {
  return log.lastIndex - log.entries.length + 1;
}

/** The entry at `index`, which must be in memory. */
export function entryAt(log: LogState, index: number): Entry {
  return log.entries[index - memoryFrom(log)]!;
}

/** The term of the entry at `index`; 0 for index 0; `undefined` where no entry is known. */
export function termAt(log: LogState, index: number): number | undefined {
  if (index === log.snapshotIndex) return log.snapshotTerm;
  if (index === 0) return 0;
  if (index < log.firstIndex || index > log.lastIndex) return undefined;
  for (let i = log.terms.length - 1; i >= 0; i--) {
    if (log.terms[i]!.index <= index) return log.terms[i]!.term;
  }
  return undefined;
}

/** The term of the last entry or, without one, of the snapshot. */
export function lastTerm(log: LogState): number {
  return log.terms.at(-1)?.term ?? log.snapshotTerm;
}

/** The first index of a term that the log has entries of, as far as the log goes back. */
export function firstIndexOfTerm(log: LogState, term: number): number {
  return log.terms.find((start) => start.term === term)?.index ?? log.snapshotIndex;
}

/** The last index with that term; `undefined` when the log has none. */
export function lastIndexOfTerm(log: LogState, term: number): number | undefined {
  const place = log.terms.findIndex((start) => start.term === term);
  if (place >= 0) return (log.terms[place + 1]?.index ?? log.lastIndex + 1) - 1;
  return term === log.snapshotTerm && log.snapshotIndex > 0 ? log.snapshotIndex : undefined;
}

/** Appends the entry that follows the last one. */
export function appendEntry(log: LogState, entry: Entry): void {
  if (lastTerm(log) !== entry.term || log.terms.length === 0) log.terms.push({ index: entry.index, term: entry.term });
  log.entries.push(entry);
  log.lastIndex = entry.index;
  log.bytes += entryBytes(entry);
}

/** Removes the entry at `index` and all behind it. */
export function truncateFrom(log: LogState, index: number): void {
  const kept = Math.max(0, index - memoryFrom(log));
  for (let i = kept; i < log.entries.length; i++) log.bytes -= entryBytes(log.entries[i]!);
  log.entries.length = kept;
  log.lastIndex = index - 1;
  while (log.terms.length > 0 && log.terms.at(-1)!.index >= index) log.terms.pop();
}

/** Forgets the entries below `firstIndex`, after a snapshot that covers up to `index`. */
export function compact(log: LogState, index: number, firstIndex: number): void {
  log.snapshotTerm = termAt(log, index)!;
  log.snapshotIndex = index;
  log.firstIndex = firstIndex;
  releaseBelow(log, firstIndex);
  let covering = 0;
  while ((log.terms[covering + 1]?.index ?? Infinity) <= firstIndex) covering++;
  log.terms.splice(0, log.lastIndex < firstIndex ? log.terms.length : covering);
  const first = log.terms[0];
  if (first !== undefined && first.index < firstIndex) log.terms[0] = { index: firstIndex, term: first.term };
}

/**
 * Takes entries out of memory, oldest first, when they count for more than `memoryBytes`; those above
 * `upTo` stay. Goes down
 * to half the limit at once, so that the cost for each entry is constant.
 */
export function releaseMemory(log: LogState, upTo: number): void {
  if (log.bytes <= log.memoryBytes) return;
  let bytes = log.bytes;
  let index = memoryFrom(log);
  for (; index <= upTo && bytes > log.memoryBytes / 2; index++) bytes -= entryBytes(entryAt(log, index));
  releaseBelow(log, index);
}

function releaseBelow(log: LogState, index: number): void {
  const count = Math.min(Math.max(0, index - memoryFrom(log)), log.entries.length);
  for (let i = 0; i < count; i++) log.bytes -= entryBytes(log.entries[i]!);
  log.entries.splice(0, count);
}

/** Entries in memory from `from` to at most `to`, at least one, as many as `maxBytes` allows. */
export function sliceEntries(log: LogState, from: number, to: number, maxBytes: number): Entry[] {
  const start = from - memoryFrom(log);
  const limit = to - memoryFrom(log) + 1;
  let bytes = 0;
  let end = start;
  while (end < limit) {
    bytes += entryBytes(log.entries[end]!);
    if (bytes > maxBytes && end > start) break;
    end++;
  }
  return log.entries.slice(start, end);
}
