import { describe, expect, it } from 'vitest';
import type { SyncPurpose } from '../../src/storage/file.js';
import { crashRun } from './crash-run.js';

/** All purposes: the type makes a new one fail to compile until it is listed here, and so tested. */
const PURPOSES: Readonly<Record<SyncPurpose, true>> = {
  'journal-parent': true,
  'metadata-file': true,
  'recovered-directory': true,
  'recovered-tail': true,
  'segment-data': true,
  'segment-directory': true,
  'checkpoint-file': true,
  'checkpoint-directory': true,
  'stub-file': true,
  'stub-directory': true,
};
const SEEDS = 300;

describe('a file journal on a disk that forgets what was not synced', () => {
  it(`keeps what it acknowledged through ${SEEDS} histories of crashes and faults`, async () => {
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      await crashRun({ seed }).catch((cause: unknown) => {
        throw new Error(`seed ${seed}: ${(cause as Error).message}`, { cause });
      });
    }
  });

  it.each(Object.keys(PURPOSES) as SyncPurpose[])('loses something without the sync %s', async (ignored) => {
    let harmed = 0;
    for (let seed = 1; seed <= SEEDS && harmed === 0; seed += 1) {
      await crashRun({ seed, ignored }).catch(() => (harmed = seed));
    }
    expect(harmed, `no seed up to ${SEEDS} needs this sync`).toBeGreaterThan(0);
  });
});
