import type { SeededGroup } from '../raft/index.js';
import type { JournalGroupReport, JournalReport } from '../storage/file.js';
import type { RestoreCommand } from './arguments.js';
import type { Origin } from './journal.js';

/** What is in a journal, for people. */
export function reportText(report: JournalReport): string {
  const { directory, cluster, node, takenAt, groups, bytes, unfinished } = report;
  const facts = [
    ['directory', directory],
    ['cluster', cluster],
    ['node', node],
    ...(takenAt === null ? [] : [['backup of', takenAt]]),
    ['size', `${bytes} bytes, all checksums hold`],
  ];
  if (unfinished !== null) {
    const { path, offset, bytes: rest } = unfinished;
    facts.push(['unfinished', `${rest} bytes at byte ${offset} of ${path}: a write cut short, or under way`]);
  }
  const rows = [['group', 'entries', 'checkpoint', 'other records'], ...groups.map(groupRow)];
  return `${table(facts)}\n${groups.length === 0 ? 'nothing is stored yet\n' : table(rows)}`;
}

function groupRow({ group, firstIndex, lastIndex, checkpoint, otherRecords }: JournalGroupReport): string[] {
  const entries = lastIndex === 0 ? 'none' : `${firstIndex} to ${lastIndex}`;
  const stored = checkpoint === null ? 'none' : `number ${checkpoint.sequence}, ${checkpoint.bytes} bytes`;
  return [group, entries, stored, String(otherRecords)];
}

/** What was restored and what comes next, for people. */
export function restoreText(
  { cluster, members }: RestoreCommand,
  directories: readonly string[],
  groups: readonly SeededGroup[],
  from: Origin,
): string {
  const rows = Object.entries(members).map(([id, address], i) => [id, address ?? '', directories[i] ?? '']);
  const logs = groups.map(({ group, lastIndex, term }) => [
    group,
    `up to entry ${lastIndex}`,
    `begins in term ${term}`,
  ]);
  return (
    `Cluster ${cluster} is founded on what ${from.node} of ${from.cluster} had at ${from.takenAt}.\n\n` +
    `${table(logs)}\n${table([['member', 'address', 'journal'], ...rows])}\n` +
    `WARNING: commands may be lost although they were acknowledged: those that ${from.node} had not received by then. And ` +
    'commands may come true that were never acknowledged. Tell the clients of the old cluster.\n\n' +
    `Move each journal to its server, start all of them as cluster ${cluster}, and delete nothing of the old cluster ` +
    'until they serve. No server of the old cluster may run again.\n'
  );
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => (row[i] ?? '').length)));
  const line = (row: readonly string[]): string => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ');
  return rows.map((row) => `${line(row).trimEnd()}\n`).join('');
}
