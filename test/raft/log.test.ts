import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { entryBytes, type Entry } from '../../src/raft/entry.js';
import {
  appendEntry,
  compact,
  emptyLog,
  entryAt,
  firstIndexOfTerm,
  lastIndexOfTerm,
  lastTerm,
  logAfterSnapshot,
  memoryFrom,
  releaseMemory,
  sliceEntries,
  termAt,
  truncateFrom,
  type LogState,
} from '../../src/raft/log.js';

function command(index: number, term: number, size = 1): Entry {
  return { type: 'command', index, term, data: new Uint8Array(size) };
}

/** The log as everybody pictures it: all entries since the first, and how far each kind of forgetting went. */
class NaiveLog {
  entries: Entry[] = [];
  snapshotIndex = 0;
  firstIndex = 1;

  get lastIndex(): number {
    return this.entries.length;
  }

  /** The term of an entry, whether it was forgotten or not. */
  term(index: number): number {
    return index === 0 ? 0 : this.entries[index - 1]!.term;
  }

  knownTerm(index: number): number | undefined {
    const known = index === 0 || index === this.snapshotIndex || index >= this.firstIndex;
    return known && index <= this.lastIndex ? this.term(index) : undefined;
  }
}

interface Twins {
  readonly log: LogState;
  readonly naive: NaiveLog;
}

function compare({ log, naive }: Twins): void {
  expect(log).toMatchObject({
    lastIndex: naive.lastIndex,
    firstIndex: naive.firstIndex,
    snapshotIndex: naive.snapshotIndex,
    snapshotTerm: naive.term(naive.snapshotIndex),
  });
  const memory = naive.entries.slice(memoryFrom(log) - 1);
  expect(log.entries).toEqual(memory);
  expect(memoryFrom(log)).toBeGreaterThanOrEqual(naive.firstIndex);
  expect(log.bytes).toBe(memory.reduce((sum, entry) => sum + entryBytes(entry), 0));
  expect(lastTerm(log)).toBe(naive.term(naive.lastIndex));
  for (let index = 0; index <= naive.lastIndex + 1; index++) expect(termAt(log, index)).toBe(naive.knownTerm(index));
  for (const entry of memory) expect(entryAt(log, entry.index)).toBe(entry);
  compareTerms({ log, naive });
}

function compareTerms({ log, naive }: Twins): void {
  const known = naive.entries.slice(naive.firstIndex - 1);
  for (const term of new Set(known.map((entry) => entry.term))) {
    expect(firstIndexOfTerm(log, term)).toBe(known.find((entry) => entry.term === term)!.index);
    expect(lastIndexOfTerm(log, term)).toBe(known.findLast((entry) => entry.term === term)!.index);
  }
  expect(lastIndexOfTerm(log, 1000)).toBeUndefined();
}

type Operation = (twins: Twins) => void;

const append: fc.Arbitrary<Operation> = fc
  .record({ count: fc.integer({ min: 1, max: 5 }), rise: fc.nat({ max: 2 }), size: fc.nat({ max: 50 }) })
  .map(({ count, rise, size }) => ({ log, naive }: Twins) => {
    const term = Math.max(1, naive.term(naive.lastIndex) + rise);
    for (let i = 0; i < count; i++) {
      const entry = command(naive.lastIndex + 1, term, size);
      naive.entries.push(entry);
      appendEntry(log, entry);
    }
  });

const truncate: fc.Arbitrary<Operation> = fc.nat({ max: 5 }).map((back) => ({ log, naive }: Twins) => {
  const index = naive.lastIndex + 1 - back;
  if (index <= naive.snapshotIndex) return; // what a snapshot covers is committed
  naive.entries.length = index - 1;
  truncateFrom(log, index);
});

const takeSnapshot: fc.Arbitrary<Operation> = fc
  .record({ back: fc.nat({ max: 6 }), trailing: fc.nat({ max: 6 }) })
  .map(({ back, trailing }) => ({ log, naive }: Twins) => {
    const index = naive.lastIndex - back;
    if (index <= naive.snapshotIndex) return;
    const firstIndex = Math.max(naive.firstIndex, index + 1 - trailing);
    naive.snapshotIndex = index;
    naive.firstIndex = firstIndex;
    compact(log, index, firstIndex);
  });

const release: fc.Arbitrary<Operation> = fc
  .record({ back: fc.nat({ max: 4 }), maxBytes: fc.nat({ max: 1500 }) })
  .map(({ back, maxBytes }) => ({ log, naive }: Twins) => {
    const upTo = naive.lastIndex - back;
    const before = { bytes: log.bytes, from: memoryFrom(log) };
    log.memoryBytes = maxBytes;
    releaseMemory(log, upTo);
    if (before.bytes <= maxBytes) expect(memoryFrom(log)).toBe(before.from);
    else expect(log.bytes <= maxBytes / 2 || memoryFrom(log) > upTo).toBe(true);
    // What must stay stays: everything above `upTo` that was in memory.
    expect(memoryFrom(log)).toBeLessThanOrEqual(Math.max(before.from, upTo + 1));
  });

describe('the log', () => {
  it('equals an array of all entries, whatever is appended, truncated, compacted and released', () => {
    const operation = fc.oneof({ weight: 3, arbitrary: append }, truncate, takeSnapshot, release);
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 40 }), (operations) => {
        const twins = { log: emptyLog(Infinity), naive: new NaiveLog() };
        for (const run of operations) {
          run(twins);
          compare(twins);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('is empty at first: it ends at index 0, of term 0', () => {
    const log = emptyLog(Infinity);
    expect([log.lastIndex, lastTerm(log), termAt(log, 0), termAt(log, 1)]).toEqual([0, 0, 0, undefined]);
  });

  it('knows the term of index 0 when a snapshot covers entries that are all still there', () => {
    const log = emptyLog(Infinity);
    for (const index of [1, 2, 3]) appendEntry(log, command(index, 2));
    compact(log, 2, 1);
    expect(termAt(log, 0)).toBe(0);
  });

  it('begins behind a snapshot that took its place, and goes on from there', () => {
    const log = logAfterSnapshot(emptyLog(Infinity), 7, 3);
    expect([log.firstIndex, log.lastIndex, lastTerm(log)]).toEqual([8, 7, 3]);
    expect([termAt(log, 6), termAt(log, 7), termAt(log, 8)]).toEqual([undefined, 3, undefined]);
    appendEntry(log, command(8, 3));
    expect([termAt(log, 8), lastIndexOfTerm(log, 3), lastIndexOfTerm(log, 2)]).toEqual([3, 8, undefined]);
  });

  it('finds the last index of a term that only the snapshot has', () => {
    const log = logAfterSnapshot(emptyLog(Infinity), 7, 3);
    appendEntry(log, command(8, 4));
    expect(lastIndexOfTerm(log, 3)).toBe(7);
    expect(firstIndexOfTerm(log, 3)).toBe(7);
  });

  it('keeps one record for a term, however many entries it has', () => {
    const log = emptyLog(Infinity);
    for (let index = 1; index <= 1000; index++) appendEntry(log, command(index, 1 + Math.floor(index / 500)));
    expect(log.terms).toEqual([
      { index: 1, term: 1 },
      { index: 500, term: 2 },
      { index: 1000, term: 3 },
    ]);
  });
});

describe('a slice of the log', () => {
  const log = emptyLog(Infinity);
  for (let index = 1; index <= 5; index++) appendEntry(log, command(index, 1, 36)); // counts for 100 each
  const slice = (from: number, to: number, maxBytes: number): number[] =>
    sliceEntries(log, from, to, maxBytes).map((entry) => entry.index);

  it.each([
    ['all that is asked for when it fits', [2, 4, 300], [2, 3, 4]],
    ['what fits when not all does', [2, 5, 299], [2, 3]],
    ['one entry when not even that fits', [2, 5, 1], [2]],
    ['the last entry', [5, 5, 1000], [5]],
  ])('holds %s', (_, [from, to, maxBytes], indexes) => {
    expect(slice(from!, to!, maxBytes!)).toEqual(indexes);
  });

  it('starts where memory starts after entries were released', () => {
    const released = emptyLog(500);
    for (let index = 1; index <= 6; index++) appendEntry(released, command(index, 1, 36));
    releaseMemory(released, 4);
    expect(memoryFrom(released)).toBe(5);
    expect(sliceEntries(released, 5, 6, 1000).map((entry) => entry.index)).toEqual([5, 6]);
  });
});
