/** Reads the JSON report of vitest. */
import { readFileSync } from 'node:fs';

/** @typedef {{ status: string, fullName?: string, failureMessages?: string[] }} Assertion */
/** @typedef {{ name?: string, status: string, message?: string, assertionResults: Assertion[] }} TestFile */
/** @typedef {{ numPassedTests: number, numFailedTests: number, testResults: TestFile[] }} Report */

/**
 * How many tests passed and failed. A test file that failed outside its tests (it did not load, a hook threw) counts as
 * one that failed.
 *
 * @param {Report} report
 * @returns {{ passed: number, failed: number }}
 */
export function countTests(report) {
  const outside = report.testResults.filter(failedOutside);
  return { passed: report.numPassedTests, failed: report.numFailedTests + outside.length };
}

/**
 * What failed, each with the first line of why.
 *
 * @param {Report} report
 * @returns {string[]}
 */
export function failures(report) {
  return report.testResults.flatMap((file) => {
    const failed = file.assertionResults
      .filter(({ status }) => status === 'failed')
      .map(({ fullName = '', failureMessages = [] }) => `${fullName}: ${firstLine(failureMessages[0])}`);
    return failedOutside(file) ? [`${file.name ?? 'a file'}: ${firstLine(file.message)}`] : failed;
  });
}

/** @param {string} file @returns {Report} */
export function readReport(file) {
  return /** @type {Report} */ (JSON.parse(readFileSync(file, 'utf8')));
}

/** @param {TestFile} file */
function failedOutside({ status, assertionResults }) {
  return status === 'failed' && !assertionResults.some((assertion) => assertion.status === 'failed');
}

/** @param {string} [text] */
function firstLine(text = 'no message') {
  return text.trim().split('\n', 1)[0];
}
