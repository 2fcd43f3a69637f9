import { CHECKPOINT, METADATA, replayJournal, SEGMENT, writeJournal, type WrittenJournal } from '../journal-files.js';
import { MemoryFiles } from '../memory-files.js';
import { concatenate, damage, mutate } from '../mutate.js';
import type { Random } from '../random.js';
import { assertRefusal, ensure, ensureSame, type Target } from '../target.js';

const CODES = ['journal-corrupt', 'journal-mismatch', 'journal-missing-file'];
const NAMES = [METADATA, SEGMENT, CHECKPOINT];

const JOURNALS: readonly WrittenJournal[] = await Promise.all(
  [[1], [3, 1, 2], [1, 1, 1, 1, 4]].map((sizes, salt) => writeJournal(salt, sizes, false)),
);
const WITH_CHECKPOINT = await writeJournal(JOURNALS.length, [2, 1], true);

/** A segment, mostly with bytes overwritten. An input is the number of a journal and the bytes of its segment. */
export const journalSegment: Target = {
  name: 'journal-segment',
  valid: (random) => withSegment(random, (segment) => segment),
  generate: (random) => withSegment(random, (segment) => damage(random, segment)),
  async check(input) {
    const journal = JOURNALS[(input[0] ?? 0) % JOURNALS.length]!;
    const segment = input.slice(1);
    const layer = new MemoryFiles(new Map([...journal.files, [SEGMENT, segment]]));
    const replayed = await replay(layer);
    if (replayed === null) {
      ensureSame('a segment that is refused', segment, layer.files.get(SEGMENT));
      return 'rejected';
    }
    ensureSame('a prefix of what was appended', journal.appends.flat().slice(0, replayed.length), replayed);
    const least = intactRecords(journal, segment);
    ensure(replayed.length >= least, `${replayed.length} records are left, and ${least} must be`);
    ensureSame('opened again', replayed, await replay(layer));
    return 'accepted';
  },
};

/** Any one file of a journal with a checkpoint, with bytes changed, moved and cut off. */
export const journalFiles: Target = {
  name: 'journal-files',
  valid: (random) => withFile(random, (bytes) => bytes),
  generate: (random) =>
    withFile(random, (bytes) => (random.oneIn(2) ? damage(random, bytes) : mutate(random, bytes, bytes))),
  async check(input) {
    const name = NAMES[(input[0] ?? 0) % NAMES.length]!;
    const replayed = await replay(new MemoryFiles(new Map([...WITH_CHECKPOINT.files, [name, input.slice(1)]])));
    if (replayed === null) return 'rejected';
    const all = [...WITH_CHECKPOINT.checkpoint, ...WITH_CHECKPOINT.appends.flat()];
    // The end of a segment may have been torn; nothing else may be missing.
    ensureSame(`with this ${name}`, name === SEGMENT ? all.slice(0, replayed.length) : all, replayed);
    return 'accepted';
  },
};

function withSegment(random: Random, change: (segment: Uint8Array) => Uint8Array): Uint8Array {
  const number = random.below(JOURNALS.length);
  return concatenate([Uint8Array.of(number), change(JOURNALS[number]!.files.get(SEGMENT)!)]);
}

function withFile(random: Random, change: (bytes: Uint8Array) => Uint8Array): Uint8Array {
  const file = random.below(NAMES.length);
  return concatenate([Uint8Array.of(file), change(WITH_CHECKPOINT.files.get(NAMES[file]!)!)]);
}

/** `null` when it cannot be opened, or not be read to its end. */
async function replay(layer: MemoryFiles): Promise<string[] | null> {
  try {
    return await replayJournal(layer);
  } catch (error) {
    assertRefusal(error, CODES);
    return null;
  }
}

/**
 * How many records must be left when a segment can be opened: all when a later append than the damaged ones is intact,
 * which proves that they had been durable; else those before the damage. A segment of another length was cut or
 * lengthened, which looks like a write that was torn.
 */
function intactRecords({ files, appends, ends }: WrittenJournal, segment: Uint8Array): number {
  const original = files.get(SEGMENT)!;
  if (original.length !== segment.length) return 0;
  const first = original.findIndex((byte, at) => byte !== segment[at]);
  const last = original.findLastIndex((byte, at) => byte !== segment[at]);
  const all = appends.flat().length;
  if (first < 0 || last < ends.at(-2)!) return all;
  return appends.slice(0, ends.filter((end) => end <= first).length).flat().length;
}
