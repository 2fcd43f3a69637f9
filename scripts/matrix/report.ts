import { formatTable } from '../table.js';
import type { Outcome } from './entry.js';

/** A table for people: a row for each runtime. */
export function table(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map(({ row, missing }) => [
    row.runtime,
    row.version ?? '',
    missing === null ? tests(row.tests) : 'not run',
    ...[row.import, row.require, row.smoke].map(mark),
  ]);
  const columns = { runtime: 'left', version: 'left', tests: 'left', import: 'left', require: 'left', smoke: 'left' };
  return formatTable(columns as Record<string, 'left'>, rows);
}

/** Whether all is as wished. A runtime that could not be had is not, unless that is allowed and another one was there. */
export function isGood(outcomes: readonly Outcome[], allowMissing: boolean): boolean {
  const run = outcomes.filter(({ missing }) => missing === null);
  return (
    run.length > 0 &&
    run.every(({ problems }) => problems.length === 0) &&
    (allowMissing || run.length === outcomes.length)
  );
}

/** A paragraph for each outcome that is not good. */
export function complaints({ row, problems, missing }: Outcome): string {
  const lines = missing === null ? problems : [`${row.runtime}: not run: ${missing}`];
  return lines.map((line) => `${line}\n`).join('');
}

function tests(count: Outcome['row']['tests']): string {
  return count === null ? '' : `${count.passed} passed, ${count.failed} failed`;
}

function mark(value: boolean | null): string {
  if (value === null) return '';
  return value ? 'ok' : 'FAILED';
}
