import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'vitest';
import { seededRandom } from '../../../src/core/index.js';
import { openFileJournal, type FileJournal, type FileJournalOptions } from '../../../src/storage/file.js';
import { MemoryJournal, MemoryStore } from '../../../src/storage/memory.js';
import { journalCases, type JournalPlace } from '../../../src/testing/index.js';
import { ForgetfulFileLayer } from '../../storage/forgetful-file-layer.js';
import { runCases } from './run-cases.js';

const OWNER = { cluster: 'cluster', node: 'node' };

async function directory(options: Partial<FileJournalOptions> = {}): Promise<JournalPlace> {
  const root = await mkdtemp(join(tmpdir(), 'quorate-journal-'));
  return {
    open: () => openFileJournal({ ...OWNER, directory: join(root, 'journal'), ...options }),
    remove: () => rm(root, { recursive: true }),
  };
}

/** Power goes at the next operation of the disk; what the dead process still tries comes to nothing. */
function forgetfulDisk(seed: number): JournalPlace {
  const fileLayer = new ForgetfulFileLayer(seededRandom(seed));
  let journal: FileJournal | undefined;
  return {
    open: async () => (journal = await openFileJournal({ ...OWNER, directory: '/journal', fileLayer })),
    async crash() {
      fileLayer.fault = { kind: 'crash', at: fileLayer.operations + 1 };
      await journal?.close().catch(() => {});
      fileLayer.powerLoss();
    },
  };
}

describe('the memory journal', () => {
  const place = (): JournalPlace => {
    const store = new MemoryStore();
    return { open: () => new MemoryJournal({ store }) };
  };
  runCases(journalCases({ place }, { persistent: true, exclusive: false, crashes: false }));
});

describe('the file journal', () => {
  runCases(journalCases({ place: () => directory() }, { persistent: true, exclusive: true, crashes: false }));
});

describe('the file journal with tiny segments', () => {
  const place = (): Promise<JournalPlace> => directory({ segmentBytes: 4096 });
  runCases(journalCases({ place }, { persistent: true, exclusive: true, crashes: false }));
});

describe.each([1, 2, 3, 4, 5])('the file journal on a disk that forgets, seed %i', (seed) => {
  const place = (): JournalPlace => forgetfulDisk(seed);
  const cases = journalCases({ place }, { persistent: true, exclusive: true, crashes: true });
  runCases(seed === 1 ? cases : cases.filter(({ name }) => name.includes('power')));
});
