import { openFileJournal } from '../../src/storage/file.js';

/**
 * Appends to the journal in the directory given until it is killed or the disk fails, eight appends at a time, with a
 * checkpoint now and then. Prints the index of each acknowledged entry; a failure prints its code and ends the process.
 */
const journal = await openFileJournal({
  directory: process.argv[2] as string,
  cluster: 'cluster',
  node: 'node',
  segmentBytes: 64 * 1024,
});
let index = 0;
for await (const item of journal.replay()) if (item.type === 'record') index = item.record.index;
process.stdout.write('open\n');
try {
  for (;;) {
    const appends: Promise<void>[] = [];
    for (let i = 0; i < 8; i += 1) {
      const next = (index += 1);
      const data = new TextEncoder().encode(`${next} `.repeat(50));
      appends.push(
        journal.append([{ group: 'g', index: next, data }]).then(() => void process.stdout.write(`${next}\n`)),
      );
    }
    await Promise.all(appends);
    if (index % 400 === 0) await journal.checkpoint('g', state(index), { keepFrom: index - 200, carry: [] });
  }
} catch (error) {
  process.stdout.write(`${(error as { code: string }).code}\n`);
  await journal.close();
}

async function* state(upTo: number): AsyncIterable<Uint8Array> {
  yield new TextEncoder().encode(`${upTo}`);
}
