import type { Journal } from '../../core/index.js';
import { findDifference, show } from '../compare.js';
import { ConformanceError, holds, rejects, same, type ConformanceCase } from './case.js';
import {
  entries,
  entry,
  gated,
  loose,
  replayed,
  shown,
  source,
  type JournalBench,
  type JournalSupports,
  type JournalTest,
} from './journal-bench.js';

/** What happens when a journal is closed, opened again, opened twice, or loses its power. */
export function lifetimeCases(test: JournalTest, supports: JournalSupports): ConformanceCase[] {
  return [
    ...closing(test, supports),
    ...(supports.persistent ? reopening(test) : []),
    ...(supports.exclusive ? [test('rejects a second opening while it is open', opensOnce)] : []),
    ...(supports.crashes ? crashing(test) : []),
  ];
}

function closing(test: JournalTest, supports: JournalSupports): ConformanceCase[] {
  return [
    test('waits for the appends under way when it closes', async (journal, bench) => {
      const appended = [1, 2, 3].map((index) => journal.append([entry('g', index)]));
      await journal.close();
      await Promise.all(appended);
      if (supports.persistent) same('what is left', await replayed(await bench.open()), shown(entries('g', 1, 3)));
    }),
    test('closes more than once, and refuses everything afterwards', async (journal) => {
      await journal.append([entry('g', 1)]);
      const begun = journal.replay();
      await Promise.all([journal.close(), journal.close()]);
      await journal[Symbol.asyncDispose]();
      await rejects('append', 'closed', () => journal.append([entry('g', 2)]));
      await rejects('read', 'closed', () => journal.read('g', 1, 1));
      await rejects('readCheckpoint', 'closed', () => journal.readCheckpoint('g', 0, 1));
      await rejects('checkpoint', 'closed', () => journal.checkpoint('g', source('x'), { keepFrom: 1, carry: [] }));
      await rejects('replay', 'closed', () => replayed(journal));
      await rejects('a replay from before', 'closed', () => begun[Symbol.asyncIterator]().next());
    }),
    test('changes nothing by a checkpoint that is cut off by closing', async (journal, bench) => {
      await journal.append([entry('g', 1)]);
      const gate = gated('state');
      const checkpoint = journal.checkpoint('g', gate.chunks, { keepFrom: Infinity, carry: [] });
      const refused = rejects('the checkpoint', 'closed', () => checkpoint);
      await Promise.all([refused, journal.close().then(() => gate.open())]);
      if (supports.persistent) same('what is left', await replayed(await bench.open()), ['g1:g1']);
    }),
  ];
}

function reopening(test: JournalTest): ConformanceCase[] {
  return [
    test('finds everything again after each of many openings', async (_journal, bench) => {
      const expected: string[] = [];
      for (let index = 1; index <= 10; index++) {
        const journal = await bench.reopen();
        await journal.append([entry('g', index), loose('g', `vote ${index}`)]);
        expected.push(`g${index}:g${index}`, `g0:vote ${index}`);
        same('what it replays', await replayed(await bench.reopen()), expected);
      }
    }),
    test('knows after an opening which entry may come next', async (journal, bench) => {
      await journal.append([...entries('g', 1, 3), ...entries('h', 1, 1)]);
      const reopened = await bench.reopen();
      await rejects('a gap', 'invalid-option', () => reopened.append([entry('g', 5)]));
      await rejects('a gap in another group', 'invalid-option', () => reopened.append([entry('h', 3)]));
      await reopened.append([entry('g', 4), entry('h', 2)]);
      same('what it reads', shown(await reopened.read('g', 3, 9)), ['g3:g3', 'g4:g4']);
    }),
    test('replaces by a checkpoint what was stored before an opening', async (journal, bench) => {
      await journal.append([...entries('g', 1, 3), loose('g', 'vote')]);
      await journal.checkpoint('g', source('old'), { keepFrom: 2, carry: [loose('g', 'carried')] });
      const reopened = await bench.reopen();
      await reopened.checkpoint('g', source('new'), { keepFrom: 3, carry: [] });
      same('what it replays', await replayed(await bench.reopen()), ['g=new', 'g3:g3']);
    }),
    test('finds nothing of what it refused', async (journal, bench) => {
      await journal.append([entry('g', 1)]);
      await rejects('a gap', 'invalid-option', () => journal.append([loose('g', 'vote'), entry('g', 7)]));
      same('what it replays', await replayed(await bench.reopen()), ['g1:g1']);
    }),
  ];
}

async function opensOnce(journal: Journal, bench: JournalBench): Promise<void> {
  await journal.append([entry('g', 1)]);
  const second = await Promise.resolve()
    .then(() => bench.place.open())
    .catch(() => null);
  await second?.close();
  holds(second === null, 'a second opening to reject while the journal is open');
  await journal.append([entry('g', 2)]);
  const reopened = await bench.reopen();
  same('what it replays', await replayed(reopened), ['g1:g1', 'g2:g2']);
}

function crashing(test: JournalTest): ConformanceCase[] {
  return [
    test('keeps all that it acknowledged when the power goes', async (journal, bench) => {
      await journal.append([...entries('g', 1, 5), loose('g', 'vote')]);
      await journal.append([entry('g', 4, 'new')]);
      await journal.checkpoint('g', source('state'), { keepFrom: 3, carry: [loose('g', 'carried')] });
      await journal.append([entry('h', 1)]);
      const expected = ['g=state', 'g0:carried', 'g3:g3', 'g4:new', 'h1:h1'];
      same('what has survived', await replayed(await bench.crash()), expected);
    }),
    test('keeps a prefix of what was under way when the power went', async (journal, bench) => {
      let one = journal;
      for (let round = 0, next = 1; round < 8; round++, next += 20) {
        const calls = Array.from({ length: 10 }, (_, i) => one.append(entries('g', next + 2 * i, next + 2 * i + 1)));
        const settled = Promise.allSettled(calls);
        await calls[round % 3];
        one = await bench.crash();
        await settled;
        const survived = await one.read('g', 1, Infinity);
        same('what has survived', shown(survived), shown(entries('g', 1, survived.length)));
        holds(survived.length >= next + 1 + 2 * (round % 3), 'all that was acknowledged to survive', survived.length);
        const rest = entries('g', survived.length + 1, next + 19);
        if (rest.length > 0) await one.append(rest);
      }
    }),
    test('has the old state or the new one, whole, when the power goes during a checkpoint', async (journal, bench) => {
      let one = journal;
      await one.append(entries('g', 1, 30));
      let old = await replayed(one);
      for (let round = 1; round <= 8; round++) {
        const state = `state ${round} `.repeat(3000);
        const keep = { keepFrom: 3 * round, carry: [loose('g', `carried ${round}`)] };
        const done = Promise.allSettled([one.checkpoint('g', source(state, state), keep)]);
        for (let turn = 0; turn < round * 7; turn++) await Promise.resolve();
        one = await bench.crash();
        await done;
        const survived = await replayed(one);
        const whole = [`g=${state}${state}`, `g0:carried ${round}`, ...shown(entries('g', 3 * round, 30))];
        const fits = [old, whole].some((wanted) => findDifference(wanted, survived) === null);
        if (!fits) throw new ConformanceError(`expected the old state or the new one, saw ${show(survived)}`);
        old = survived;
      }
    }),
  ];
}
