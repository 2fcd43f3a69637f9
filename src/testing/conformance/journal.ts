import type { ConformanceCase } from './case.js';
import { appendCases } from './journal-append.js';
import { JournalBench, type JournalSetup, type JournalSupports, type JournalTest } from './journal-bench.js';
import { checkpointCases } from './journal-checkpoint.js';
import { lifetimeCases } from './journal-lifetime.js';
import { readCases } from './journal-read.js';

/**
 * What every `Journal` must do, as cases for any test runner. They need nothing of the platform themselves and
 * wait for nothing but the journal.
 *
 * What they cannot know is whether "durable" is true: that a journal syncs what it must is for a test that takes the
 * power away (see `crashes` of {@link JournalSupports}), at every operation, which these cases do at a few.
 */
export function journalCases(setup: JournalSetup, supports: JournalSupports): readonly ConformanceCase[] {
  const test: JournalTest = (name, run) => ({
    name,
    async run() {
      const place = await setup.place();
      const bench = new JournalBench(place, await place.open(), supports);
      try {
        await run(bench.journal, bench);
      } finally {
        await bench.end();
      }
    },
  });
  return [...appendCases(test), ...readCases(test), ...checkpointCases(test), ...lifetimeCases(test, supports)];
}
