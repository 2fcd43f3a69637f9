import type { JournalRecord } from '../../core/index.js';
import { holds, rejects, same, type ConformanceCase } from './case.js';
import { entries, entry, loose, replayed, shown, source, text, type JournalTest } from './journal-bench.js';

/** What is appended, replaced and refused. */
export function appendCases(test: JournalTest): ConformanceCase[] {
  return [...storing(test), ...content(test), ...truncating(test), ...refusing(test)];
}

function storing(test: JournalTest): ConformanceCase[] {
  return [
    test('is empty at first', async (journal) => {
      same('what it replays', await replayed(journal), []);
      same('what it reads', await journal.read('g', 1, 10), []);
      same('its checkpoint', await journal.readCheckpoint('g', 0, 10), null);
    }),
    test('replays records of several groups in the order of their appends', async (journal, bench) => {
      await journal.append([entry('a', 1), loose('b', 'vote'), entry('b', 1)]);
      await journal.append([]);
      await journal.append([entry('a', 2)]);
      const expected = ['a1:a1', 'b0:vote', 'b1:b1', 'a2:a2'];
      same('what it replays', await replayed(journal), expected);
      same('what it replays later', await replayed(await bench.reopen()), expected);
    }),
    test('carries out concurrent appends in the order of the calls', async (journal, bench) => {
      const settled: number[] = [];
      const indexes = Array.from({ length: 200 }, (_, i) => i + 1);
      const append = (index: number): Promise<unknown> =>
        journal.append([entry('g', index)]).then(() => settled.push(index));
      await Promise.all(indexes.map(append));
      same('the order in which appends resolved', settled, indexes);
      const read = await (await bench.reopen()).read('g', 1, 200);
      same('what it reads', shown(read), shown(entries('g', 1, 200)));
    }),
    test('resolves an append later, never within the call', async (journal) => {
      let resolved = false;
      const appended = journal.append([entry('g', 1)]).then(() => (resolved = true));
      holds(!resolved, 'the promise of an append to be open when the call returns');
      await appended;
    }),
    test('has what was appended once the append has resolved', async (journal) => {
      for (let index = 1; index <= 5; index++) {
        await journal.append([entry('g', index)]);
        same('what it reads at once', shown(await journal.read('g', index, index)), [`g${index}:g${index}`]);
      }
    }),
  ];
}

function content(test: JournalTest): ConformanceCase[] {
  return [
    test('keeps all bytes as they are', async (journal, bench) => {
      const data = Uint8Array.from({ length: 1024 }, (_, i) => (i * 7) & 0xff);
      await journal.append([
        { group: 'g', index: 1, data },
        { group: 'g', index: 2, data: new Uint8Array(0) },
      ]);
      const read = await (await bench.reopen()).read('g', 1, 2);
      same('the data', [read[0]?.data, read[1]?.data.length], [data, 0]);
    }),
    test('takes views of larger memory for what they show', async (journal, bench) => {
      const memory = new TextEncoder().encode('before-inside-behind');
      await journal.append([{ group: 'g', index: 1, data: memory.subarray(7, 13) }]);
      same('what it reads', shown(await (await bench.reopen()).read('g', 1, 1)), ['g1:inside']);
    }),
    test('takes records of a megabyte, and thousands in one call', async (journal, bench) => {
      const large = 'x'.repeat(1024 * 1024);
      await journal.append([entry('large', 1, large), ...entries('many', 1, 3000), entry('large', 2)]);
      const reopened = await bench.reopen();
      const [first, second] = await reopened.read('large', 1, 2, { maxBytes: Infinity });
      same('the sizes that it reads', [first?.data.length, second?.data.length], [large.length, 6]);
      same('the number of records', (await replayed(reopened)).length, 3002);
    }),
    test('takes any group name of 64 printable characters', async (journal, bench) => {
      const group = `A/b .%_${'~'.repeat(57)}`;
      await journal.append([entry(group, 1, 'one')]);
      await journal.checkpoint(group, source('state'), { keepFrom: 1, carry: [] });
      await journal.checkpoint(group.toLowerCase(), source('other'), { keepFrom: 1, carry: [] });
      const reopened = await bench.reopen();
      same(
        'what it reads',
        (await reopened.read(group, 1, 1)).map(({ data }) => text(data)),
        ['one'],
      );
      same('its checkpoint', text((await reopened.readCheckpoint(group, 0, 99))?.data), 'state');
    }),
    test('changes nothing about the records that it is given', async (journal) => {
      const record = Object.freeze(entry('g', 1));
      const given = Object.freeze([record, Object.freeze(loose('g', 'vote'))]);
      await journal.append(given);
      same('the data of a record', text(record.data), 'g1');
      await journal.append(given);
      same('what it replays', await replayed(journal), ['g0:vote', 'g1:g1', 'g0:vote']);
    }),
  ];
}

function truncating(test: JournalTest): ConformanceCase[] {
  return [
    test('replaces an entry and discards all behind it', async (journal, bench) => {
      await journal.append(entries('g', 1, 4));
      await journal.append([entry('g', 2, 'new')]);
      same('what it replays', await replayed(journal), ['g1:g1', 'g2:new']);
      await journal.append([entry('g', 3, 'newer')]);
      const reopened = await bench.reopen();
      const expected = ['g1:g1', 'g2:new', 'g3:newer'];
      same('what it replays later', await replayed(reopened), expected);
      same('what it reads later', shown(await reopened.read('g', 1, 9)), expected);
    }),
    test('replaces entries within one call', async (journal, bench) => {
      await journal.append([...entries('g', 1, 3), entry('g', 2, 'new'), entry('g', 3, 'new'), entry('g', 3, 'newer')]);
      same('what it replays', await replayed(await bench.reopen()), ['g1:g1', 'g2:new', 'g3:newer']);
    }),
    test('replaces the first entry and so the whole log', async (journal, bench) => {
      await journal.append(entries('g', 1, 3));
      await journal.append([entry('g', 1, 'new')]);
      const reopened = await bench.reopen();
      same('what it reads', shown(await reopened.read('g', 1, 9)), ['g1:new']);
      await rejects('an append behind what was discarded', 'invalid-option', () => reopened.append([entry('g', 3)]));
    }),
    test('replaces entries of one group only, and no records with index 0', async (journal, bench) => {
      await journal.append([...entries('g', 1, 2), loose('g', 'vote'), ...entries('h', 1, 2)]);
      await journal.append([entry('g', 1, 'new')]);
      const expected = ['g0:vote', 'h1:h1', 'h2:h2', 'g1:new'];
      same('what it replays', await replayed(await bench.reopen()), expected);
    }),
    test('truncates in the order of concurrent calls', async (journal, bench) => {
      const calls = [entries('g', 1, 5), [entry('g', 3, 'new')], entries('g', 4, 6), [entry('g', 5, 'new')]];
      await Promise.all(calls.map((records) => journal.append(records)));
      const expected = ['g1:g1', 'g2:g2', 'g3:new', 'g4:g4', 'g5:new'];
      same('what it reads', shown(await (await bench.reopen()).read('g', 1, 9)), expected);
    }),
  ];
}

function refusing(test: JournalTest): ConformanceCase[] {
  return [
    test('refuses a gap, and then takes nothing of the call', async (journal, bench) => {
      await rejects('a log that begins with 2', 'invalid-option', () => journal.append([entry('g', 2)]));
      await journal.append([entry('g', 1)]);
      const gap = [entry('h', 1), entry('g', 2), entry('g', 4)];
      await rejects('a gap within a call', 'invalid-option', () => journal.append(gap));
      await journal.append([entry('g', 2)]);
      same('what it replays', await replayed(await bench.reopen()), ['g1:g1', 'g2:g2']);
    }),
    test('refuses a gap behind an append that is under way', async (journal, bench) => {
      const first = journal.append([entry('g', 1)]);
      const gap = rejects('a gap', 'invalid-option', () => journal.append([entry('g', 3)]));
      const second = journal.append([entry('g', 2)]);
      await Promise.all([first, gap, second]);
      same('what it replays', await replayed(await bench.reopen()), ['g1:g1', 'g2:g2']);
    }),
    test('refuses what is no record, and goes on', async (journal) => {
      const data = new Uint8Array(1);
      const wrong: JournalRecord[] = [
        { group: '', index: 0, data },
        { group: 'g'.repeat(65), index: 0, data },
        { group: 'ä', index: 0, data },
        { group: 'g', index: -1, data },
        { group: 'g', index: 1.5, data },
        { group: 'g', index: 0, data: 'text' as unknown as Uint8Array },
      ];
      for (const record of wrong) {
        await rejects('a wrong record', 'invalid-option', () => journal.append([entry('h', 1), record]));
      }
      same('what it replays', await replayed(journal), []);
      await journal.append([entry('g', 1)]);
    }),
  ];
}
