/**
 * Prints how many tests passed and failed, from the JSON report of vitest named on the command line. A report that is not
 * there counts as one test that failed. Exits with 1 when any failed, or none passed.
 */
import { countTests, readReport } from './test-report.js';

/** @returns {{ passed: number, failed: number }} */
function count() {
  try {
    return countTests(readReport(process.argv[2] ?? ''));
  } catch (error) {
    process.stderr.write(`no report of the tests: ${String(error)}\n`);
    return { passed: 0, failed: 1 };
  }
}

const { passed, failed } = count();
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = passed > 0 && failed === 0 ? 0 : 1;
