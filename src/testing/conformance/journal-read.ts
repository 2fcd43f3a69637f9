import type { Journal, ReplayItem } from '../../core/index.js';
import { rejects, same, type ConformanceCase } from './case.js';
import {
  entries,
  entry,
  loose,
  replayed,
  shown,
  shownItem,
  source,
  type JournalBench,
  type JournalTest,
} from './journal-bench.js';

/** What is read and replayed. */
export function readCases(test: JournalTest): ConformanceCase[] {
  return [...reading(test), ...readingBeside(test), ...replaying(test)];
}

function reading(test: JournalTest): ConformanceCase[] {
  return [
    test('reads what lies between two indexes', async (journal) => {
      await journal.append(entries('g', 1, 5));
      const read = async (from: number, to: number): Promise<string[]> => shown(await journal.read('g', from, to));
      same('2 to 4', await read(2, 4), ['g2:g2', 'g3:g3', 'g4:g4']);
      same('0 to 1', await read(0, 1), ['g1:g1']);
      same('4 to Infinity', await read(4, Infinity), ['g4:g4', 'g5:g5']);
      same('6 to 9', await read(6, 9), []);
      same('4 to 3', await read(4, 3), []);
      same('another group', await journal.read('other', 1, 9), []);
    }),
    test('reads as many as fit into maxBytes, but one at least', async (journal, bench) => {
      await journal.append(entries('g', 1, 3, 'x'.repeat(100)));
      const reopened = await bench.reopen();
      const count = async (maxBytes: number): Promise<number> => (await reopened.read('g', 1, 3, { maxBytes })).length;
      same('counts', await Promise.all([0, 99, 199, 200, 299, 300, Infinity].map(count)), [1, 1, 1, 2, 2, 3, 3]);
    }),
    test('reads a megabyte at a time when it is not told otherwise', async (journal) => {
      for (let index = 1; index <= 5; index++) await journal.append([entry('g', index, 'x'.repeat(300_000))]);
      same('the number of entries of 300,000 bytes', (await journal.read('g', 1, 5)).length, 3);
    }),
    test('reads no records with index 0', async (journal) => {
      await journal.append([loose('g', 'vote'), entry('g', 1), loose('g', 'other vote')]);
      same('what it reads', shown(await journal.read('g', 0, 9)), ['g1:g1']);
    }),
    test('reads across other groups and large records', async (journal, bench) => {
      for (let index = 1; index <= 20; index++) {
        const big = entry('big', index, `${index}`.repeat(10_000));
        await journal.append(index % 3 === 0 ? [big, entry('small', index / 3)] : [big]);
      }
      const reopened = await bench.reopen();
      same('the small ones', shown(await reopened.read('small', 1, 99)), shown(entries('small', 1, 6)));
      const indexes = (await reopened.read('big', 3, 19)).map(({ index }) => index);
      same(
        'the big ones',
        indexes,
        Array.from({ length: 17 }, (_, i) => i + 3),
      );
      same('the number of records', (await replayed(reopened)).length, 26);
    }),
  ];
}

function readingBeside(test: JournalTest): ConformanceCase[] {
  return [
    test('reads on while appends are under way', async (journal) => {
      await journal.append(entries('g', 1, 3));
      const appended = journal.append(entries('g', 4, 200));
      same('the first ones', shown(await journal.read('g', 1, 3)), shown(entries('g', 1, 3)));
      await appended;
      same('the last ones', shown(await journal.read('g', 199, 201)), shown(entries('g', 199, 200)));
    }),
    test('leaves what it read as it was when entries are replaced', async (journal) => {
      await journal.append(entries('g', 1, 3));
      const read = await journal.read('g', 1, 3);
      await journal.append([entry('g', 1, 'new')]);
      await journal.checkpoint('g', source('state'), { keepFrom: Infinity, carry: [] });
      same('what was read before', shown(read), shown(entries('g', 1, 3)));
    }),
    test('refuses to read what is no range', async (journal) => {
      await journal.append([entry('g', 1)]);
      const wrong = [() => journal.read('g', -1, 1), () => journal.read('g', NaN, 1), () => journal.read('g', 1, NaN)];
      for (const call of wrong) await rejects('a wrong range', 'invalid-option', call);
      await rejects('maxBytes below 0', 'invalid-option', () => journal.read('g', 1, 1, { maxBytes: -1 }));
      await rejects('an offset below 0', 'invalid-option', () => journal.readCheckpoint('g', -1, 1));
      await rejects('a piece of no bytes', 'invalid-option', () => journal.readCheckpoint('g', 0, 0));
    }),
    test('stops when its signal aborts', async (journal) => {
      await journal.append(entries('g', 1, 2));
      const enough = new Error('enough');
      const signal = AbortSignal.abort(enough);
      await rejects('read', enough, () => journal.read('g', 1, 2, { signal }));
      await journal.checkpoint('g', source('state'), { keepFrom: 1, carry: [] });
      const controller = new AbortController();
      await rejects('replay', enough, async () => {
        for await (const _ of journal.replay({ signal: controller.signal })) controller.abort(enough);
      });
    }),
  ];
}

function replaying(test: JournalTest): ConformanceCase[] {
  return [
    test('is not hindered by a replay that is left early', async (journal, bench) => {
      await journal.append(entries('g', 1, 2));
      for await (const _ of journal.replay()) break;
      await journal.append([entry('g', 3)]);
      same('the number of records', (await replayed(await bench.reopen())).length, 3);
    }),
    test('replays what was there when the replay began', async (journal) => {
      await journal.append([...entries('g', 1, 3), loose('g', 'vote')]);
      await journal.checkpoint('g', source('old'), { keepFrom: 2, carry: [loose('g', 'carried')] });
      const replay = journal.replay()[Symbol.asyncIterator]();
      const first = await replay.next();
      await journal.append([entry('g', 2, 'new'), loose('g', 'later')]);
      await journal.checkpoint('g', source('new'), { keepFrom: Infinity, carry: [] });
      const items = [await shownItem(first.value as ReplayItem), ...(await rest(replay))];
      same('what it replays', items, ['g=old', 'g0:carried', 'g2:g2', 'g3:g3']);
    }),
    test('replays several times at once', async (journal) => {
      await journal.append([...entries('g', 1, 50), loose('h', 'vote')]);
      const all = await Promise.all([replayed(journal), replayed(journal), replayed(journal)]);
      for (const items of all) same('what it replays', items, [...shown(entries('g', 1, 50)), 'h0:vote']);
    }),
    test('replays on when the chunks of a checkpoint are not taken', async (journal, bench) => {
      await journal.append([entry('g', 1), entry('h', 1)]);
      await journal.checkpoint('g', source('x'.repeat(300_000)), { keepFrom: 1, carry: [loose('g', 'carried')] });
      const items: string[] = [];
      for await (const item of (await bench.reopen()).replay()) {
        items.push(item.type === 'checkpoint' ? `${item.group}=?` : (shown([item.record])[0] ?? ''));
      }
      same('what it replays', items, ['g=?', 'g0:carried', 'g1:g1', 'h1:h1']);
    }),
    test('replays the checkpoint of each group, then what it carried, before the records of the group', replaysGroups),
  ];
}

async function replaysGroups(journal: Journal, bench: JournalBench): Promise<void> {
  await journal.append([entry('a', 1), entry('b', 1), loose('a', 'vote'), loose('c', 'only')]);
  await journal.checkpoint('b', source('state of b'), { keepFrom: 1, carry: [loose('b', 'one'), loose('b', 'two')] });
  await journal.checkpoint('a', source('state of a'), { keepFrom: 2, carry: [] });
  await journal.append([entry('b', 2), entry('a', 2)]);
  const expected = {
    a: ['a=state of a', 'a2:a2'],
    b: ['b=state of b', 'b0:one', 'b0:two', 'b1:b1', 'b2:b2'],
    c: ['c0:only'],
  };
  for (const items of [await replayed(journal), await replayed(await bench.reopen())]) {
    for (const [group, wanted] of Object.entries(expected)) {
      const ofGroup = items.filter((item) => item.startsWith(group));
      same(`what it replays of ${group}`, ofGroup, wanted);
    }
  }
}

async function rest(replay: AsyncIterator<ReplayItem>): Promise<string[]> {
  const items: string[] = [];
  for (let next = await replay.next(); next.done !== true; next = await replay.next()) {
    items.push(await shownItem(next.value));
  }
  return items;
}
