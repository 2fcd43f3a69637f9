import { describe, expect, it } from 'vitest';
import { InvalidOptionError, isQuorateError } from '../../src/core/errors.js';
import type { CheckpointOptions, Journal, JournalRecord, ReplayItem } from '../../src/core/journal.js';

/** What the suite needs to test a kind of journal. */
export interface JournalSuiteOptions {
  /** Makes an empty place where a journal can be opened, closed and opened again. */
  place(): Promise<JournalPlace>;
}

/** A place where a journal can be opened, closed and opened again. */
export interface JournalPlace {
  open(): Promise<Journal>;
  remove(): Promise<void>;
}

/** Runs what every journal must do. */
export function journalSuite(name: string, options: JournalSuiteOptions): void {
  /** Runs a test with an open journal; `reopen` closes it and opens it anew. */
  const test = (title: string, body: (journal: Journal, reopen: () => Promise<Journal>) => Promise<void>): void => {
    it(title, async () => {
      const place = await options.place();
      let journal = await place.open();
      try {
        await body(journal, async () => {
          await journal.close();
          return (journal = await place.open());
        });
      } finally {
        await journal.close();
        await place.remove();
      }
    });
  };
  describe(name, () => {
    appendTests(test);
    readTests(test);
    checkpointTests(test);
    checkpointFailureTests(test);
    lifetimeTests(test);
  });
}

type Test = (title: string, body: (journal: Journal, reopen: () => Promise<Journal>) => Promise<void>) => void;

function appendTests(test: Test): void {
  test('is empty at first', async (journal) => {
    expect(await replayed(journal)).toEqual([]);
    expect(await journal.read('g', 1, 10)).toEqual([]);
    expect(await journal.readCheckpoint('g', 0, 10)).toBeNull();
  });

  test('replays records of several groups in the order of their appends, also after a reopening', async (journal, reopen) => {
    await journal.append([entry('a', 1), loose('b', 'vote'), entry('b', 1)]);
    await journal.append([]);
    await journal.append([entry('a', 2)]);
    const expected = ['a1:a1', 'b0:vote', 'b1:b1', 'a2:a2'];
    expect(await replayed(journal)).toEqual(expected);
    expect(await replayed(await reopen())).toEqual(expected);
  });

  test('carries out concurrent appends in the order of the calls', async (journal, reopen) => {
    const settled: number[] = [];
    const indexes = Array.from({ length: 200 }, (_, i) => i + 1);
    await Promise.all(indexes.map((index) => journal.append([entry('g', index)]).then(() => void settled.push(index))));
    expect(settled).toEqual(indexes);
    const read = await (await reopen()).read('g', 1, 200);
    expect(read.map(({ index }) => index)).toEqual(indexes);
  });

  test('resolves later, never within the call', async (journal) => {
    let resolved = false;
    const appended = journal.append([entry('g', 1)]).then(() => (resolved = true));
    expect(resolved).toBe(false);
    await appended;
  });

  test('replaces an entry and discards all behind it', async (journal, reopen) => {
    await journal.append([1, 2, 3, 4].map((index) => entry('g', index)));
    await journal.append([entry('g', 2, 'new')]);
    expect(await replayed(journal)).toEqual(['g1:g1', 'g2:new']);
    await journal.append([entry('g', 3, 'newer')]);
    const reopened = await reopen();
    expect(await replayed(reopened)).toEqual(['g1:g1', 'g2:new', 'g3:newer']);
    expect(shown(await reopened.read('g', 1, 9))).toEqual(['g1:g1', 'g2:new', 'g3:newer']);
  });

  test('refuses a gap, and then takes nothing of the call', async (journal, reopen) => {
    await expect(journal.append([entry('g', 2)])).rejects.toThrow(InvalidOptionError);
    await journal.append([entry('g', 1)]);
    await expect(journal.append([entry('h', 1), entry('g', 2), entry('g', 4)])).rejects.toThrow('at most 3');
    await journal.append([entry('g', 2)]);
    expect(await replayed(await reopen())).toEqual(['g1:g1', 'g2:g2']);
  });

  test('refuses what is no record', async (journal) => {
    const data = new Uint8Array(1);
    const wrong = [
      { group: '', index: 0, data },
      { group: 'g'.repeat(65), index: 0, data },
      { group: 'ä', index: 0, data },
      { group: 'g', index: -1, data },
      { group: 'g', index: 1.5, data },
      { group: 'g', index: 0, data: 'text' as unknown as Uint8Array },
    ];
    for (const record of wrong) await expect(journal.append([record])).rejects.toThrow(InvalidOptionError);
    expect(await replayed(journal)).toEqual([]);
  });

  test('takes any group name of 64 printable characters, and empty data', async (journal, reopen) => {
    const group = `A/b .%_${'~'.repeat(57)}`;
    await journal.append([{ group, index: 1, data: new Uint8Array(0) }]);
    await journal.checkpoint(group, source('state'), { keepFrom: 1, carry: [] });
    await journal.checkpoint(group.toLowerCase(), source('other'), { keepFrom: 1, carry: [] });
    const reopened = await reopen();
    expect(await reopened.read(group, 1, 1)).toMatchObject([{ group, index: 1, data: { length: 0 } }]);
    expect(text((await reopened.readCheckpoint(group, 0, 99))?.data)).toBe('state');
  });
}

function readTests(test: Test): void {
  test('reads what lies between two indexes', async (journal) => {
    await journal.append([1, 2, 3, 4, 5].map((index) => entry('g', index)));
    expect(shown(await journal.read('g', 2, 4))).toEqual(['g2:g2', 'g3:g3', 'g4:g4']);
    expect(shown(await journal.read('g', 4, Infinity))).toEqual(['g4:g4', 'g5:g5']);
    expect(await journal.read('g', 6, 9)).toEqual([]);
    expect(await journal.read('g', 4, 3)).toEqual([]);
    expect(await journal.read('other', 1, 9)).toEqual([]);
  });

  test('reads as many as fit into maxBytes, but one at least', async (journal) => {
    await journal.append([1, 2, 3].map((index) => entry('g', index, 'x'.repeat(100))));
    const count = async (maxBytes: number): Promise<number> => (await journal.read('g', 1, 3, { maxBytes })).length;
    expect(await Promise.all([0, 99, 199, 200, 299, 300].map(count))).toEqual([1, 1, 1, 2, 2, 3]);
  });

  test('reads across other groups and large records', async (journal, reopen) => {
    for (let index = 1; index <= 20; index += 1) {
      const big = entry('big', index, `${index}`.repeat(10_000));
      await journal.append(index % 3 === 0 ? [big, entry('small', index / 3)] : [big]);
    }
    const reopened = await reopen();
    expect(shown(await reopened.read('small', 1, 99))).toEqual([1, 2, 3, 4, 5, 6].map((i) => `small${i}:small${i}`));
    expect((await reopened.read('big', 3, 19)).map(({ index }) => index)).toEqual(
      Array.from({ length: 17 }, (_, i) => i + 3),
    );
    expect(await replayed(reopened)).toHaveLength(26);
  });

  test('stops when its signal aborts', async (journal) => {
    await journal.append([entry('g', 1), entry('g', 2)]);
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(journal.read('g', 1, 2, { signal })).rejects.toThrow('enough');
    const controller = new AbortController();
    await journal.checkpoint('g', source('state'), { keepFrom: 1, carry: [] });
    await expect(
      (async () => {
        for await (const _ of journal.replay({ signal: controller.signal })) controller.abort(new Error('enough'));
      })(),
    ).rejects.toThrow('enough');
  });

  test('a replay that is left early hinders nothing', async (journal, reopen) => {
    await journal.append([entry('g', 1), entry('g', 2)]);
    for await (const _ of journal.replay()) break;
    await journal.append([entry('g', 3)]);
    expect(await replayed(await reopen())).toHaveLength(3);
  });

  test('a replay shows what was there when it began', async (journal) => {
    await journal.append([entry('g', 1), entry('g', 2), entry('g', 3), loose('g', 'vote')]);
    await journal.checkpoint('g', source('old'), { keepFrom: 2, carry: [loose('g', 'carried')] });
    const iterator = journal.replay()[Symbol.asyncIterator]();
    const first = await iterator.next();
    await journal.append([entry('g', 2, 'new'), loose('g', 'later')]);
    await journal.checkpoint('g', source('new'), { keepFrom: Infinity, carry: [] });
    const items = [await shownItem(first.value as ReplayItem)];
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
      items.push(await shownItem(next.value));
    }
    expect(items).toEqual(['g=old', 'g0:carried', 'g2:g2', 'g3:g3']);
  });
}

function checkpointTests(test: Test): void {
  test('a checkpoint takes the place of what is below it', async (journal, reopen) => {
    await journal.append([entry('g', 1), entry('g', 2), entry('g', 3), loose('g', 'vote'), entry('other', 1)]);
    await journal.checkpoint('g', source('one ', 'state'), { keepFrom: 3, carry: [loose('g', 'carried')] });
    await journal.append([loose('g', 'new vote'), entry('g', 4)]);
    const expected = ['g=one state', 'g0:carried', 'g3:g3', 'other1:other1', 'g0:new vote', 'g4:g4'];
    expect(await replayed(journal)).toEqual(expected);
    expect(shown(await journal.read('g', 1, 9))).toEqual(['g3:g3', 'g4:g4']);
    const reopened = await reopen();
    expect(await replayed(reopened)).toEqual(expected);
    expect(shown(await reopened.read('g', 1, 9))).toEqual(['g3:g3', 'g4:g4']);
  });

  test('keeps what is appended while it is written', async (journal, reopen) => {
    await journal.append([entry('g', 1), entry('g', 2), loose('g', 'vote')]);
    const gate = gated('state');
    const done = journal.checkpoint('g', gate.chunks, { keepFrom: Infinity, carry: [] });
    await journal.append([entry('g', 3), loose('g', 'vote meanwhile')]);
    expect(await replayed(journal)).toHaveLength(5);
    gate.open();
    await done;
    const expected = ['g=state', 'g3:g3', 'g0:vote meanwhile'];
    expect(await replayed(journal)).toEqual(expected);
    await expect(journal.append([entry('g', 5)])).rejects.toThrow(InvalidOptionError);
    expect(await replayed(await reopen())).toEqual(expected);
  });

  test('survives a truncation below keepFrom while it is written', async (journal, reopen) => {
    await journal.append([1, 2, 3, 4, 5].map((index) => entry('g', index)));
    const gate = gated('state');
    const done = journal.checkpoint('g', gate.chunks, { keepFrom: 4, carry: [] });
    await journal.append([entry('g', 6)]);
    await journal.append([entry('g', 2, 'new')]);
    gate.open();
    await done;
    await journal.append([entry('g', 3, 'new')]);
    expect(await replayed(await reopen())).toEqual(['g=state', 'g2:new', 'g3:new']);
  });

  test('after keepFrom Infinity the next entry may have any index', async (journal, reopen) => {
    await journal.append([entry('g', 1), entry('g', 2)]);
    await journal.checkpoint('g', source('state'), { keepFrom: Infinity, carry: [] });
    expect(await journal.read('g', 1, 9)).toEqual([]);
    const reopened = await reopen();
    await reopened.append([entry('g', 500)]);
    await expect(reopened.append([entry('g', 502)])).rejects.toThrow(InvalidOptionError);
    expect(await replayed(await reopen())).toEqual(['g=state', 'g500:g500']);
  });

  test('after a keepFrom above the last entry the next one may have that index', async (journal, reopen) => {
    await journal.append([entry('g', 1), entry('g', 2)]);
    await journal.checkpoint('g', source('state'), { keepFrom: 10, carry: [] });
    const reopened = await reopen();
    await expect(reopened.append([entry('g', 11)])).rejects.toThrow(InvalidOptionError);
    await reopened.append([entry('g', 10)]);
    expect(await replayed(await reopen())).toEqual(['g=state', 'g10:g10']);
  });

  test('the last entry is still known when a checkpoint dropped it', async (journal, reopen) => {
    await journal.append([entry('g', 1), entry('g', 2)]);
    await journal.checkpoint('g', source('state'), { keepFrom: 3, carry: [] });
    const reopened = await reopen();
    await expect(reopened.append([entry('g', 4)])).rejects.toThrow(InvalidOptionError);
    await reopened.append([entry('g', 3)]);
    await reopened.append([entry('g', 2, 'below')]);
    expect(await replayed(await reopen())).toEqual(['g=state', 'g2:below']);
  });

  test('reads a checkpoint in pieces with a growing sequence', async (journal, reopen) => {
    const state = Array.from({ length: 50_000 }, (_, i) => `${i},`).join('');
    await journal.checkpoint('g', source('old'), { keepFrom: 1, carry: [] });
    const old = await journal.readCheckpoint('g', 0, 100);
    await journal.checkpoint('g', source(state.slice(0, 7), state.slice(7, 200_000), state.slice(200_000)), {
      keepFrom: 1,
      carry: [],
    });
    const reopened = await reopen();
    let read = '';
    for (let offset = 0; ; offset = read.length) {
      const piece = await reopened.readCheckpoint('g', offset, 77_777);
      expect(piece).toMatchObject({ offset, size: state.length });
      expect(piece!.sequence).toBeGreaterThan(old!.sequence);
      if (piece!.data.length === 0) break;
      read += text(piece!.data);
    }
    expect(read).toBe(state);
    expect((await replayed(reopened))[0]).toBe(`g=${state}`);
  });

  test('takes an empty checkpoint', async (journal, reopen) => {
    await journal.checkpoint('g', source(), { keepFrom: 1, carry: [] });
    expect(await (await reopen()).readCheckpoint('g', 5, 5)).toMatchObject({ size: 0, offset: 0, data: { length: 0 } });
    expect(await replayed(await reopen())).toEqual(['g=']);
  });
}

function checkpointFailureTests(test: Test): void {
  test('a source that throws changes nothing', async (journal, reopen) => {
    await journal.append([entry('g', 1), loose('g', 'vote')]);
    await journal.checkpoint('g', source('first'), { keepFrom: 1, carry: [loose('g', 'vote')] });
    await expect(journal.checkpoint('g', failing(), { keepFrom: Infinity, carry: [] })).rejects.toThrow('no state');
    await journal.append([entry('g', 2)]);
    const expected = ['g=first', 'g0:vote', 'g1:g1', 'g2:g2'];
    expect(await replayed(journal)).toEqual(expected);
    const reopened = await reopen();
    expect(await replayed(reopened)).toEqual(expected);
    await reopened.checkpoint('g', source('second'), { keepFrom: 2, carry: [] });
    expect(await replayed(reopened)).toEqual(['g=second', 'g2:g2']);
  });

  test('refuses a second checkpoint of a group meanwhile, not one of another', async (journal) => {
    const gate = gated('state');
    const options: CheckpointOptions = { keepFrom: 1, carry: [] };
    const done = journal.checkpoint('g', gate.chunks, options);
    const second = await journal.checkpoint('g', source('x'), options).catch((error: unknown) => error);
    expect(isQuorateError(second, 'checkpoint-under-way')).toBe(true);
    await journal.checkpoint('other', source('x'), options);
    gate.open();
    await done;
    await journal.checkpoint('g', source('y'), options);
  });

  test('refuses wrong options', async (journal) => {
    const wrong: CheckpointOptions[] = [
      { keepFrom: 0, carry: [] },
      { keepFrom: NaN, carry: [] },
      { keepFrom: 1, carry: [entry('g', 1)] },
      { keepFrom: 1, carry: [loose('other', 'vote')] },
    ];
    for (const options of wrong) {
      await expect(journal.checkpoint('g', source('x'), options)).rejects.toThrow(InvalidOptionError);
    }
    await expect(journal.checkpoint('', source('x'), { keepFrom: 1, carry: [] })).rejects.toThrow(InvalidOptionError);
    expect(await journal.readCheckpoint('g', 0, 1)).toBeNull();
  });
}

function lifetimeTests(test: Test): void {
  test('closing waits for the appends under way, refuses what follows, and may be done twice', async (journal, reopen) => {
    const appended = journal.append([entry('g', 1)]);
    await Promise.all([journal.close(), journal.close()]);
    await appended;
    await journal[Symbol.asyncDispose]();
    const refused = [
      journal.append([entry('g', 2)]),
      journal.read('g', 1, 1),
      journal.readCheckpoint('g', 0, 1),
      journal.checkpoint('g', source('x'), { keepFrom: 1, carry: [] }),
      replayed(journal),
    ];
    for (const call of refused) await expect(call).rejects.toMatchObject({ code: 'closed' });
    expect(await replayed(await reopen())).toEqual(['g1:g1']);
  });

  test('a checkpoint that is cut off by closing changes nothing', async (journal, reopen) => {
    await journal.append([entry('g', 1)]);
    const gate = gated('state');
    const checkpoint = journal.checkpoint('g', gate.chunks, { keepFrom: Infinity, carry: [] });
    const [outcome] = await Promise.allSettled([checkpoint, journal.close().then(() => gate.open())]);
    expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'closed' } });
    expect(await replayed(await reopen())).toEqual(['g1:g1']);
  });
}

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

/** A source that gives half its chunks and then throws. */
async function* failing(): AsyncIterable<Uint8Array> {
  yield new Uint8Array(100_000);
  throw new Error('no state');
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
export async function replayed(journal: Journal): Promise<string[]> {
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
