/**
 * Prints how many tests passed and failed, from the JSON report of vitest named on the command line. A test file that
 * failed outside its tests (it did not load, a hook threw) counts as one that failed, and so does a report that is not
 * there. Exits with 1 when any failed, or none passed.
 */
import { readFileSync } from 'node:fs';

/** @typedef {{ status: string, assertionResults: { status: string }[] }} TestFile */
/** @typedef {{ numPassedTests: number, numFailedTests: number, testResults: TestFile[] }} Report */

/** @returns {{ passed: number, failed: number }} */
function count() {
  try {
    const report = /** @type {Report} */ (JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')));
    const outside = report.testResults.filter(
      ({ status, assertionResults }) =>
        status === 'failed' && !assertionResults.some((assertion) => assertion.status === 'failed'),
    );
    return { passed: report.numPassedTests, failed: report.numFailedTests + outside.length };
  } catch (error) {
    process.stderr.write(`no report of the tests: ${String(error)}\n`);
    return { passed: 0, failed: 1 };
  }
}

const { passed, failed } = count();
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = passed > 0 && failed === 0 ? 0 : 1;
