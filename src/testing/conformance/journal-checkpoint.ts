import type { CheckpointOptions, Journal } from '../../core/index.js';
import { holds, rejects, same, type ConformanceCase } from './case.js';
import {
  entries,
  entry,
  failing,
  gated,
  loose,
  replayed,
  shown,
  source,
  text,
  type JournalBench,
  type JournalTest,
} from './journal-bench.js';

/** What checkpoints replace, keep and refuse. */
export function checkpointCases(test: JournalTest): ConformanceCase[] {
  return [...replacing(test), ...underWay(test), ...pieces(test), ...failures(test)];
}

const NOTHING_ELSE: CheckpointOptions = { keepFrom: 1, carry: [] };

function replacing(test: JournalTest): ConformanceCase[] {
  return [
    test('puts a checkpoint and what it carries in the place of what is below keepFrom', replacesBelow),
    test('keeps all entries with keepFrom 1, but no records with index 0', async (journal, bench) => {
      await journal.append([loose('g', 'vote'), ...entries('g', 1, 3), loose('g', 'later vote')]);
      await journal.checkpoint('g', source('state'), NOTHING_ELSE);
      const expected = ['g=state', 'g1:g1', 'g2:g2', 'g3:g3'];
      same('what it replays', await replayed(await bench.reopen()), expected);
    }),
    test('puts a newer checkpoint in the place of the older one and of what that carried', async (journal, bench) => {
      await journal.append(entries('g', 1, 4));
      await journal.checkpoint('g', source('first'), { keepFrom: 2, carry: [loose('g', 'one'), loose('g', 'two')] });
      await journal.checkpoint('g', source('second'), { keepFrom: 4, carry: [loose('g', 'three')] });
      const reopened = await bench.reopen();
      same('what it replays', await replayed(reopened), ['g=second', 'g0:three', 'g4:g4']);
      same('what it reads', shown(await reopened.read('g', 1, 9)), ['g4:g4']);
    }),
    test('leaves other groups alone', async (journal, bench) => {
      await journal.append([entry('g', 1), entry('h', 1), loose('h', 'vote')]);
      await journal.checkpoint('h', source('state of h'), { keepFrom: 1, carry: [loose('h', 'carried')] });
      await journal.checkpoint('g', source('state of g'), { keepFrom: Infinity, carry: [] });
      const items = await replayed(await bench.reopen());
      same('what it replays', items.sort(), ['g=state of g', 'h0:carried', 'h1:h1', 'h=state of h']);
    }),
    test('takes a checkpoint of a group that has no records', async (journal, bench) => {
      await journal.checkpoint('g', source('state'), { keepFrom: 8, carry: [] });
      const reopened = await bench.reopen();
      same('what it replays', await replayed(reopened), ['g=state']);
      await rejects('an entry beyond keepFrom', 'invalid-option', () => reopened.append([entry('g', 9)]));
      await reopened.append([entry('g', 8)]);
      same('what it reads', shown(await reopened.read('g', 1, 9)), ['g8:g8']);
    }),
    test('takes any next entry after keepFrom Infinity', async (journal, bench) => {
      await journal.append(entries('g', 1, 2));
      await journal.checkpoint('g', source('state'), { keepFrom: Infinity, carry: [] });
      same('what it reads', await journal.read('g', 1, 9), []);
      const reopened = await bench.reopen();
      await reopened.append([entry('g', 500)]);
      await rejects('a gap', 'invalid-option', () => reopened.append([entry('g', 502)]));
      same('what it replays', await replayed(await bench.reopen()), ['g=state', 'g500:g500']);
    }),
    test('takes an entry with the index keepFrom when that is above the last one', async (journal, bench) => {
      await journal.append(entries('g', 1, 2));
      await journal.checkpoint('g', source('state'), { keepFrom: 10, carry: [] });
      const reopened = await bench.reopen();
      await rejects('a gap', 'invalid-option', () => reopened.append([entry('g', 11)]));
      await reopened.append([entry('g', 10)]);
      same('what it replays', await replayed(await bench.reopen()), ['g=state', 'g10:g10']);
    }),
    test('still knows the last entry when a checkpoint has dropped it', async (journal, bench) => {
      await journal.append(entries('g', 1, 2));
      await journal.checkpoint('g', source('state'), { keepFrom: 3, carry: [] });
      const reopened = await bench.reopen();
      await rejects('a gap', 'invalid-option', () => reopened.append([entry('g', 4)]));
      await reopened.append([entry('g', 3)]);
      await reopened.append([entry('g', 2, 'below')]);
      same('what it replays', await replayed(await bench.reopen()), ['g=state', 'g2:below']);
    }),
    test('truncates among the entries that a checkpoint kept', async (journal, bench) => {
      await journal.append(entries('g', 1, 6));
      await journal.checkpoint('g', source('state'), { keepFrom: 3, carry: [] });
      await journal.append([entry('g', 4, 'new')]);
      const reopened = await bench.reopen();
      same('what it reads', shown(await reopened.read('g', 1, 9)), ['g3:g3', 'g4:new']);
      same('what it replays', await replayed(reopened), ['g=state', 'g3:g3', 'g4:new']);
    }),
  ];
}

async function replacesBelow(journal: Journal, bench: JournalBench): Promise<void> {
  await journal.append([...entries('g', 1, 3), loose('g', 'vote'), entry('other', 1)]);
  await journal.checkpoint('g', source('one ', 'state'), { keepFrom: 3, carry: [loose('g', 'carried')] });
  await journal.append([loose('g', 'new vote'), entry('g', 4)]);
  const expected = ['g=one state', 'g0:carried', 'g3:g3', 'other1:other1', 'g0:new vote', 'g4:g4'];
  same('what it replays', await replayed(journal), expected);
  same('what it reads', shown(await journal.read('g', 1, 9)), ['g3:g3', 'g4:g4']);
  const reopened = await bench.reopen();
  same('what it replays later', await replayed(reopened), expected);
  same('what it reads later', shown(await reopened.read('g', 1, 9)), ['g3:g3', 'g4:g4']);
}

function underWay(test: JournalTest): ConformanceCase[] {
  return [
    test('shows the old state until a checkpoint has ended', async (journal) => {
      await journal.append([entry('g', 1), loose('g', 'vote')]);
      await journal.checkpoint('g', source('old'), { keepFrom: 1, carry: [loose('g', 'carried')] });
      const gate = gated('new');
      const done = journal.checkpoint('g', gate.chunks, { keepFrom: Infinity, carry: [] });
      same('what it replays meanwhile', await replayed(journal), ['g=old', 'g0:carried', 'g1:g1']);
      same('the checkpoint meanwhile', text((await journal.readCheckpoint('g', 0, 9))?.data), 'old');
      gate.open();
      await done;
      same('what it replays', await replayed(journal), ['g=new']);
    }),
    test('keeps what is appended while a checkpoint is written', async (journal, bench) => {
      await journal.append([...entries('g', 1, 2), loose('g', 'vote')]);
      const gate = gated('state');
      const done = journal.checkpoint('g', gate.chunks, { keepFrom: Infinity, carry: [] });
      await journal.append([entry('g', 3), loose('g', 'vote meanwhile')]);
      same('the number of records meanwhile', (await replayed(journal)).length, 5);
      gate.open();
      await done;
      const expected = ['g=state', 'g3:g3', 'g0:vote meanwhile'];
      same('what it replays', await replayed(journal), expected);
      await rejects('a gap', 'invalid-option', () => journal.append([entry('g', 5)]));
      same('what it replays later', await replayed(await bench.reopen()), expected);
    }),
    test('keeps a truncation below keepFrom that comes while a checkpoint is written', async (journal, bench) => {
      await journal.append(entries('g', 1, 5));
      const gate = gated('state');
      const done = journal.checkpoint('g', gate.chunks, { keepFrom: 4, carry: [] });
      await journal.append([entry('g', 6)]);
      await journal.append([entry('g', 2, 'new')]);
      gate.open();
      await done;
      await journal.append([entry('g', 3, 'new')]);
      same('what it replays', await replayed(await bench.reopen()), ['g=state', 'g2:new', 'g3:new']);
    }),
    test('has one checkpoint of a group at a time, whatever other groups do', async (journal) => {
      const gate = gated('state');
      const done = journal.checkpoint('g', gate.chunks, NOTHING_ELSE);
      const second = (): Promise<void> => journal.checkpoint('g', source('x'), NOTHING_ELSE);
      await rejects('a second checkpoint meanwhile', 'checkpoint-under-way', second);
      await journal.checkpoint('other', source('x'), NOTHING_ELSE);
      gate.open();
      await done;
      await journal.checkpoint('g', source('y'), NOTHING_ELSE);
      same('the checkpoint', text((await journal.readCheckpoint('g', 0, 9))?.data), 'y');
    }),
  ];
}

function pieces(test: JournalTest): ConformanceCase[] {
  return [
    test('reads a checkpoint in pieces with a growing sequence', async (journal, bench) => {
      const state = Array.from({ length: 50_000 }, (_, i) => `${i},`).join('');
      await journal.checkpoint('g', source('old'), NOTHING_ELSE);
      const old = await journal.readCheckpoint('g', 0, 100);
      const chunks = source(state.slice(0, 7), state.slice(7, 200_000), state.slice(200_000));
      await journal.checkpoint('g', chunks, NOTHING_ELSE);
      const reopened = await bench.reopen();
      let read = '';
      for (let offset = 0; offset < state.length; offset = read.length) {
        const piece = await reopened.readCheckpoint('g', offset, 77_777);
        holds(piece !== null && piece.data.length > 0, `a piece at ${offset}`, piece);
        same('its offset and the size', [piece.offset, piece.size], [offset, state.length]);
        holds(piece.sequence > old!.sequence, `a sequence above ${old!.sequence}`, piece.sequence);
        read += text(piece.data);
      }
      holds(read === state, 'the pieces to be the state', read);
      holds((await replayed(reopened))[0] === `g=${state}`, 'the replayed chunks to be the state');
    }),
    test('gives an empty piece behind the end of a checkpoint', async (journal) => {
      await journal.checkpoint('g', source('state'), NOTHING_ELSE);
      for (const offset of [5, 99]) {
        const piece = await journal.readCheckpoint('g', offset, 9);
        same('the size and the bytes', [piece?.size, piece?.data.length], [5, 0]);
      }
      const last = await journal.readCheckpoint('g', 3, 9);
      same('the last piece', [last?.offset, text(last?.data)], [3, 'te']);
    }),
    test('gives sequences that grow across openings', async (journal, bench) => {
      let last = -1;
      for (let one = journal, turn = 0; turn < 3; turn++, one = await bench.reopen()) {
        await one.checkpoint('g', source(`state ${turn}`), NOTHING_ELSE);
        const piece = await one.readCheckpoint('g', 0, 99);
        holds(piece !== null && piece.sequence > last, `a sequence above ${last}`, piece);
        last = piece.sequence;
      }
    }),
    test('takes an empty checkpoint', async (journal, bench) => {
      await journal.checkpoint('g', source(), NOTHING_ELSE);
      const reopened = await bench.reopen();
      const piece = await reopened.readCheckpoint('g', 5, 5);
      same('the piece', [piece?.size, piece?.offset, piece?.data.length], [0, 0, 0]);
      same('what it replays', await replayed(reopened), ['g=']);
    }),
    test('takes a checkpoint in many small chunks, empty ones among them', async (journal, bench) => {
      const chunks = Array.from({ length: 500 }, (_, i) => (i % 3 === 0 ? '' : `${i};`));
      await journal.checkpoint('g', source(...chunks), NOTHING_ELSE);
      same('what it replays', await replayed(await bench.reopen()), [`g=${chunks.join('')}`]);
    }),
  ];
}

function failures(test: JournalTest): ConformanceCase[] {
  return [
    test('changes nothing when the chunks of a checkpoint throw', async (journal, bench) => {
      const error = new Error('no state');
      await journal.append([entry('g', 1), loose('g', 'vote')]);
      await journal.checkpoint('g', source('first'), { keepFrom: 1, carry: [loose('g', 'vote')] });
      for (const chunks of [failing(error), failing(error, 'x'.repeat(100_000))]) {
        const checkpoint = (): Promise<void> => journal.checkpoint('g', chunks, { keepFrom: Infinity, carry: [] });
        await rejects('the checkpoint', error, checkpoint);
      }
      await journal.append([entry('g', 2)]);
      const expected = ['g=first', 'g0:vote', 'g1:g1', 'g2:g2'];
      same('what it replays', await replayed(journal), expected);
      const reopened = await bench.reopen();
      same('what it replays later', await replayed(reopened), expected);
      await reopened.checkpoint('g', source('second'), { keepFrom: 2, carry: [] });
      same('what it replays in the end', await replayed(reopened), ['g=second', 'g2:g2']);
    }),
    test('has no checkpoint when the first one fails', async (journal, bench) => {
      const error = new Error('no state');
      const checkpoint = (): Promise<void> => journal.checkpoint('g', failing(error, 'x'), NOTHING_ELSE);
      await rejects('the checkpoint', error, checkpoint);
      same('the checkpoint', await (await bench.reopen()).readCheckpoint('g', 0, 1), null);
    }),
    test('refuses wrong options of a checkpoint', async (journal) => {
      const wrong: CheckpointOptions[] = [
        { keepFrom: 0, carry: [] },
        { keepFrom: 1.5, carry: [] },
        { keepFrom: NaN, carry: [] },
        { keepFrom: 1, carry: [entry('g', 1)] },
        { keepFrom: 1, carry: [loose('other', 'vote')] },
      ];
      for (const options of wrong) {
        await rejects('wrong options', 'invalid-option', () => journal.checkpoint('g', source('x'), options));
      }
      await rejects('no group', 'invalid-option', () => journal.checkpoint('', source('x'), NOTHING_ELSE));
      same('the checkpoint', await journal.readCheckpoint('g', 0, 1), null);
    }),
  ];
}
