import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openFileJournal } from '../../src/storage/file.js';
import type { FileJournal, FileJournalOptions } from '../../src/storage/file.js';

/** A directory that is removed when the test ends. */
export async function temporaryDirectory(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'quorate-journal-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  return root;
}

/** The options of a journal in a directory, with those that a test cares about. */
export function journalOptions(directory: string, options: Partial<FileJournalOptions> = {}): FileJournalOptions {
  return { directory, cluster: 'cluster', node: 'node', ...options };
}

/** Opens a journal that is closed when the test ends. */
export async function openForTest(directory: string, options: Partial<FileJournalOptions> = {}): Promise<FileJournal> {
  const journal = await openFileJournal(journalOptions(directory, options));
  onTestFinished(() => journal.close());
  return journal;
}

/** Opens a journal, runs `use` and closes it. */
export async function withJournal<T>(
  options: FileJournalOptions,
  use: (journal: FileJournal) => Promise<T>,
): Promise<T> {
  await using journal = await openFileJournal(options);
  return await use(journal);
}
