import type { MeasuredCase } from '../harness.js';
import { Child } from '../child.js';
import { Scratch } from '../raft-cluster/scratch.js';
import type { MemoryAnswer, MemoryQuestion, MemorySample } from './memory-subject.js';

const SAMPLES = 10;
const VALUE_BYTES = 128;

/** Asked once, whatever the rounds: it takes minutes. */
async function ask(entries: number): Promise<MemoryAnswer> {
  const scratch = new Scratch('growth');
  const child = new Child<MemoryQuestion, MemoryAnswer>(new URL('./memory-subject.ts', import.meta.url));
  try {
    const every = Math.ceil(entries / SAMPLES);
    return await child.ask({ directory: scratch.directory, entries, every, valueBytes: VALUE_BYTES });
  } finally {
    child.close();
    await scratch.end();
  }
}

/** What a process with three nodes holds after a tenth, two tenths ... of the entries. */
export function memoryCases(entries: number): MeasuredCase[] {
  let asked: Promise<MemoryAnswer> | null = null;
  const answered = (): Promise<MemoryAnswer> => (asked ??= ask(entries));
  const bytes = (what: string, of: (sample: MemorySample) => number): MeasuredCase[] =>
    Array.from({ length: SAMPLES }, (_, i) => {
      const name = `${what} after ${Math.min(Math.ceil(entries / SAMPLES) * (i + 1), entries).toLocaleString('en')} entries`;
      return { name, unit: 'bytes', measure: async () => of((await answered()).samples[i]!) };
    });
  return [
    { name: 'entries in one process', unit: 'ops/s', measure: async () => (await answered()).entriesPerSecond },
    ...bytes('heap', ({ heapBytes }) => heapBytes),
    ...bytes('RSS', ({ rssBytes }) => rssBytes),
    ...bytes('journals', ({ diskBytes }) => diskBytes),
  ];
}
