import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/core/random.js';
import { EntryTable } from '../../src/storage/file/entry-table.js';

interface Entry {
  readonly index: number;
  readonly position: number;
}

/** The same table as a plain list. */
function put(entries: readonly Entry[], entry: Entry): Entry[] {
  return [...entries.filter(({ index }) => index < entry.index), entry];
}

function check(table: EntryTable, entries: readonly Entry[]): void {
  expect(table.last - table.first + 1).toBe(entries.length);
  for (const { index, position } of entries) {
    expect(table.positionOf(index)).toBe(position);
    expect(table.sizeOf(index)).toBe(index);
  }
  const [first, last] = [entries[0]?.index ?? 1, entries.at(-1)?.index ?? 0];
  expect([table.positionOf(first - 1), table.positionOf(last + 1)]).toEqual([-1, -1]);
}

describe('an entry table', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('behaves like a plain list (seed %i)', (seed) => {
    const random = seededRandom(seed);
    const below = (limit: number): number => Math.floor(random() * limit);
    const table = new EntryTable();
    let entries: Entry[] = [];
    let snapshot = { positionOf: table.snapshot(), entries };
    for (let position = 1; position <= 3000; position += 1) {
      const last = entries.at(-1)?.index ?? below(20);
      const index = random() < 0.03 ? Math.max(1, last - below(30)) : last + 1;
      table.put(index, position, index);
      entries = put(entries, { index, position });
      if (random() < 0.01) snapshot = { positionOf: table.snapshot(), entries };
      if (random() < 0.01) {
        const [keepFrom, boundary] = [last - below(60), position - below(60)];
        table.drop(keepFrom, boundary);
        entries = entries.filter((entry) => entry.index >= keepFrom || entry.position >= boundary);
      }
      if (random() < 0.1) {
        const boundary = below(position + 2);
        expect(table.countBefore(boundary)).toBe(entries.filter((entry) => entry.position < boundary).length);
      }
      if (position % 100 === 0) check(table, entries);
      for (const entry of snapshot.entries.slice(-3)) expect(snapshot.positionOf(entry.index)).toBe(entry.position);
    }
    for (const entry of snapshot.entries) expect(snapshot.positionOf(entry.index)).toBe(entry.position);
  });

  it('knows which reserved entries were never filled', () => {
    const table = new EntryTable();
    table.reserve(5, 8);
    for (const index of [5, 8, 6]) table.fill(index, index * 10, 1);
    expect(table.firstMissing()).toBe(7);
    table.put(7, 100, 1);
    expect(table.firstMissing()).toBe(-1);
    expect([5, 6, 7, 8].map((index) => table.positionOf(index))).toEqual([50, 60, 100, -1]);
  });
});
