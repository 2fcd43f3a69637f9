import { describe, expect, it } from 'vitest';
import { isQuorateError } from '../../src/core/errors.js';
import { seededRandom } from '../../src/core/random.js';
import { encodeFrame } from '../../src/storage/file/record-format.js';
import { JournalError } from '../../src/storage/file.js';
import { ForgetfulFileLayer } from './forgetful-file-layer.js';
import { entry, loose, replayed, source } from './records.js';
import { journalOptions, withJournal } from './temporary-place.js';

const SEGMENT = '/journal/segment-0000000000000000';
const HEADER_BYTES = 28;
const FRAME_BYTES = 29 + 1 + 20;
/** Twenty bytes, none of them zero. */
const content = (index: number): string => `entry ${index} `.padEnd(20, '.');
const expected = (count: number): string[] => Array.from({ length: count }, (_, i) => `g${i + 1}:${content(i + 1)}`);

/** A journal in memory with `count` entries of equal size, in one append or in as many as there are. */
async function prepare(count: number, together: boolean): Promise<{ layer: ForgetfulFileLayer; intact: Buffer }> {
  const layer = new ForgetfulFileLayer(seededRandom(1));
  await withJournal(journalOptions('/journal', { fileLayer: layer }), async (journal) => {
    const records = Array.from({ length: count }, (_, i) => entry('g', i + 1, content(i + 1)));
    if (together) return journal.append(records);
    for (const record of records) await journal.append([record]);
  });
  return { layer, intact: Buffer.from(layer.content(SEGMENT)) };
}

/** What a journal replays, or the error with which it refuses to open. */
async function outcome(layer: ForgetfulFileLayer): Promise<string[] | JournalError> {
  try {
    return await withJournal(journalOptions('/journal', { fileLayer: layer }), replayed);
  } catch (error) {
    if (error instanceof JournalError) return error;
    throw error;
  }
}

function flip(bytes: Buffer, at: number, mask = 0xff): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] as number) ^ mask;
  return copy;
}

describe.each([
  { how: 'one append', together: true },
  { how: 'an append each', together: false },
])('a file journal whose records came in $how', ({ together }) => {
  it('loses only what was cut off, wherever the file ends, and goes on', async () => {
    const { layer, intact } = await prepare(4, together);
    for (let size = 0; size <= intact.length; size += 1) {
      layer.damage(SEGMENT, intact.subarray(0, size));
      const whole = Math.max(0, Math.floor((size - HEADER_BYTES) / FRAME_BYTES));
      expect(await outcome(layer), `cut at ${size}`).toEqual(expected(whole));
      await withJournal(journalOptions('/journal', { fileLayer: layer }), (journal) =>
        journal.append([entry('g', whole + 1, content(whole + 1))]),
      );
      expect(await outcome(layer), `after an append behind the cut at ${size}`).toEqual(expected(whole + 1));
    }
  });

  it('cuts zeros and garbage at the end', async () => {
    const { layer, intact } = await prepare(3, together);
    for (const tail of [
      Buffer.alloc(1),
      Buffer.alloc(5000),
      Buffer.alloc(700, 0xa7),
      Buffer.from(intact.subarray(28)),
    ]) {
      layer.damage(SEGMENT, Buffer.concat([intact, tail]));
      expect(await outcome(layer)).toEqual(expected(3));
    }
    const zeroed = Buffer.from(intact).fill(0, HEADER_BYTES + 2 * FRAME_BYTES + 7);
    layer.damage(SEGMENT, zeroed);
    expect(await outcome(layer)).toEqual(expected(2));
  });

  it('refuses to open when any byte before the last record is damaged, and changes nothing', async () => {
    const { layer, intact } = await prepare(4, together);
    for (let at = 0; at < intact.length - FRAME_BYTES; at += 1) {
      const damaged = flip(intact, at, 1 << (at % 8));
      layer.damage(SEGMENT, damaged);
      const frame = Math.floor((at - HEADER_BYTES) / FRAME_BYTES);
      const offset = at < HEADER_BYTES ? 0 : HEADER_BYTES + frame * FRAME_BYTES;
      expect(await outcome(layer), `byte ${at}`).toMatchObject({ code: 'journal-corrupt', path: SEGMENT, offset });
      expect(layer.content(SEGMENT).equals(damaged)).toBe(true);
    }
  });

  it('cuts the last record when it is damaged', async () => {
    const { layer, intact } = await prepare(4, together);
    for (let at = intact.length - FRAME_BYTES; at < intact.length; at += 1) {
      layer.damage(SEGMENT, flip(intact, at));
      expect(await outcome(layer), `byte ${at}`).toEqual(expected(3));
    }
  });
});

describe('a file journal with damaged files', () => {
  it('names file, byte and remedy', async () => {
    const { layer, intact } = await prepare(3, false);
    layer.damage(SEGMENT, flip(intact, HEADER_BYTES + 40));
    const error = (await outcome(layer)) as JournalError;
    expect(error.message).toContain(`${SEGMENT} is corrupt at byte ${HEADER_BYTES}`);
    expect(error.message).toContain('Do not put an older copy in its place');
    expect(isQuorateError(error, 'journal-corrupt')).toBe(true);
  });

  it('is not fooled by data that looks like a frame in its place', async () => {
    const { layer } = await prepare(2, false);
    const position = 2 * FRAME_BYTES + 29 + 1;
    const forged = Buffer.alloc(FRAME_BYTES);
    encodeFrame(forged, 0, entry('g', 9, content(9)), { position, batchStart: position, salt: 0 });
    await withJournal(journalOptions('/journal', { fileLayer: layer }), (journal) =>
      journal.append([{ group: 'g', index: 3, data: new Uint8Array(forged) }]),
    );
    layer.damage(SEGMENT, flip(layer.content(SEGMENT), HEADER_BYTES + 2 * FRAME_BYTES));
    expect(await outcome(layer)).toEqual(expected(2));
  });

  it('cuts a write of which a sector in the middle never came, but not when a later write proves it was there', async () => {
    const layer = new ForgetfulFileLayer(seededRandom(1));
    const options = journalOptions('/journal', { fileLayer: layer });
    const batch = Array.from({ length: 60 }, (_, i) => entry('g', i + 2, content(i + 2)));
    await withJournal(options, async (journal) => {
      await journal.append([entry('g', 1, content(1))]);
      await journal.append(batch);
    });
    const torn = Buffer.from(layer.content(SEGMENT)).fill(0, 1024, 1536);
    layer.damage(SEGMENT, torn);
    const whole = Math.floor((1024 - HEADER_BYTES) / FRAME_BYTES);
    expect(await outcome(layer)).toEqual(expected(whole));

    const proven = await prepare(60, false);
    proven.layer.damage(SEGMENT, Buffer.from(proven.intact).fill(0, 1024, 1536));
    expect(await outcome(proven.layer)).toMatchObject({ code: 'journal-corrupt' });
  });

  it('refuses a bad tail of a segment that is not the last, and a missing one', async () => {
    const { layer, segments } = await manySegments();
    const second = `/journal/${segments[1]}`;
    const intact = Buffer.from(layer.content(second));
    for (const damaged of [intact.subarray(0, -1), flip(intact, intact.length - 1), flip(intact, 3)]) {
      layer.damage(second, damaged);
      expect(await outcome(layer)).toMatchObject({ code: 'journal-corrupt' });
    }
    layer.damage(second, intact);
    expect(await outcome(layer)).toHaveLength(100);
    await layer.rename(second, '/journal/elsewhere');
    expect(await outcome(layer)).toMatchObject({ code: 'journal-missing-file', path: second });
    await layer.rename('/journal/elsewhere', second);
    await layer.remove(`/journal/${segments[0]}`);
    expect(await outcome(layer)).toMatchObject({ code: 'journal-missing-file', path: `/journal/${segments[0]}` });
  });

  it('refuses a damaged checkpoint, at the latest when it is read', async () => {
    const layer = new ForgetfulFileLayer(seededRandom(1));
    await withJournal(journalOptions('/journal', { fileLayer: layer }), async (journal) => {
      await journal.append([entry('g', 1)]);
      await journal.checkpoint('g', source('state of things'), { keepFrom: 1, carry: [loose('g', 'vote')] });
    });
    const path = '/journal/checkpoint-0000000001-g';
    const intact = Buffer.from(layer.content(path));
    for (let at = 0; at < intact.length; at += 1) {
      layer.damage(path, flip(intact, at));
      expect(await outcome(layer), `byte ${at}`).toMatchObject({ code: 'journal-corrupt', path });
      layer.damage(path, intact.subarray(0, at));
      expect(await outcome(layer), `cut at ${at}`).toMatchObject({ code: 'journal-corrupt', path });
    }
    const noFacts = Buffer.concat([intact.subarray(0, -12), Buffer.alloc(8), intact.subarray(-4)]);
    layer.damage(path, noFacts);
    expect(await outcome(layer)).toMatchObject({ code: 'journal-corrupt', path });
  });

  it('refuses a directory whose metadata are missing or damaged', async () => {
    const { layer } = await prepare(1, true);
    const metadata = Buffer.from(layer.content('/journal/journal.json'));
    for (const content of ['', '{}', 'null', metadata.subarray(0, -3)]) {
      layer.damage('/journal/journal.json', Buffer.from(content));
      expect(await outcome(layer)).toMatchObject({ code: 'journal-corrupt', path: '/journal/journal.json' });
    }
    await layer.remove('/journal/journal.json');
    expect(await outcome(layer)).toMatchObject({ code: 'journal-missing-file', path: '/journal/journal.json' });
  });

  it('refuses metadata of which any byte is another, and cuts nothing off', async () => {
    const { layer, intact } = await prepare(2, false);
    const path = '/journal/journal.json';
    const metadata = Buffer.from(layer.content(path));
    for (let at = 0; at < metadata.length; at += 1) {
      layer.damage(path, flip(metadata, at, 1));
      const refused = await outcome(layer);
      if (Array.isArray(refused)) expect(refused, `byte ${at}: white space`).toEqual(expected(2));
      else expect(refused.code, `byte ${at}`).toMatch(/^journal-(corrupt|mismatch)$/);
      expect(layer.content(SEGMENT), `byte ${at}`).toEqual(intact);
    }
  });

  it('notices damage that happens while it is open', async () => {
    const { layer, intact } = await prepare(2, true);
    await withJournal(journalOptions('/journal', { fileLayer: layer }), async (journal) => {
      layer.damage(SEGMENT, flip(intact, intact.length - 1));
      await expect(journal.read('g', 1, 2)).rejects.toMatchObject({ code: 'journal-corrupt' });
      await expect(replayed(journal)).rejects.toMatchObject({ code: 'journal-corrupt' });
      layer.damage(SEGMENT, intact.subarray(0, -5));
      await expect(journal.read('g', 1, 2)).rejects.toMatchObject({ code: 'journal-corrupt' });
      await expect(replayed(journal)).rejects.toMatchObject({ code: 'journal-corrupt' });
    });
  });
});

async function manySegments(): Promise<{ layer: ForgetfulFileLayer; segments: string[] }> {
  const layer = new ForgetfulFileLayer(seededRandom(1));
  await withJournal(journalOptions('/journal', { fileLayer: layer, segmentBytes: 4096 }), async (journal) => {
    for (let index = 1; index <= 100; index += 1) await journal.append([entry('g', index, 'x'.repeat(200))]);
  });
  const names = await layer.list('/journal');
  return { layer, segments: names.filter((name) => name.startsWith('segment')).sort() };
}
