import { exploreRun, type ExploreRun } from './explore-run.js';

/** A search does not let events in, so a parent that was killed shows only by another one in its place. */
const parent = process.ppid;

function endWithParent(): void {
  if (process.ppid !== parent) process.exit(1);
}

process.on('SIGINT', () => {}); // Ctrl-C reaches every process of the terminal; the parent sees to the end of this one
process.once('message', (run: ExploreRun) => {
  process.send!(exploreRun(run, endWithParent), () => process.disconnect());
});
