import { describe, expect, it } from 'vitest';
import { MemoryJournal } from '../../src/storage/memory.js';
import { entry, replayed } from './records.js';

describe('a memory journal without a store', () => {
  it('starts empty each time', async () => {
    await using journal = new MemoryJournal();
    await journal.append([entry('g', 1)]);
    expect(await replayed(new MemoryJournal())).toEqual([]);
  });

  it('takes the same record object more than once', async () => {
    await using journal = new MemoryJournal();
    const record = entry('g', 1);
    await journal.append([record, record]);
    expect(await replayed(journal)).toEqual(['g1:g1']);
  });
});
