/**
 * Prints how many tests passed and failed, from the JSON report of vitest named on the command line. A test file that
 * could not be loaded counts as one that failed, and so does a report that is not there. Exits with 1 when any failed.
 */
import { readFileSync } from 'node:fs';

/** @typedef {{ status: string, assertionResults: unknown[] }} TestFile */
/** @typedef {{ numPassedTests: number, numFailedTests: number, testResults: TestFile[] }} Report */

/** @returns {{ passed: number, failed: number }} */
function count() {
  try {
    const report = /** @type {Report} */ (JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')));
    const unloaded = report.testResults.filter(
      (file) => file.status === 'failed' && file.assertionResults.length === 0,
    );
    return { passed: report.numPassedTests, failed: report.numFailedTests + unloaded.length };
  } catch (error) {
    process.stderr.write(`no report of the tests: ${String(error)}\n`);
    return { passed: 0, failed: 1 };
  }
}

const { passed, failed } = count();
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = passed > 0 && failed === 0 ? 0 : 1;
