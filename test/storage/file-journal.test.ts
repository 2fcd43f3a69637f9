import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFileJournal } from '../../src/storage/file.js';
import { journalSuite } from './journal-suite.js';

journalSuite('a file journal', {
  async place() {
    const root = await mkdtemp(join(tmpdir(), 'quorate-journal-'));
    const options = { directory: join(root, 'journal'), cluster: 'cluster', node: 'node' };
    return { open: () => openFileJournal(options), remove: () => rm(root, { recursive: true }) };
  },
});

journalSuite('a file journal with tiny segments', {
  async place() {
    const root = await mkdtemp(join(tmpdir(), 'quorate-journal-'));
    const options = { directory: join(root, 'journal'), cluster: 'cluster', node: 'node', segmentBytes: 4096 };
    return { open: () => openFileJournal(options), remove: () => rm(root, { recursive: true }) };
  },
});
